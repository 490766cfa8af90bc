# input: w\nn\np x\nc\nn\nc\nn\nc\nn\nn\nc\nn\nc\n
"""Where a debugger stops that the program calls: from 3.13 on in the line of the call itself."""

import pdb
import sys


def function():
    breakpoint()
    x = 1
    return x


def again(n):
    for x in range(n):
        pdb.Pdb(readrc=False, nosigint=True).set_trace()
        x += 1
    return x


def generator():
    yield 1
    pdb.Pdb(readrc=False, nosigint=True).set_trace()
    x = yield 2
    return x


print(function(), sys.gettrace())
print(again(2))
print(list(generator()))
