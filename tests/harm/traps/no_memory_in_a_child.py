import resource, subprocess, sys


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (256 * 2**20, 256 * 2**20))


code = "def f(n): return [n] * n\nprint(sum(len(f(n)) for n in range(2000)))"
code += "\ntry:\n    f(2**28)\nexcept MemoryError:\n    print('refused')"
print(
    subprocess.run([sys.executable, "-c", code], preexec_fn=limit, capture_output=True, text=True)
)
