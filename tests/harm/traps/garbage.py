import gc


class Node:
    pass


def cycle():
    node = Node()
    node.me = node


gc.collect()
gc.disable()
for _ in range(100):
    cycle()
print(gc.collect(), gc.garbage)
