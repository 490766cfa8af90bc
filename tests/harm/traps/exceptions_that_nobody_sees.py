import sys


class Bad:
    def __del__(self):
        raise ValueError("in del")


def drop():
    Bad()


sys.unraisablehook = lambda seen: print(
    "hook", repr(seen.exc_value), seen.err_msg, seen.object.__name__
)
drop()
sys.unraisablehook = sys.__unraisablehook__
drop()


class Loud:
    def __repr__(self):
        raise ValueError("in repr")


def take(value):
    return 1


print(take(Loud()))
sys.excepthook = lambda kind, error, trace: print("excepthook", kind.__name__, trace.tb_lineno)
raise KeyError(Loud())
