import os


def f():
    return 1


for _ in range(3000):
    f()
try:
    os.wait()
except ChildProcessError:
    print("no children")
