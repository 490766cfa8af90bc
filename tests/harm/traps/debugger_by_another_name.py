# input: n\nc\nn\nc\nn\nc\nn\nc\n
"""Where a debugger stops that the program calls by a name of its own, or through a helper."""

import sys
from pdb import Pdb
from pdb import set_trace as st

brk = breakpoint


def one():
    st()
    x = 1
    return x


def two():
    brk()
    x = 2
    return x


def helper():
    Pdb(readrc=False, nosigint=True).set_trace(sys._getframe().f_back)


def three():
    helper()
    x = 3
    return x


print(one())
print(two())
print(three())
print(one())
