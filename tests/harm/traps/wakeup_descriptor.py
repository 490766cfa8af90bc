import os, signal

read, write = os.pipe()
os.set_blocking(write, False)
os.set_blocking(read, False)
signal.set_wakeup_fd(write)
signal.signal(signal.SIGUSR1, lambda *_: None)


def send():
    os.kill(os.getpid(), signal.SIGUSR1)


for _ in range(5):
    send()
print(os.read(read, 100), signal.set_wakeup_fd(-1) == write)
