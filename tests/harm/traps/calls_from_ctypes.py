import ctypes

KIND = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))


def compare(a, b):
    return a[0] - b[0]


def fails(a, b):
    raise ValueError("in a callback")


values = (ctypes.c_int * 5)(5, 1, 4, 2, 3)
ctypes.CDLL(None).qsort(values, 5, ctypes.sizeof(ctypes.c_int), KIND(compare))
print(list(values))
import sys

sys.unraisablehook = lambda seen: print(repr(seen.exc_value))
ctypes.CDLL(None).qsort(values, 2, ctypes.sizeof(ctypes.c_int), KIND(fails))


def take(value):
    return None


class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("next", ctypes.c_void_p)]


(
    take(Point(1, 0xDEAD)),
    take(ctypes.c_char_p(None)),
    take(ctypes.cast(0, ctypes.POINTER(ctypes.c_int))),
)
print("alive")
