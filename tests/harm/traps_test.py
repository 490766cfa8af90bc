"""One trap each: small programs that would notice a tracer. What they see and print must be what they do untraced."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.any_python

OPTIONS = ("--all-code", "--every-call")

TRAPS = {
    "lowest_free_descriptor": """
        import os
        print([os.open(os.devnull, os.O_RDONLY) for _ in range(3)])
    """,
    "descriptors_at_the_limit": """
        import os, resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
        found = []
        try:
            while True:
                found.append(os.open(os.devnull, os.O_RDONLY))
        except OSError as e:
            print(len(found), found[-1], e.errno)
        def f(): return 1
        print(f())
    """,
    "everything_closed": """
        import os
        def f(n): return n
        f(1)
        os.closerange(3, 4096)
        f(2)
        fds = [os.open(f"file{n}", os.O_RDWR | os.O_CREAT) for n in range(20)]
        for n in range(2000):
            f(n)
        print([os.fstat(fd).st_size for fd in fds])
        for n in range(20):
            os.unlink(f"file{n}")
    """,
    "memory_limit": """
        import resource
        now = int(open("/proc/self/statm").read().split()[0]) * 4096
        resource.setrlimit(resource.RLIMIT_AS, (now + 64 * 2**20, now + 64 * 2**20))
        def big(n): return bytes(n)
        try:
            big(200 * 2**20)
        except MemoryError:
            print("refused")
        print(len(big(2**20)))
    """,
    "file_size_limit": """
        import os, resource, signal
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        def f(n): return "x" * n
        for n in range(3000):
            f(100)
        print("alive")
    """,
    "deleted_folder": """
        import os, shutil
        os.mkdir("gone"); os.chdir("gone"); os.rmdir("../gone")
        def f(): return 1
        print(f())
        try:
            os.getcwd()
        except FileNotFoundError:
            print("no folder")
    """,
    "umask": """
        import os
        print(oct(os.umask(0)))
        def f(): return 1
        f()
        open("made", "w").close()
        print(oct(os.stat("made").st_mode))
        os.unlink("made")
    """,
    "environment": """
        import os, sys
        print(sorted(key for key in os.environ if key.startswith("PYTHON") and key != "PYTHONPATH"))
        print(sys.argv, sys.orig_argv[1:], sys.flags, sys.path[0] != "", "sitecustomize" in sys.modules)
    """,
    "frames": """
        import sys, inspect
        def chain():
            frame, names = sys._getframe(), []
            while frame:
                names.append((frame.f_code.co_name, frame.f_lineno)); frame = frame.f_back
            return names
        print(chain(), len(inspect.stack()), sys.gettrace(), sys.getprofile())
    """,
    "recursion_limit": """
        import sys
        def down(n):
            try:
                return down(n + 1)
            except RecursionError:
                return n
        print(down(0), sys.getrecursionlimit())
    """,
    "life_of_objects": """
        import weakref
        class Thing: pass
        log = []
        def take(thing): return None
        def main():
            thing = Thing()
            weakref.finalize(thing, log.append, "gone")
            take(thing)
            del thing
            log.append("after")
            try:
                raise ValueError(Thing())
            except ValueError as e:
                seen = weakref.ref(e.args[0])
                del e
            log.append(seen() is None)
        main()
        print(log)
    """,
    "garbage": """
        import gc
        class Node: pass
        def cycle():
            node = Node(); node.me = node
        gc.collect(); gc.disable()
        for _ in range(100):
            cycle()
        print(gc.collect(), gc.garbage)
    """,
    "generator_finalisation": """
        log = []
        def gen(n):
            try:
                yield n
            finally:
                log.append(n)
        def main():
            kept = [gen(1), gen(2)]
            for one in kept:
                next(one)
            del one
            kept.pop()
            log.append("popped")
        main()
        print(log)
    """,
    "traceback": """
        import traceback
        def inner(): raise KeyError("k")
        def outer():
            try:
                inner()
            except KeyError as e:
                raise ValueError("v") from e
        try:
            outer()
        except ValueError:
            print(traceback.format_exc())
        outer()
    """,
    "threads_at_once": """
        import threading
        total, lock = [0], threading.Lock()
        def add(n):
            with lock:
                total[0] += n
        def work():
            for n in range(20):
                add(n)
        threads = [threading.Thread(target=work) for _ in range(300)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(total, threading.active_count())
    """,
    "no_more_threads": """
        import resource, threading, os
        def work(): event.wait()
        event = threading.Event()
        threads = []
        threading.stack_size(256 * 1024)
        try:
            for _ in range(64):
                thread = threading.Thread(target=work); thread.start(); threads.append(thread)
        except RuntimeError as e:
            print(e)
        event.set()
        for thread in threads: thread.join()
        print(len(threads))
    """,
    "signals": """
        import os, signal
        log = []
        def handler(number, frame): log.append((number, frame.f_code.co_name))
        for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGALRM", "SIGCHLD", "SIGXFSZ", "SIGPIPE"):
            print(name, signal.getsignal(getattr(signal, name)))
        signal.signal(signal.SIGALRM, handler)
        def main():
            for _ in range(50):
                os.kill(os.getpid(), signal.SIGALRM)
        main()
        print(len(log), set(log), signal.pthread_sigmask(signal.SIG_BLOCK, []))
    """,
    "children": """
        import os
        def f(): return 1
        for _ in range(3000):
            f()
        try:
            os.wait()
        except ChildProcessError:
            print("no children")
    """,
    "tracers_that_come_and_go": """
        import sys
        log = []
        def tracer(frame, event, arg):
            log.append((frame.f_code.co_name, event))
            return tracer
        def f(n): return n + 1
        sys.settrace(tracer); f(1); sys.settrace(None)
        sys.setprofile(lambda frame, event, arg: log.append((frame.f_code.co_name, event))); f(2); sys.setprofile(None)
        f(3)
        print(log)
    """,
    "profiler": """
        import cProfile, pstats, io
        def f(n): return n if n < 2 else f(n - 1) + f(n - 2)
        profile = cProfile.Profile()
        profile.runcall(f, 12)
        print(sorted((key[2], value[0]) for key, value in pstats.Stats(profile).stats.items()))
    """,
    "debugger": """
        import bdb
        class Quiet(bdb.Bdb):
            def user_line(self, frame): log.append(frame.f_lineno)
        log = []
        def f():
            a = 1
            return a
        Quiet().runcall(f)
        print(log)
    """,
    "tracemalloc": """
        import tracemalloc
        def make(): return [object() for _ in range(100)]
        tracemalloc.start()
        kept = make()
        print({trace.traceback[0].lineno for trace in tracemalloc.take_snapshot().traces
               if trace.traceback[0].filename.endswith("program.py")})
    """,
    "faulthandler": """
        import faulthandler, sys
        faulthandler.enable()
        def f(): faulthandler.dump_traceback(all_threads=False)
        f()
        print(faulthandler.is_enabled())
    """,
    "context_variables": """
        import asyncio, contextvars
        var = contextvars.ContextVar("var", default=0)
        async def one(n):
            var.set(n); await asyncio.sleep(0); return var.get()
        async def main():
            return await asyncio.gather(*(one(n) for n in range(5))), var.get()
        print(asyncio.run(main()))
    """,
    "subclasses_of_everything": """
        log = []
        class Loud:
            def __getattribute__(self, name): log.append(name); return object.__getattribute__(self, name)
            def __eq__(self, other): log.append("eq"); return True
            def __hash__(self): log.append("hash"); return 1
            def __repr__(self): log.append("repr"); return "loud"
            def __bool__(self): log.append("bool"); return False
            def __len__(self): log.append("len"); return 3
            def __iter__(self): log.append("iter"); return iter(())
        def f(x): return x
        f(Loud()); f([Loud()]); f({"a": Loud()})
        print(log)
    """,
    "reference_counts": """
        import sys
        class Thing: pass
        def after(thing): pass
        thing = Thing()
        before = sys.getrefcount(thing)
        after(thing)
        print(sys.getrefcount(thing) - before)
    """,
}


@pytest.mark.parametrize("name", TRAPS)
def test_trap(trace, name):
    run = trace(TRAPS[name], *OPTIONS)
    assert run.value("SELECT count(*) FROM calls") > 0


ENVIRONMENTS = {
    "dev": {"PYTHONDEVMODE": "1"},
    "debug_malloc": {"PYTHONMALLOC": "debug"},
    "plain_malloc": {"PYTHONMALLOC": "malloc"},
    "c_locale": {"LC_ALL": "C", "LANG": "C"},
    "no_utf8": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "warnings": {"PYTHONWARNINGS": "error"},
    "tracemalloc": {"PYTHONTRACEMALLOC": "5"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
    "unbuffered": {"PYTHONUNBUFFERED": "1"},
    "import_time": {"PYTHONFAULTHANDLER": "1"},
    "no_home": {"HOME": "/proc/nonexistent"},
    "safe_path": {"PYTHONSAFEPATH": "1"},
    "hash_seed": {"PYTHONHASHSEED": "7"},
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_environment(trace, name):
    run = trace(
        """
        import sys

        class Thing:
            def __init__(self, n):
                self.n = n

        def work(n):
            try:
                return [Thing(i).n for i in range(n)] + {"a": 1}
            except TypeError as e:
                return str(e)

        print(work(3), sys.flags, hash("x"), sys.stdout.encoding, sys.getfilesystemencoding())
        """,
        env=ENVIRONMENTS[name],
    )
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'work'") == 1


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_closed_streams(bench, python, closed):
    """What a program does whose standard streams are closed, and which numbers its files get."""
    bench.write(
        {
            "program.py": """
                import os, sys
                def f(): return [stream is None for stream in (sys.stdin, sys.stdout, sys.stderr)]
                fd = os.open("answer", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                os.write(fd, repr((fd, f())).encode())
            """
        }
    )
    answers = []
    for before in ((), bench.tracing()):
        words = " ".join(f"'{word}'" for word in [*before, python.path, "program.py"])
        ended = bench.run(["sh", "-c", f"exec {words} {closed}"])
        answers.append((ended.status, (bench.project / "answer").read_text()))
    assert answers[0] == answers[1]
