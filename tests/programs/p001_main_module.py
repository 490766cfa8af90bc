"""What a program sees of itself: its module, its arguments, its path, its frames."""

import sys
import threading


def callers():
    frame = sys._getframe()
    while frame:
        yield frame.f_code.co_name, frame.f_globals["__name__"]
        frame = frame.f_back


def main():
    print(list(callers()))
    print(__name__, __file__, __spec__, __package__, __doc__)
    print(sys.argv, sys.path[0], sys.flags)
    print(sys.modules["__main__"].__dict__.keys())
    print(sorted(name for name in sys.modules if "breadcrumb" in name or "customize" in name))
    print([thread.name for thread in threading.enumerate()])
    print(sys.gettrace(), sys.getprofile(), sys.excepthook is sys.__excepthook__)
    print(sys.getrecursionlimit(), sys.getswitchinterval(), sys.dont_write_bytecode)


main()
