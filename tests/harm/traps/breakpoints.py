# input: p n\nw\nn\nn\nc\n
import os

os.environ["PYTHONBREAKPOINT"] = "pdb.set_trace"


def inner(n):
    n += 1
    return n


def outer():
    n = 1
    n = inner(n)
    return n


import pdb, sys

debugger = pdb.Pdb(readrc=False, nosigint=True)
debugger.use_rawinput = False
debugger.runcall(outer)
print(sys.gettrace())
