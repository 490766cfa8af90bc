import sys, threading

seen = []


def tracer(frame, event, argument):
    if frame.f_code.co_name == "work":
        seen.append((event, frame.f_lineno))
    return tracer


def work():
    x = 1
    return x


threading.settrace(tracer)
threading.setprofile(lambda *seen_: None)
thread = threading.Thread(target=work)
thread.start()
thread.join()
threading.settrace(None)
threading.setprofile(None)
sys.settrace(tracer)
work()
sys.settrace(None)
print(seen)


def jumping(frame, event, argument):
    if (
        frame.f_code.co_name == "jumps"
        and event == "line"
        and frame.f_lineno == frame.f_code.co_firstlineno + 2
    ):
        frame.f_lineno += 1
    return jumping


def jumps():
    value = "kept"
    value = "jumped over"
    return value


sys.settrace(jumping)
result = jumps()
sys.settrace(None)
print(result)
