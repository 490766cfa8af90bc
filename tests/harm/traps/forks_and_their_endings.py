import os, signal, sys


def child(n):
    if n == 0:
        sys.exit(3)
    if n == 1:
        os._exit(4)
    if n == 2:
        os.kill(os.getpid(), signal.SIGTERM)
    if n == 3:
        raise ValueError("child")
    if n == 4:
        os.execv("/bin/sh", ["sh", "-c", "exit 5"])
    if n == 5:
        pid = os.fork()
        os._exit(6 if pid else 7)


log = []
os.register_at_fork(
    before=lambda: log.append("before"), after_in_parent=lambda: log.append("parent")
)
for n in range(6):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        child(n)
    print(n, os.waitpid(pid, 0)[1])
print(log)
