import resource, threading, os


def work():
    event.wait()


event = threading.Event()
threads = []
threading.stack_size(256 * 1024)
try:
    for _ in range(64):
        thread = threading.Thread(target=work)
        thread.start()
        threads.append(thread)
except RuntimeError as e:
    print(e)
event.set()
for thread in threads:
    thread.join()
print(len(threads))
