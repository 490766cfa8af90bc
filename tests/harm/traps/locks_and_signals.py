import signal, threading

lock, log = threading.Lock(), []


def handler(number, frame):
    log.append(lock.locked())


def work():
    with lock:
        signal.raise_signal(signal.SIGUSR2)
    return lock.locked()


signal.signal(signal.SIGUSR2, handler)
print([work() for _ in range(20)].count(False), set(log))
condition = threading.Condition()
with condition:
    print(condition.wait(0.01), threading.Barrier(1).wait(), threading.Semaphore(2).acquire())
