import resource

names = sorted(name for name in dir(resource) if name.startswith("RLIMIT_"))
print({name: resource.getrlimit(getattr(resource, name)) for name in names})


def work(n):
    return n


for n in range(3000):
    work(n)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime, used.ru_stime, used.ru_maxrss)
