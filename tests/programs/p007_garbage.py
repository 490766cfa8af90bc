"""Objects: who lives how long, and what the collector sees."""

import gc
import weakref


class Node:
    def __init__(self, name):
        self.name = name
        self.me = self

    def __del__(self):
        print("del", self.name)


def use(node, *more, **named):
    return node


def steps(node):
    yield node
    yield node


def main():
    gc.disable()
    use(Node("cycle"), [Node("in a list")], key=Node("named"))
    print("collected", gc.collect() > 0, gc.garbage)
    kept = Node("generator")
    ref = weakref.ref(kept)
    running = steps(kept)
    next(running)
    kept.me = None
    del kept
    print("suspended", ref() is not None)
    del running
    print("dropped", ref())
    try:
        raise ValueError(Node("error"))
    except ValueError as error:
        error.args[0].me = None
    print("end")


main()
