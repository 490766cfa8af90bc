import os, signal

log = []


def handler(number, frame):
    log.append((number, frame.f_code.co_name))


for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGALRM", "SIGCHLD", "SIGXFSZ", "SIGPIPE"):
    print(name, signal.getsignal(getattr(signal, name)))
signal.signal(signal.SIGALRM, handler)


def main():
    for _ in range(50):
        os.kill(os.getpid(), signal.SIGALRM)


main()
print(len(log), set(log), signal.pthread_sigmask(signal.SIG_BLOCK, []))
