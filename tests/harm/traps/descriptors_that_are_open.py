import os, socket


def work(n):
    return [n]


for n in range(3000):
    work(n)
listing = os.listdir("/proc/self/fd")
print(sorted(int(name) for name in listing if int(name) < 200))
pair = socket.socketpair()
print([one.fileno() for one in pair], os.dup(1), os.pipe())
