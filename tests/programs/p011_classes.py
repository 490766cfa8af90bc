"""Class machinery that meets the recorder: metaclasses, descriptors, slots, __getattr__ of modules."""

import dataclasses
import enum
import functools


class Meta(type):
    def __call__(cls, *args):
        print("making", cls.__name__)
        return super().__call__(*args)

    def __instancecheck__(cls, other):
        print("isinstance asked")
        return False


class Lazy:
    def __get__(self, instance, owner):
        print("descriptor asked")
        return 1


class Odd(metaclass=Meta):
    __slots__ = ("a", "__weakref__")
    lazy = Lazy()

    def __init__(self, a):
        self.a = a

    def __getattr__(self, name):
        print("asked for", name)
        raise AttributeError(name)

    def __repr__(self):
        print("repr asked")
        return "Odd"

    def method(self, other):
        return self


@dataclasses.dataclass(order=True)
class Data:
    x: int
    y: list = dataclasses.field(default_factory=list)

    def __post_init__(self):
        self.z = self.x + 1


class Colour(enum.Enum):
    RED = 1

    @classmethod
    def _missing_(cls, value):
        return cls.RED


@functools.lru_cache
def cached(n):
    return n if n < 2 else cached(n - 1) + cached(n - 2)


odd = Odd(1)
odd.method(odd)
print(hasattr(odd, "b"), odd.lazy)
print(sorted([Data(2), Data(1)]), Data(1) < Data(2), dataclasses.replace(Data(1), x=5).z)
print(Colour("anything"), cached(30), cached.cache_info())
