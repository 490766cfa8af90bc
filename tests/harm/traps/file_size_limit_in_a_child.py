import os, resource, subprocess, sys


def limit():
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


code = "def f(n): return n\nprint(sum(f(n) for n in range(3000)))"
done = subprocess.run(
    [sys.executable, "-c", code], preexec_fn=limit, capture_output=True, text=True
)
print(done)
