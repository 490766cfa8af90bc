import sys


def steps(name):
    try:
        yield name
    finally:
        print("finally", name, sys.is_finalizing())


# Without a GIL the collector ends those that are left in the sequence of their addresses: one has no other.
ordered = getattr(sys, "_is_gil_enabled", lambda: True)()
kept = [steps(name) for name in ("abc" if ordered else "c")]
for one in kept:
    next(one)
cycle = [steps("cycle")]
next(cycle[0])
cycle.append(cycle)
del cycle
print("end")
