import os, subprocess, sys


def work(n):
    return n


for n in range(1000):
    work(n)
code = "import os; print(sorted(os.listdir('/proc/self/fd'))[:9])"
for close in (True, False):
    print(
        subprocess.run(
            ["ls", "/proc/self/fd"], close_fds=close, capture_output=True, text=True
        ).stdout.split()
    )
