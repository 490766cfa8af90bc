"""A second opinion on nesting: a tracer in pure Python, on sys.monitoring (3.12 and later).

It keeps the stack of running calls the plainest way there is. A generator is one call, that is taken from the stack
when it is suspended and put back on it when it runs on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import CodeType

TOOL = 2


class Watch:
    def __init__(self) -> None:
        self.calls: list[list[object]] = []
        self.stack: list[int] = []
        # id of the frame -> its call. The frame lives as long as the generator. It is not held here: that would keep
        # alive what it refers to, and so change when finalizers and weakref callbacks are called.
        self.suspended: dict[int, int] = {}

    def start(self, code: CodeType, _offset: int) -> None:
        parent = self.stack[-1] if self.stack else None
        place = [code.co_filename, code.co_firstlineno, code.co_qualname]
        self.calls.append([*place, len(self.stack), parent])
        self.stack.append(len(self.calls) - 1)

    def suspend(self, _code: CodeType, _offset: int, _value: object) -> None:
        self.suspended[id(sys._getframe(1))] = self.stack.pop()

    def resume(self, _code: CodeType, _offset: int, _thrown: object = None) -> None:
        self.stack.append(self.suspended.pop(id(sys._getframe(1))))

    def end(self, _code: CodeType, _offset: int, _value: object) -> None:
        self.stack.pop()


def watch(function: Callable[[], None]) -> list[list[object]]:
    monitoring = sys.monitoring
    events = monitoring.events
    seen = Watch()
    handlers = {
        events.PY_START: seen.start,
        events.PY_YIELD: seen.suspend,
        events.PY_RESUME: seen.resume,
        events.PY_THROW: seen.resume,
        events.PY_RETURN: seen.end,
        events.PY_UNWIND: seen.end,
    }
    monitoring.use_tool_id(TOOL, "reference")
    for event, handler in handlers.items():
        monitoring.register_callback(TOOL, event, handler)
    monitoring.set_events(TOOL, sum(handlers))
    try:
        function()
    finally:
        monitoring.set_events(TOOL, 0)
        for event in handlers:
            monitoring.register_callback(TOOL, event, None)
        monitoring.free_tool_id(TOOL)
    return seen.calls
