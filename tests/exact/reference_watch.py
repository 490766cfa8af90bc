"""Runs a program and writes down every event of it, the plainest way there is: pure Python on sys.monitoring.

usage: reference_watch.py PROGRAM.py EVENTS.json

It is run while Breadcrumb records the same process, so that both have seen the same run: the same moments, threads and
addresses. Callbacks of one tool make no events for another. What the events mean is worked out in reference_model.py.

Each event is [what, thread, before, after, frame, code, line, more]: `before` and `after` are moments between which a
tool that is called for the same event, or has been called just before, has read its clock.
"""

from __future__ import annotations

import asyncio
import atexit
import inspect
import json
import re
import runpy
import sys
import threading
import time
from collections.abc import Coroutine, Generator
from opcode import opname
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

TOOL = 2
END_OF_LOOP = {"SEND", "FOR_ITER", "GET_ANEXT", "END_ASYNC_FOR"}
CO_VARARGS, CO_VARKEYWORDS = 4, 8

now = time.perf_counter_ns
events: list[list[Any]] = []
codes: dict[CodeType, int] = {}
modules: dict[CodeType, str] = {}
# Held, so that no other exception can take the address of one. This keeps alive what its frames refer to, for both.
exceptions: list[BaseException] = []
numbers: dict[tuple[int, int], int] = {}
about: list[dict[str, Any]] = []
frames: dict[int, int] = {}


