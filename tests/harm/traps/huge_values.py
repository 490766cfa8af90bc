import sys


def take(value):
    return len(value) if hasattr(value, "__len__") else value.bit_length()


deep = []
for _ in range(20000):
    deep = [deep]
print(
    [
        take(value)
        for value in ("x" * 5_000_000, b"\0" * 5_000_000, list(range(200_000)), 1 << 100_000, deep)
    ]
)
print(take("\ud800\0\u202e"), take({None: float("nan"), (1,): -0.0}))
while deep:
    deep = deep[0]
