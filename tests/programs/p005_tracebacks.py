"""Everything that Python itself prints about errors."""

import sys
import threading
import traceback
import warnings


class Unlucky:
    def __del__(self):
        raise ValueError("in __del__")


def low(n):
    if n:
        return low(n - 1)
    raise KeyError("low") from ValueError("cause")


def middle():
    try:
        low(3)
    except KeyError:
        raise RuntimeError("middle")  # noqa: B904


def generator():
    yield 1
    raise OSError("in a generator")


def main():
    try:
        middle()
    except RuntimeError:
        traceback.print_exc()
    try:
        list(generator())
    except OSError as error:
        print(traceback.format_exception(error))
    thread = threading.Thread(target=low, args=(1,), name="unlucky")
    thread.start()
    thread.join()
    Unlucky()
    warnings.warn("careful", stacklevel=2)
    traceback.print_stack()
    try:
        exec("def f(:\n  pass")
    except SyntaxError:
        traceback.print_exc(file=sys.stdout)
    middle()


main()
