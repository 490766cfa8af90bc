import gc

log = []


def note(phase, info):
    log.append((phase, info["generation"], info["uncollectable"]))


class Node:
    def __del__(self):
        log.append("del")


def cycle():
    node = Node()
    node.me = node


gc.collect()
gc.callbacks.append(note)
cycle()
gc.collect()
gc.callbacks.clear()
print(log)
