import sys

log = []


def tracer(frame, event, arg):
    log.append((frame.f_code.co_name, event))
    return tracer


def f(n):
    return n + 1


sys.settrace(tracer)
f(1)
sys.settrace(None)
sys.setprofile(lambda frame, event, arg: log.append((frame.f_code.co_name, event)))
f(2)
sys.setprofile(None)
f(3)
print(log)
