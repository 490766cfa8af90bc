import sys, threading


def down(n=0):
    try:
        return down(n + 1)
    except RecursionError:
        return n


for limit in (100, 5000, 300):
    sys.setrecursionlimit(limit)
    print(limit, down())
found = []
sys.setrecursionlimit(700)
thread = threading.Thread(target=lambda: found.append(down()))
thread.start()
thread.join()
print(found)
