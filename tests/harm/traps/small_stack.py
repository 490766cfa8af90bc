# shell: ulimit -s 512
import sys, threading


def down(n):
    return 0 if n == 0 else 1 + down(n - 1)


print(down(500))
threading.stack_size(128 * 1024)
found = []
thread = threading.Thread(target=lambda: found.append(down(60)))
thread.start()
thread.join()
print(found)
