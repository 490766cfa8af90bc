# differs: 3.12+: CPython keeps what is listened to in memory of its own, which tracemalloc counts for the line
import tracemalloc


def make():
    return [object() for _ in range(100)]


tracemalloc.start()
kept = make()
print(
    {
        trace.traceback[0].lineno
        for trace in tracemalloc.take_snapshot().traces
        if trace.traceback[0].filename.endswith("program.py")
    }
)
