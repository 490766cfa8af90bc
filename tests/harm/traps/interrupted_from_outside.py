import os, signal, time


def work():
    for n in range(10**9):
        step(n)


def step(n):
    if n == 500:
        os.kill(os.getpid(), signal.SIGINT)
    return n


signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    work()
except KeyboardInterrupt as error:
    names, trace = [], error.__traceback__
    while trace:
        names.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    print(names[:2])
