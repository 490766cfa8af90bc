import threading

total, lock = [0], threading.Lock()


def add(n):
    with lock:
        total[0] += n


def work():
    for n in range(20):
        add(n)


threads = [threading.Thread(target=work) for _ in range(300)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(total, threading.active_count())