def json_of(value: Any) -> Any:
    """The documented JSON of a captured value; only the kinds that the programs use, and small ones."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return value if abs(value) <= 2**53 else {"$int": str(value)}
    if kind is float:
        return value
    if kind in (list, tuple, set, frozenset):
        return [json_of(item) for item in value]
    if kind is dict:
        return {key: json_of(item) for key, item in value.items()}
    if kind in (type(json_of), type(lambda: None)):
        return {"$type": "function", "name": f"{value.__module__}.{value.__qualname__}"}
    if isinstance(value, type):
        return {"$type": "type", "name": name_of(value)}
    if isinstance(value, BaseException):
        message = BaseException.__str__(value)
        return {"$type": name_of(kind), "$message": message} | attributes(value)
    return {"$type": name_of(kind)} | members_of(value)


def members_of(value: Any) -> dict[str, Any]:
    """What is told of an instance beside its type."""
    if type(value) is range:
        return {"value": repr(value)}
    if isinstance(value, (Coroutine, Generator)):
        return {"name": value.__qualname__, "state": state_of(value)}
    if isinstance(value, re.Match):
        return {"string": value.string, "re": json_of(value.re)}
    if isinstance(value, re.Pattern):
        return {"pattern": value.pattern}
    return attributes(value) if type(value).__module__ == "__main__" else {}


def state_of(value: Any) -> str:
    if isinstance(value, Coroutine):
        state = inspect.getcoroutinestate(value)
    else:
        state = inspect.getgeneratorstate(value)
    return state.partition("_")[2].lower()


def attributes(value: Any) -> dict[str, Any]:
    return {name: json_of(item) for name, item in vars(value).items()}


def name_of(kind: type) -> str:
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def type_of(error: BaseException) -> str:
    return name_of(type(error)).removeprefix("__main__.")


def arguments(frame: FrameType) -> dict[str, Any]:
    code = frame.f_code
    values = frame.f_locals
    plain, keyword = code.co_argcount, code.co_kwonlyargcount
    names = list(code.co_varnames[:plain])
    rest = plain + keyword
    if code.co_flags & CO_VARARGS:
        names.append(code.co_varnames[rest])
        rest += 1
    names += code.co_varnames[plain : plain + keyword]
    if code.co_flags & CO_VARKEYWORDS:
        names.append(code.co_varnames[rest])
    return {name: json_of(values[name]) for name in names}


def code_number(frame: FrameType) -> int:
    code = frame.f_code
    modules.setdefault(code, frame.f_globals.get("__name__", "?"))
    return codes.setdefault(code, len(codes))


def task() -> str | None:
    loop = asyncio._get_running_loop()
    current = asyncio.current_task(loop) if loop is not None else None
    return current.get_name() if current is not None else None


def exception_number(error: BaseException, frame: FrameType, thread: int) -> int:
    """The same for the same object in the same thread: raised again in another, it is told there anew."""
    number = numbers.get((id(error), thread))
    if number is not None:
        return number
    number = numbers[id(error), thread] = len(exceptions)
    exceptions.append(error)
    hidden = error.__suppress_context__
    cause = error.__cause__ or (None if hidden else error.__context__)
    # The frames outwards from here, and the traceback inwards from here.
    stack: list[tuple[FrameType, int]] = []
    at: FrameType | None = frame if error.__traceback__ is None else frame.f_back
    while at is not None:
        stack.insert(0, (at, at.f_lineno))
        at = at.f_back
    trace = error.__traceback__
    while trace is not None:
        stack.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    raising, line = stack[-1]
    about.append(
        {
            "type": type_of(error),
            "message": str(error),
            "cause": numbers.get((id(cause), thread)) if cause is not None else None,
            "code": code_number(raising),
            "line": line,
            "stack": [[each.f_code.co_filename, at_line] for each, at_line in stack],
        }
    )
    return number


class Watch:
    """The callbacks. Those for what the program does note its own code only, those for exceptions all code."""

    def __init__(self, program: str) -> None:
        self.program = program

    def note(self, what: str, frame: FrameType, more: Any) -> None:
        before = now()
        thread = threading.get_native_id()
        code = code_number(frame)
        line = frame.f_lineno
        number = frames.get(id(frame))
        if isinstance(more, BaseException):
            more = exception_number(more, frame, thread)
        events.append([what, thread, before, 0, number, code, line, more])
        events[-1][3] = now()

    def start(self, code: CodeType, _offset: int) -> None:
        if code.co_filename != self.program:
            return
        frame = sys._getframe(1)
        frames[id(frame)] = len(events)
        caller = frame.f_back
        more = {"args": arguments(frame), "task": task(), "caller": None}
        if caller is not None:
            more["caller"] = [code_number(caller), caller.f_lineno]
        self.note("start", frame, more)

    def suspend(self, code: CodeType, _offset: int, _value: object) -> None:
        if code.co_filename == self.program:
            self.note("yield", sys._getframe(1), None)

    def resume(self, code: CodeType, _offset: int, _thrown: object = None) -> None:
        if code.co_filename == self.program:
            self.note("resume", sys._getframe(1), None)

    def end(self, code: CodeType, _offset: int, value: object) -> None:
        if code.co_filename == self.program:
            self.note("return", sys._getframe(1), {"result": json_of(value)})

    def unwind(self, code: CodeType, _offset: int, error: BaseException) -> None:
        if code.co_filename == self.program:
            self.note("unwind", sys._getframe(1), error)

    def raised(self, code: CodeType, offset: int, error: BaseException) -> None:
        # How `await` and `for` learn of the end: some versions announce it, and no program sees it.
        ends = isinstance(error, (StopIteration, StopAsyncIteration))
        while opname[code.co_code[offset]] == "CACHE":
            offset -= 2
        if not (ends and opname[code.co_code[offset]] in END_OF_LOOP):
            self.note("raise", sys._getframe(1), error)

    def reraised(self, _code: CodeType, _offset: int, error: BaseException) -> None:
        self.note("reraise", sys._getframe(1), error)

    def handled(self, code: CodeType, offset: int, error: BaseException) -> None:
        self.note("handled", sys._getframe(1), error)
        # The instruction that takes an exception over belongs to no line; the `except` that follows does.
        events[-1][6] = next(
            (line for _, end, line in code.co_lines() if end > offset and line is not None), None
        )


def listen(watch: Watch) -> None:
    kinds = sys.monitoring.events
    handlers = {
        kinds.PY_START: watch.start,
        kinds.PY_YIELD: watch.suspend,
        kinds.PY_RESUME: watch.resume,
        kinds.PY_THROW: watch.resume,
        kinds.PY_RETURN: watch.end,
        kinds.PY_UNWIND: watch.unwind,
        kinds.RAISE: watch.raised,
        kinds.RERAISE: watch.reraised,
        kinds.EXCEPTION_HANDLED: watch.handled,
    }
    sys.monitoring.use_tool_id(TOOL, "reference")
    for kind, handler in handlers.items():
        sys.monitoring.register_callback(TOOL, kind, handler)
    sys.monitoring.set_events(TOOL, sum(handlers))


def write(answer: str) -> None:
    sys.monitoring.set_events(TOOL, 0)
    places = [
        [modules[code], code.co_qualname, code.co_filename, code.co_firstlineno] for code in codes
    ]
    last = getattr(sys, "last_exc", None)
    what = {
        "events": events,
        "codes": places,
        "exceptions": about,
        "ended_by": numbers.get((id(last), threading.get_native_id())),
    }
    Path(answer).write_text(json.dumps(what))


def main() -> None:
    program, answer = sys.argv[1:]
    atexit.register(write, answer)
    listen(Watch(program))
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
