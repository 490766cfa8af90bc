import os, resource

resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
found = []
try:
    while True:
        found.append(os.open(os.devnull, os.O_RDONLY))
except OSError as e:
    print(len(found), found[-1], e.errno)


def f():
    return 1


print(f())
