import threading


def fails(n):
    raise ValueError(n)


threading.excepthook = lambda seen: print("hook", repr(seen.exc_value), seen.thread.name)
thread = threading.Thread(target=fails, args=(1,), name="one")
thread.start()
thread.join()
threading.excepthook = threading.__excepthook__
thread = threading.Thread(target=lambda: (_ for _ in ()).throw(SystemExit), name="two")
thread.start()
thread.join()
local = threading.local()
local.x = 1
found = []
thread = threading.Thread(target=lambda: found.append(hasattr(local, "x")))
thread.start()
thread.join()
print(found, thread.is_alive())
