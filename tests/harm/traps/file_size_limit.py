import os, resource, signal

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def f(n):
    return "x" * n


for n in range(3000):
    f(100)
print("alive")
