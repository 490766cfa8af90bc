"""Signals, timers and children: none of ours among them."""

import os
import resource
import signal
import time

seen = []


def handler(number, _frame):
    seen.append(signal.Signals(number).name)


def main():
    print([number.name for number in signal.valid_signals() if custom(number)])
    print(signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getitimer(signal.ITIMER_REAL))
    for number in (signal.SIGUSR1, signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, handler)
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    while len(seen) < 2:
        time.sleep(0.005)
    print(seen)
    try:
        os.wait()
    except ChildProcessError as error:
        print(error, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def custom(number):
    kept = (signal.SIG_DFL, signal.SIG_IGN, None)
    return number in set(signal.Signals) and signal.getsignal(number) not in kept


main()
