kept = []


class Phoenix:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        kept.append(self)


def make(n):
    Phoenix(n)


make(1)
make(2)
print([one.n for one in kept])
kept.clear()
print(kept)
