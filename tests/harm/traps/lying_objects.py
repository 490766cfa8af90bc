log = []


class Liar:
    @property
    def __class__(self):
        log.append("class")
        return int

    @property
    def __dict__(self):
        log.append("dict")
        raise ValueError("no dict")

    def __getattr__(self, name):
        log.append(name)
        return Liar()


class Slots:
    __slots__ = ("a", "b")


class Text(str):
    def __str__(self):
        log.append("str")
        return "other"

    def __len__(self):
        log.append("len")
        return -5

    def __iter__(self):
        log.append("iter")
        return iter(())


class Table(dict):
    def items(self):
        log.append("items")
        raise RuntimeError("no items")

    def __missing__(self, key):
        log.append("missing")


def take(value):
    return None


for value in (Liar(), Slots(), Text("t"), Table(a=1), [Liar()], Liar):
    take(value)
print(log)
