import os, sys


def work(n):
    return n * 2


print(work(1))
os.mkdir("jail")
pid = os.fork()
if pid == 0:
    if os.getuid() == 0:
        os.chroot("jail")
        os.chdir("/")
    else:
        os.chdir("jail")
    print(sum(work(n) for n in range(5000)), os.listdir("."))
    try:
        import wave
    except ImportError as error:
        print("no module")
    sys.exit(3)
print(os.waitpid(pid, 0)[1], work(2))
os.rmdir("jail")
