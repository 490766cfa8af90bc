"""A second opinion on lines: runs a program as `python PROGRAM` would, and writes down each line of its file.

usage: line_reference.py ANSWER.json PROGRAM

With sys.settrace() before 3.12, else with sys.monitoring: there sys.settrace() tells each round of a loop that lies in
one line too. The answer is, for each thread by its name, [[first line of the code object, line], ...].
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

seen: dict[str, list[tuple[int, int]]] = {}


def note(code: CodeType, line: int) -> None:
    seen.setdefault(threading.current_thread().name, []).append((code.co_firstlineno, line))


def monitor(file: str) -> None:
    monitoring = sys.monitoring
    events = monitoring.events

    def on_line(code: CodeType, line: int) -> None:
        if code.co_filename == file:
            note(code, line)

    monitoring.use_tool_id(2, "reference")
    monitoring.register_callback(2, events.LINE, on_line)
    # 3.13 tells the first line of a class body only where PY_START is on too, as it is for any debugger.
    monitoring.set_events(2, events.LINE | events.PY_START)


def settrace(file: str) -> None:
    def inside(frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            note(frame.f_code, frame.f_lineno)
        return inside

    def tracer(frame: FrameType, event: str, argument: object) -> Any:
        return inside(frame, event, argument) if frame.f_code.co_filename == file else None

    threading.settrace(tracer)
    sys.settrace(tracer)


def main() -> None:
    answer, program = sys.argv[1:]
    code = compile(Path(program).read_text(), program, "exec", dont_inherit=True)
    ours = sys.modules["__main__"]  # noqa: F841  held: the functions above live in it
    sys.modules["__main__"] = ModuleType("__main__")
    space = sys.modules["__main__"].__dict__
    space.update(__file__=program, __builtins__=__builtins__)
    write = Path(answer).write_text
    start = monitor if sys.version_info >= (3, 12) else settrace
    start(program)
    try:
        exec(code, space)
    finally:
        sys.settrace(None)
        if sys.version_info >= (3, 12):
            sys.monitoring.set_events(2, 0)
        write(json.dumps(seen))


if __name__ == "__main__":
    main()
