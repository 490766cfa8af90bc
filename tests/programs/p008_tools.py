"""Other tools beside us: a tracer, a profiler, a debugger's hook, sys.monitoring."""

import sys

seen = []


def tracer(frame, event, _arg):
    seen.append((event, frame.f_code.co_name, frame.f_lineno))
    return tracer


def work(n):
    total = 0
    for i in range(n):
        total += i
    return total


def main():
    sys.settrace(tracer)
    work(2)
    sys.settrace(None)
    print(seen)
    seen.clear()
    sys.setprofile(lambda frame, event, arg: seen.append((event, frame.f_code.co_name)))
    work(2)
    sys.setprofile(None)
    print(seen)
    if sys.version_info >= (3, 12):
        print([sys.monitoring.get_tool(tool) for tool in (0, 1, 2)])
        sys.monitoring.use_tool_id(0, "mine")
        calls = []
        event = sys.monitoring.events.PY_START
        sys.monitoring.register_callback(0, event, lambda code, _: calls.append(code.co_name))
        sys.monitoring.set_events(0, event)
        work(1)
        sys.monitoring.set_events(0, 0)
        sys.monitoring.free_tool_id(0)
        print(calls)


main()
