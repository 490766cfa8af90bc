log = []


class Loud:
    def __getattribute__(self, name):
        log.append(name)
        return object.__getattribute__(self, name)

    def __eq__(self, other):
        log.append("eq")
        return True

    def __hash__(self):
        log.append("hash")
        return 1

    def __repr__(self):
        log.append("repr")
        return "loud"

    def __bool__(self):
        log.append("bool")
        return False

    def __len__(self):
        log.append("len")
        return 3

    def __iter__(self):
        log.append("iter")
        return iter(())


def f(x):
    return x


f(Loud())
f([Loud()])
f({"a": Loud()})
print(log)
