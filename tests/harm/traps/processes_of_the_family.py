import os, subprocess, time


def work(n):
    return n


for n in range(5000):
    work(n)
with open(f"/proc/self/task/{os.getpid()}/children") as file:
    print(file.read().split())
print(
    len(os.listdir("/proc/self/task")),
    os.getpgid(0) == os.getpgid(os.getppid()),
    os.getsid(0) == os.getsid(os.getppid()),
)
print(open("/proc/self/comm").read(), os.nice(0) >= 0)
