import resource

now = int(open("/proc/self/statm").read().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (now + 64 * 2**20, now + 64 * 2**20))


def big(n):
    return bytes(n)


try:
    big(200 * 2**20)
except MemoryError:
    print("refused")
print(len(big(2**20)))
