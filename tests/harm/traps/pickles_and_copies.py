import copy, pickle, types


def work(n):
    return n


class Thing:
    def __init__(self, n):
        self.n = n

    def __reduce__(self):
        return Thing, (self.n + 1,)


print(
    pickle.loads(pickle.dumps(work)) is work, copy.deepcopy(Thing(1)).n, len(pickle.dumps(Thing(1)))
)
print(
    types.FunctionType(work.__code__, {})(3),
    work.__code__.co_positions is not None if hasattr(work.__code__, "co_positions") else True,
)
print(
    pickle.dumps(work),
    vars(work),
    work.__annotations__,
    work.__kwdefaults__,
    dir(work) == dir(lambda: 1),
)
