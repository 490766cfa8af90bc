"""Ways in which a Python comes to run: by its first line, a makefile, an environment that was made meanwhile, or with
another PYTHONPATH. It is recorded, and nothing of the program's own is changed; or it runs as ever where it cannot be.
"""

from __future__ import annotations

import shutil

import pytest
from helpers import Run

PROGRAM = """\
import os, sys

def work(n):
    return n * n

print(work(int(sys.argv[1])), sys.argv[1:], os.environ.get("MADE_BY", ""))
"""


def both(bench, *command, **more) -> Run:
    """The same untraced and traced."""
    untraced = bench.run(command, **more)
    ended = bench.run([*bench.tracing(), *command], **more)
    assert ended == untraced, "traced on the left, untraced on the right"
    assert ended.status == 0, ended
    return Run(bench, ended)


def worked(run: Run) -> list[int]:
    """The arguments of work(), one a process, and each process of the one run."""
    rows = run.query("""
        SELECT (args->>'n')::INT AS n, trace_id FROM calls WHERE function_name = 'work' ORDER BY 1
    """)
    assert len({row["trace_id"] for row in rows}) == len(rows)
    assert run.value("SELECT count(DISTINCT run_id) FROM traces") == 1
    return [row["n"] for row in rows]


@pytest.mark.parametrize("line", ["#!{python}", "#!/usr/bin/env -S {python} -u"])
def test_first_line_of_a_script(bench, python, line):
    bench.write({"tool": f"{line.format(python=python.path)}\n{PROGRAM}"})
    (bench.project / "tool").chmod(0o755)
    assert worked(both(bench, "./tool", "3")) == [3]


@pytest.mark.any_python
@pytest.mark.skipif(not shutil.which("make"), reason="there is no make")
def test_make(bench, python):
    recipe = f"{python.path} program.py $@\n"
    makefile = f"export MADE_BY = make\nall: 1 2 3\n1 2 3:\n\t@{recipe}.PHONY: all 1 2 3\n"
    bench.write({"Makefile": makefile, "program.py": PROGRAM})
    run = both(bench, "make", "-s")
    assert run.ended.out.splitlines() == [f"{n * n} ['{n}'] make" for n in (1, 2, 3)]
    assert worked(run) == [1, 2, 3]


# As tox and nox do: an environment is made by the program, which then runs things in it.
MAKER = """
import os, subprocess, sys, venv

environment = dict(os.environ, MADE_BY="maker")
environment.pop("PYTHONHOME", None)
if sys.argv[1] == "clean":
    environment = {key: environment[key] for key in ("PATH", "MADE_BY")}
if not os.path.exists("env"):
    venv.EnvBuilder(symlinks=True).create("env")
environment["PATH"] = os.path.abspath("env/bin") + os.pathsep + environment["PATH"]
for n in range(2):
    subprocess.run(["python", "program.py", str(n)], env=environment, check=True)
"""


def test_an_environment_that_is_made_meanwhile(bench, python):
    bench.write({"maker.py": MAKER, "program.py": PROGRAM})
    run = both(bench, python.path, "maker.py", "all")
    assert worked(run) == [0, 1]
    prefixes = run.query("SELECT DISTINCT metadata->>'executable' AS path FROM traces")
    assert any(row["path"].startswith(str(bench.project / "env")) for row in prefixes)


@pytest.mark.any_python
def test_a_tool_that_cleans_the_environment(bench, python):
    """What runs without our two variables cannot be recorded, and runs as ever; the tool itself is recorded."""
    bench.write({"maker.py": MAKER, "program.py": PROGRAM})
    run = both(bench, python.path, "maker.py", "clean")
    assert worked(run) == []
    assert run.value("SELECT count(*) FROM traces") == 1


CHANGER = """
import os, subprocess, sys

ours = os.environ.get("PYTHONPATH", "")
show = "import sys, helper; print([p for p in sys.path if 'mine' in p], helper.work(int(sys.argv[1])))"

def child(n, value):
    environment = {key: text for key, text in os.environ.items() if key != "PYTHONPATH"}
    if value is not None:
        environment["PYTHONPATH"] = value
    subprocess.run([sys.executable, "-c", show, str(n)], env=environment, check=True)

mine = os.path.abspath("mine")
child(1, mine + os.pathsep + ours)
child(2, ours + os.pathsep + mine)
os.environ["PYTHONPATH"] = os.pathsep.join([mine, *sys.path[1:2], ours])
subprocess.run([sys.executable, "-c", show, "3"], check=True)
os.environ["PYTHONPATH"] = mine
subprocess.run([sys.executable, "-c", show, "4"], check=True)
del os.environ["PYTHONPATH"]
print(os.environ.get("PYTHONPATH"), os.getenv("PYTHONPATH"))
subprocess.run([sys.executable, "-c", "import sys; sys.path.append('mine');" + show, "5"], check=True)
"""


