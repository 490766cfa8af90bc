import sys


def steps(name):
    try:
        yield name
    finally:
        print("finally", name, sys.is_finalizing())


kept = [steps(name) for name in "abc"]
for one in kept:
    next(one)
cycle = [steps("cycle")]
next(cycle[0])
cycle.append(cycle)
del cycle
print("end")
