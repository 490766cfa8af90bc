"""Objects: who lives how long, and what the collector sees."""

import gc
import sys
import weakref

# Without a GIL the collector goes by addresses, and finalizes what it has found in their order.
ORDERED = getattr(sys, "_is_gil_enabled", lambda: True)()
gone = []


class Node:
    def __init__(self, name):
        self.name = name
        self.me = self

    def __del__(self):
        gone.append(self.name)


def use(node, *more, **named):
    return node


def steps(node):
    yield node
    yield node


def main():
    gc.disable()
    use(Node("cycle"), [Node("in a list")], key=Node("named"))
    print("collected", gc.collect() > 0, gc.garbage)
    print("del", gone if ORDERED else sorted(gone))
    kept = Node("generator")
    ref = weakref.ref(kept)
    running = steps(kept)
    next(running)
    kept.me = None
    del kept
    print("suspended", ref() is not None)
    del running
    print("dropped", ref(), gone[3:])
    try:
        raise ValueError(Node("error"))
    except ValueError as error:
        error.args[0].me = None
    print("end", gone[4:])


main()
