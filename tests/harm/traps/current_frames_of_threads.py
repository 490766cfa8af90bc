import sys, threading

ready, go = threading.Event(), threading.Event()


def work():
    ready.set()
    go.wait()


thread = threading.Thread(target=work, name="worker")
thread.start()
ready.wait()
frames = sys._current_frames()
names = set()
frame = frames[thread.ident]
while frame:
    names.add(frame.f_code.co_name)
    frame = frame.f_back
print(
    len(frames),
    sorted(names & {"work", "run", "_bootstrap"}),
    [one.name for one in threading.enumerate()],
)
go.set()
thread.join()
print(len(sys._current_frames()), threading.active_count())
