import os


def f(n):
    return n


f(1)
os.closerange(3, 4096)
f(2)
fds = [os.open(f"file{n}", os.O_RDWR | os.O_CREAT) for n in range(20)]
for n in range(2000):
    f(n)
print([os.fstat(fd).st_size for fd in fds])
for n in range(20):
    os.unlink(f"file{n}")
