import gc


def work():
    return [object() for _ in range(10)]


gc.collect()
gc.disable()
before = len(gc.get_objects())
for _ in range(100):
    work()
print(
    len(gc.get_objects()) - before,
    gc.get_count()[1:],
    gc.callbacks,
    gc.get_referrers(work.__code__) == [work],
)
