import atexit, sys, threading, time


def work(n):
    return n


def forever():
    while True:
        work(1)


def slow():
    ending.wait()
    time.sleep(0.2)
    work(2)
    print("slow ends")


ending = threading.Event()
atexit.register(lambda: print("atexit", work(3)))
threading.Thread(target=forever, daemon=True).start()
threading.Thread(target=slow).start()


class Last:
    def __del__(self):
        print("last", sys is None or sys.is_finalizing())


last = Last()
print("main ends")
ending.set()
