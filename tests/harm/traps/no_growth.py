import gc, sys, tracemalloc


def leaf(n):
    return [n]


def main():
    kept = []
    for _ in range(3):
        for n in range(2000):
            leaf(n)
        gc.collect()
        kept.append((sys.getallocatedblocks(), len(gc.get_objects())))
    return kept


tracemalloc.start()
main()
before = tracemalloc.get_traced_memory()[0]
kept = main()
print(
    kept[2][0] - kept[1][0] < 20,
    kept[2][1] - kept[1][1],
    tracemalloc.get_traced_memory()[0] - before < 2000,
)
