import signal, time

ticks = []


def tick(number, frame):
    ticks.append(number)
    if len(ticks) == 20:  # one more may be on its way
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise TimeoutError("enough")


def work(n):
    return [work, n]


signal.signal(signal.SIGALRM, tick)
signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
try:
    while True:
        work(1)
except TimeoutError as error:
    print(error, len(ticks) >= 20)
print(signal.getsignal(signal.SIGALRM) is tick, signal.sigpending())
