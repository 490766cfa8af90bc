import time


def work():
    time.sleep(0.01)


before = time.process_time(), time.monotonic(), time.thread_time()
for _ in range(5):
    work()
after = time.process_time(), time.monotonic(), time.thread_time()
print(
    after[0] - before[0] < 1,
    0.05 <= after[1] - before[1] < 30,
    after[2] - before[2] < 1,
    time.tzname,
)
