import resource, subprocess, sys


def limit():
    resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))


code = "import os\ndef f(n): return n\nprint(sum(f(n) for n in range(3000)))\nopened = []"
code += "\ntry:\n    while True: opened.append(os.open('/', 0))\nexcept OSError as e: print(opened, e.errno)"
print(
    subprocess.run([sys.executable, "-c", code], preexec_fn=limit, capture_output=True, text=True)
)
