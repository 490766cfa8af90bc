try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters


def run(text):
    made = interpreters.create()
    failure = interpreters.run_string(made, text)
    interpreters.destroy(made)
    return failure


for n in range(3):
    run(
        "import sys\ndef f(n): return n + 1\nprint(sum(f(n) for n in range(100)), 'sitecustomize' in sys.modules)\nsys.stdout.flush()"
    )
print(len(interpreters.list_all()))