def test_a_program_that_changes_the_path(bench, python):
    """Its own entries stand, before ours and behind; where ours are taken away, they stay away."""
    helper = "def work(n):\n    return n * n\n"
    bench.write({"changer.py": CHANGER, "mine/helper.py": helper})
    run = both(bench, python.path, "changer.py")
    assert len(run.ended.out.splitlines()) == 6
    assert worked(run) == [1, 2, 3]


@pytest.mark.any_python
def test_customization_of_the_user(bench, python):
    """sitecustomize of the environment and usercustomize of the home run, once each, and what they call is recorded."""
    site = bench.home / f".local/lib/python{python.release}/site-packages"
    site.mkdir(parents=True)
    text = "import sys\ndef custom(name):\n    sys.customized = [*getattr(sys, 'customized', ()), name]\n"
    (site / "usercustomize.py").write_text(text + "custom('user')\n")
    bench.write(
        {
            "site/sitecustomize.py": text + "custom('site')\n",
            "program.py": "import sys\nprint(sys.customized, sys.flags.no_user_site)\n",
        }
    )
    run = both(bench, python.path, "program.py", env={"PYTHONPATH": str(bench.project / "site")})
    assert run.ended.out == "['site', 'user'] 0\n"
    assert run.value("SELECT count(*) FROM traces") == 1


SPAWNS = """
import os, subprocess, sys

def work(n):
    return n

def main():
    words = [sys.executable, "program.py"]
    subprocess._USE_VFORK = True
    subprocess.run([*words, "1"], check=True)
    subprocess._USE_VFORK = False
    subprocess.run([*words, "2"], check=True)
    subprocess._USE_POSIX_SPAWN = True
    subprocess.run([*words, "3"], check=True, close_fds=False)
    pid = os.posix_spawnp(words[0], [*words, "4"], os.environ, setsigmask=[], setpgroup=0)
    print(os.waitpid(pid, 0)[1])
    print(os.spawnv(os.P_WAIT, words[0], [*words, "5"]), os.system(" ".join([*words, "6"])))

if sys.argv[1:]:
    work(int(sys.argv[1]))
else:
    work(0)
    main()
"""


def test_ways_to_start_a_child(bench, python):
    bench.write({"program.py": SPAWNS})
    assert worked(both(bench, python.path, "program.py")) == [0, 1, 2, 3, 4, 5, 6]


INTERPRETERS = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

def before(n):
    return n

before(1)
for n in range(3):
    made = interpreters.create()
    interpreters.run_string(made, "def inside(n):\\n    return n + 1\\nprint(sum(map(inside, range(100))), flush=True)")
    interpreters.destroy(made)
before(2)
"""


@pytest.mark.every_python
def test_interpreters_inside(bench, python):
    """Each is counted as unreachable; the first interpreter is recorded before and afterwards."""
    bench.write({"program.py": INTERPRETERS})
    words = [*bench.tracing("--every-call"), python.path, "-W", "ignore", "program.py"]
    ended = bench.run(words)
    assert ended == bench.run(words[-4:]) and ended.status == 0
    run = Run(bench, ended)
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'before'") == 2
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'inside'") == 0
    assert run.value("SELECT sum(events)::INT FROM losses WHERE cause = 'unreachable'") == 3
    assert run.value("SELECT metadata->'notes'->>'subinterpreters' FROM traces") == "not recorded"
    report = bench.breadcrumb("report", "--format", "table").out
    assert "- unreachable: 3 Python interpreters could not be recorded\n" in report, report


CALLBACKS = """
import gc, sys, weakref

class Thing:
    pass

def note(what):
    return what

def gone(reference):
    note("callback")

def at_collection(phase, info):
    if phase == "start":
        note("collector")

def drop(thing):
    del thing
    return None

def main():
    kept = weakref.ref(made := Thing(), gone)
    del made
    thing = Thing()
    weakref.finalize(thing, note, "finalizer")
    thing = None
    cycle = [Thing()]
    cycle[0].cycle = cycle
    other = weakref.ref(cycle[0], gone)
    gc.callbacks.append(at_collection)
    del cycle
    gc.collect()
    gc.callbacks.remove(at_collection)
    print(kept(), other())

gc.disable()
main()
"""


def test_callbacks_of_references_and_of_the_collector(trace):
    """Each is recorded below the function in which it came."""
    run = trace(CALLBACKS, "--every-call")
    rows = run.query("""
        SELECT c.result AS what, p.function_name AS above, g.function_name AS outer_one
        FROM calls c JOIN calls p ON p.trace_id = c.trace_id AND p.call_id = c.parent_id
        LEFT JOIN calls g ON g.trace_id = p.trace_id AND g.call_id = p.parent_id
        WHERE c.function_name = 'note' ORDER BY c.start_ns, c.call_id
    """)
    assert [(row["what"], row["above"], row["outer_one"]) for row in rows] == [
        ("callback", "gone", "main"),
        ("finalizer", "main", "<module>"),
        ("collector", "at_collection", "main"),
        ("callback", "gone", "main"),
    ]
