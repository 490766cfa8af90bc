log = []


class Meta(type):
    def __prepare__(name, bases, **more):
        log.append(("prepare", name, more))
        return {}

    def __new__(meta, name, bases, space, **more):
        log.append(("new", sorted(key for key in space if not key.startswith("__"))))
        return super().__new__(meta, name, bases, space)

    def __call__(cls, *given):
        log.append(("call", given))
        return super().__call__(*given)

    def __instancecheck__(cls, value):
        log.append("check")
        return True


class Field:
    def __set_name__(self, owner, name):
        log.append((name, owner.__name__))

    def __get__(self, one, owner=None):
        log.append("get")
        return 7


class Thing(metaclass=Meta, key=1):
    field = Field()

    def __init__(self, n):
        self.n = n

    def method(self):
        return self.n


print(Thing(1).method(), Thing(2).field, isinstance(3, Thing))
one = Thing(4)
one.__class__ = type("Other", (), {"method": lambda self: "other"}) if False else Thing
print(one.method(), log)
