import os, sys


def work(n):
    return n + 1


sys.stdout.flush()
pid = os.fork()
if pid == 0:
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    print(sum(work(n) for n in range(5000)))
    sys.stdout.flush()
    inner = os.fork()
    if inner == 0:
        print("inner", work(1))
        sys.exit(4)
    print(os.waitpid(inner, 0)[1])
    sys.exit(3)
print(os.waitpid(pid, 0)[1], work(1))
