import os, threading, warnings

warnings.simplefilter("ignore", DeprecationWarning)


def work():
    pid = os.fork()
    if pid == 0:
        os._exit(len(threading.enumerate()))
    found.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


found, stop = [], threading.Event()
idle = [threading.Thread(target=stop.wait) for _ in range(3)]
for thread in idle:
    thread.start()
thread = threading.Thread(target=work)
thread.start()
thread.join()
stop.set()
print(found)
