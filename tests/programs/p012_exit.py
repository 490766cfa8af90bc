"""The last moments: atexit, daemon threads, finalizers, errors in all of them."""

import atexit
import sys
import threading
import time


class Late:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("late", self.name)


def failing():
    raise RuntimeError("in atexit")


def background():
    while True:
        time.sleep(0.001)


kept = Late("module level")
atexit.register(print, "registered")
atexit.register(failing)
threading.Thread(target=background, daemon=True).start()
sys.excepthook = lambda kind, error, tb: print("hook", kind.__name__, error)
raise ValueError("last")
