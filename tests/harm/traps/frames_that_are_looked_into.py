import sys


def inner():
    frame = sys._getframe()
    frame.f_back.f_locals
    return frame


def outer(a):
    b = a + 1
    frame = inner()
    assert frame.f_back is None or frame.f_back.f_code is outer.__code__
    mine = sys._getframe()
    return (
        frame,
        mine.f_lineno,
        mine.f_lasti > 0,
        dict(mine.f_locals, frame=None, mine=None),
        mine.f_trace,
    )


frame, *more = outer(1)
print(more, frame.f_code.co_name, frame.f_back)
frame.clear()
print(frame.f_locals, frame.f_lineno)


def steps():
    yield sys._getframe()


made = steps()
frame = next(made)
print(
    frame is made.gi_frame,
    frame.f_back,
    made.gi_running,
    made.gi_suspended if hasattr(made, "gi_suspended") else None,
)
try:
    frame.clear()
except RuntimeError as error:
    print(error)
print(made.gi_frame, frame.f_back)
