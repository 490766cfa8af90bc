"""What the answers have to say, worked out from the events that reference_watch.py wrote down.

A call is a frame of the program. Its parent is the call of the program that was on top of its thread's stack when it
began. It is on the stack while it is not suspended. An exception is one object, however many frames it crosses and
however often it is raised again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# What catches an exception at the end of a thread only tells about it.
# What is thrown into a generator that is closed is no exception of the program's, and ends it in order.
CLOSED = "GeneratorExit"
LAST_RESORTS = {"Thread._bootstrap_inner", "Thread._bootstrap"}


@dataclass(frozen=True)
class Place:
    module: str
    qualified: str
    file: str
    line: int

    @property
    def function(self) -> str:
        """As answers name it: Class.method, without the functions around it."""
        return f"{self.module}.{self.qualified.rpartition('<locals>.')[2]}"


@dataclass
class Span:
    """A time that is known to lie between two others: ns."""

    least: int = 0
    most: int = 0

    def add(self, start: list[Any], end: list[Any]) -> None:
        """Both are (earliest, latest)."""
        self.least += max(0, end[0] - start[1])
        self.most += end[1] - start[0]

    def holds(self, ns: float) -> bool:
        # Two clocks, one of them calibrated against the other while it runs.
        slack = 20_000 + 0.02 * self.most
        return self.least - slack <= ns <= self.most + slack


@dataclass
class Call:
    place: Place
    thread: int
    more: dict[str, Any]
    parent: Call | None
    start: list[int]
    outcome: str = "open"
    result: Any = None
    exception: Error | None = None
    resumes: int = 0
    total: Span = field(default_factory=Span)
    own: Span = field(default_factory=Span)
    caller: tuple[Place, int] | None = None
    order: int = 0

    @property
    def depth(self) -> int:
        return self.parent.depth + 1 if self.parent is not None else 0


@dataclass
class Error:
    kind: str
    qualified: str
    message: str
    place: Place
    line: int
    stack: list[list[Any]]
    cause: Error | None
    call: Call | None = None
    crossed: list[Call] = field(default_factory=list)
    handled: str = "unknown"
    handled_by: Place | None = None
    handled_line: int | None = None
    recorded: bool = False


@dataclass
class Event:
    what: str
    thread: int
    call: Call | None
    error: Error | None = None


class Model:
    def __init__(self, seen: dict[str, Any], program: str) -> None:
        self.program = program
        self.places = [Place(*code) for code in seen["codes"]]
        self.calls: list[Call] = []
        self.flow: list[Event] = []
        self.errors: list[Error] = []
        self.recorded: list[Error] = []
        self.stacks: dict[int, list[Call]] = {}
        self.by_start: dict[int, Call] = {}
        # For each thread the moment of its latest event, for the time that its top call then had for itself.
        self.latest: dict[int, list[int]] = {}
        for about in seen["exceptions"]:
            cause = self.errors[about["cause"]] if about["cause"] is not None else None
            place = self.places[about["code"]]
            self.errors.append(
                Error(
                    about["type"].rpartition(".")[2],
                    about["type"],
                    about["message"],
                    place,
                    about["line"],
                    about["stack"],
                    cause,
                )
            )
        self.before: dict[int, int] = {}
        for number, event in enumerate(seen["events"]):
            self.take(number, event)
        last = seen["ended_by"]
        if last is not None:
            self.errors[last].handled = "false"
        for error in self.recorded:
            self.settle(error)

    def take(self, number: int, event: list[Any]) -> None:
        what, thread, entered, left, frame, code, line, more = event
        # A tool with a higher number is called before this one for the same event.
        moment = [self.before.get(thread, 0), left]
        self.before[thread] = entered
        place = self.places[code]
        ours = place.file == self.program
        stack = self.stacks.setdefault(thread, [])
        if what in ("start", "resume", "yield", "return", "unwind"):
            if stack:
                stack[-1].own.add(self.latest[thread], moment)
            self.latest[thread] = moment
        call = self.by_start.get(frame) if ours else None
        if what == "start":
            call = self.begin(number, thread, place, more, moment)
        elif what == "resume":
            assert call is not None
            call.resumes += 1
            stack.append(call)
        elif what == "yield":
            assert stack.pop() is call
        elif what in ("return", "unwind"):
            assert stack.pop() is call
            self.end(call, what, more, moment)
        else:
            self.about_error(what, thread, self.errors[more], (place, line), call)

    def begin(
        self, number: int, thread: int, place: Place, more: dict[str, Any], moment: list[int]
    ) -> Call:
        stack = self.stacks[thread]
        call = Call(place, thread, more, stack[-1] if stack else None, moment)
        if more["caller"] is not None:
            code, line = more["caller"]
            call.caller = self.places[code], line
        call.order = len(self.calls)
        self.calls.append(call)
        self.by_start[number] = call
        stack.append(call)
        self.flow.append(Event("call", thread, call))
        return call

    def end(self, call: Call, what: str, more: Any, moment: list[int]) -> None:
        call.total.add(call.start, moment)
        if what == "return":
            call.outcome, call.result = "return", more["result"]
            self.flow.append(Event("return", call.thread, call))
            return
        if self.errors[more].kind == CLOSED:
            call.outcome = "return"
            self.flow.append(Event("return", call.thread, call))
            return
        call.outcome, call.exception = "exception", self.errors[more]
        call.exception.crossed.append(call)

    def about_error(
        self, what: str, thread: int, error: Error, where: tuple[Place, int], call: Call | None
    ) -> None:
        if error.kind == CLOSED:
            return
        if what == "handled":
            error.handled_by, error.handled_line = where
            error.handled = "true"
            return
        error.handled, error.handled_by, error.handled_line = "unknown", None, None
        # What the standard library raises and catches itself never reaches the program.
        if call is not None and not error.recorded:
            error.recorded, error.call = True, call
            self.recorded.append(error)
            self.flow.append(Event("exception", thread, call, error))

    def settle(self, error: Error) -> None:
        by = error.handled_by
        if by is not None and by.qualified in LAST_RESORTS and by.module == "threading":
            error.handled, error.handled_by, error.handled_line = "false", None, None
