"""The Python package: `init()`, the first and each further call of it."""

from __future__ import annotations

import json
import signal
import sys

import pytest
from helpers import lines

BEGIN = "import breadcrumb\nbreadcrumb.init()\n"


def test_init_records_from_there_on(program):
    ended = program.run(
        """
        import breadcrumb
        def double(n): return n * 2
        double(1)
        breadcrumb.init()
        double(2)
        try:
            double()
        except TypeError:
            pass
        double([3])
        """
    )
    assert (ended.status, ended.out) == (0, "")
    assert ended.err == (
        f"Breadcrumb enabled: backend=auto db={program.bench.database}, sample_rate=1.0, include=1 exclude=15 "
        "workspace_only\n(config: ~/.breadcrumb/config.yaml, environment)\n"
    )
    assert program.stored().tree() == lines("""
        double(n=2) -> 4
        double(n=[3]) -> [3, 3]
    """)


def test_silent(program):
    assert program.run("import breadcrumb\nbreadcrumb.init(silent=True)").err == ""


def test_keywords_are_stronger_than_the_environment_and_files(program):
    home = program.bench.home / ".breadcrumb"
    (home / "configs").mkdir(parents=True)
    (home / "config.yaml").write_text("max_items: 1\nmax_depth: 1\nmax_chars: 1\nvalues: 'off'\n")
    (home / "configs/p.yaml").write_text("max_items: 2\nmax_depth: 2\nmax_chars: 2\n")
    ended = program.silent(
        """
        import breadcrumb, json
        breadcrumb.init(config="p", max_chars=4, include=["a.*", "b"], exclude=[], workspace=["."], values=None)
        print(json.dumps(breadcrumb.get_config()))
        """,
        env={"BREADCRUMB_MAX_CHARS": "3", "BREADCRUMB_INCLUDE": "zzz"},
    )
    found = json.loads(ended.out)
    assert [found[key] for key in ("max_items", "max_depth", "max_chars")] == [2, 2, 4]
    assert found["include"] == ["a.*", "b"] and found["exclude"] == []
    assert found["values"] == "off"
    assert found["workspace"] == [str(program.bench.project)]
    assert found["db_path"] == str(program.bench.database)


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ("exlude=['a']", "unknown setting 'exlude' (keyword of init()); did you mean 'exclude'?"),
        ("sample_rate=1.5", "'1.5' does not fit sample_rate"),
        ("sample_rate='half'", "'half' does not fit sample_rate"),
        ("enabled='maybe'", "'maybe' does not fit enabled"),
        ("include=['[']", "has a '[' without its ']'"),
        ("include=3.5j", "include: 3.5j is no value of a setting"),
        ("exclude=['a\\0b']", "exclude: 'a\\x00b' is no value of a setting"),
        ("config=5", "Config file not found: 5"),
        ("config='nowhere'", "Config file not found: nowhere"),
        ("config='a/b'", "cannot be the name of a profile"),
    ],
)
def test_a_keyword_that_does_not_fit_is_raised(program, keywords, said):
    ended = program.run(
        f"""
        import breadcrumb
        try:
            breadcrumb.init({keywords})
        except breadcrumb.SettingError as error:
            print(isinstance(error, ValueError), error)
        print(breadcrumb.get_config())
        """
    )
    assert ended.status == 0 and ended.err == ""
    first, second = ended.out.splitlines()
    assert first.startswith("True ") and said in first
    assert second == "None"


FAULTS = {
    "a bad variable": ({"BREADCRUMB_SAMPLE_RATE": "7"}, "BREADCRUMB_SAMPLE_RATE"),
    "no place for the database": ({"BREADCRUMB_DB_PATH": "/proc/no/x.duckdb"}, "/proc/no"),
    "a database that is a folder": ({"BREADCRUMB_DB_PATH": "/tmp"}, "is a directory"),
    "no program": ({"BREADCRUMB_PROGRAM": "/no/such/breadcrumb"}, "'breadcrumb' was not found"),
    "half a program": ({"BREADCRUMB_PROGRAM": sys.executable}, "-begin"),
    "a program that is none": ({"BREADCRUMB_PROGRAM": "/etc/passwd"}, "'breadcrumb' was not found"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_outside_is_one_line(program, name):
    env, said = FAULTS[name]
    ended = program.run(
        BEGIN + "print('ran', breadcrumb.get_config(), breadcrumb.get_events())", env=env
    )
    assert (ended.status, ended.out) == (0, "ran None []\n")
    assert (
        ended.err.startswith("breadcrumb: this program is not recorded: ")
        and ended.err.count("\n") == 1
    )
    assert said in ended.err


def test_a_broken_config_file_is_one_line(program):
    (program.bench.home / ".breadcrumb").mkdir()
    (program.bench.home / ".breadcrumb/config.yaml").write_text("include: [a\n")
    ended = program.run(BEGIN + "print('ran')")
    assert (ended.status, ended.out, ended.err.count("\n")) == (0, "ran\n", 1)
    assert "config.yaml, line 2" in ended.err


def test_disabled_is_silent(program):
    ended = program.run(BEGIN + "print(breadcrumb.get_config())", env={"BREADCRUMB_ENABLED": "0"})
    assert (ended.status, ended.out, ended.err) == (0, "None\n", "")
    assert not program.bench.database.with_name("trails").exists()


# ---- once, in all the ways to begin ----------------------------------------------------------


def test_twice_and_in_threads_is_one_recording(program):
    program.silent(
        """
        import breadcrumb, threading
        def work(n): return n
        def begin(n):
            breadcrumb.init()
            work(n)
        threads = [threading.Thread(target=begin, args=(n,)) for n in range(6)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        breadcrumb.init()
        work(6)
        """
    )
    run = program.stored()
    assert run.value("SELECT count(*) FROM traces") == 1
    rows = run.query("SELECT args->>'n' AS n FROM calls WHERE function_name = 'work' ORDER BY n")
    assert [row["n"] for row in rows] == [str(n) for n in range(7)]


def test_in_a_forked_child(program):
    program.silent(
        BEGIN
        + """
import os
def work(who): return who
work("parent")
pid = os.fork()
if pid == 0:
    breadcrumb.init()
    work("child")
    print(breadcrumb.get_events()[0]["data"]["args"]["who"], flush=True)
    os._exit(0)
os.waitpid(pid, 0)
"""
    )
    rows = program.stored().query(
        """SELECT args->>'who' AS who, parent_trace_id IS NULL AS first FROM calls JOIN traces ON traces.id = trace_id
           WHERE function_name = 'work' ORDER BY who"""
    )
    assert rows == [{"who": "child", "first": False}, {"who": "parent", "first": True}]


def test_at_exit(program):
    program.silent(
        """
        import atexit, breadcrumb
        def work(n): return n
        atexit.register(lambda: work(1))
        atexit.register(breadcrumb.init)
        """
    )
    assert program.names() == ["<lambda>", "work"]


def test_programs_that_it_starts_are_recorded_too(program):
    program.bench.write({"child.py": "def inner(): pass\ninner()\n"})
    program.silent(
        BEGIN + "import subprocess, sys\nsubprocess.run([sys.executable, 'child.py'], check=True)\n"
    )
    run = program.stored()
    assert run.value("SELECT count(DISTINCT run_id) FROM traces") == 1
    assert run.value("SELECT count(*) FROM calls WHERE function_name = 'inner'") == 1


def test_inside_of_run_the_run_records(program):
    words = [program.bench.program, "run", "-t", "60", "--silent", "--exclude", "zzz", "--"]
    ended = program.silent(
        """
        import breadcrumb
        def before(): pass
        before()
        breadcrumb.init(exclude=["__main__"], db_path="/elsewhere.duckdb")
        def after(): pass
        after()
        breadcrumb.reset_config()
        after()
        print(breadcrumb.get_config()["exclude"], breadcrumb.get_config()["db_path"])
        """,
        around=words,
    )
    assert ended.out == f"['zzz'] {program.bench.database}\n"
    names = program.names()
    assert names.count("before") == 1 and names.count("after") == 2
    assert program.stored().value("SELECT count(*) FROM traces") == 1


def test_killed_nothing_is_lost(program):
    ended = program.run(BEGIN + "import os\ndef last(): os.kill(os.getpid(), 9)\nlast()\n")
    assert ended.status == -signal.SIGKILL
    assert program.stored().query(
        "SELECT function_name, outcome FROM calls WHERE function_name = 'last'"
    ) == [{"function_name": "last", "outcome": "open"}]


@pytest.mark.parametrize(
    "first",
    [
        "import os; os.close(0); os.close(1)",
        "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
        "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])",
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))",
    ],
)
def test_odd_programs(program, first):
    ended = program.run(f"{first}\n{BEGIN}def f(): pass\nf()\n", env={"BREADCRUMB_SILENT": "1"})
    assert ended.status == 0
    if "RLIMIT" in first:
        assert ended.err.count("\n") == 1
    else:
        assert ended.err == "" and program.names() == ["f"]


# ---- once more, with other settings -----------------------------------------------------------


def test_a_second_init_changes_what_it_names(program):
    ended = program.silent(
        """
        import breadcrumb
        def work(n): return n
        def noise(n): pass
        breadcrumb.init(exclude=["zzz"], max_chars=7)
        work("a" * 50); noise(1)
        breadcrumb.init(exclude=["*"])
        work(2); noise(2)
        breadcrumb.init(exclude=[], max_chars=9)
        work("b" * 50); noise(3)
        breadcrumb.init()
        print(breadcrumb.get_config()["exclude"], breadcrumb.get_config()["max_chars"])
        """
    )
    assert ended.out == "[] 9\n"
    assert program.stored().tree() == lines("""
        work(n="aaaaaaa[TRUNCATED: original size 50 bytes]") -> "aaaaaaa[TRUNCATED: original size 50 bytes]"
        noise(n=1) -> null
        work(n="bbbbbbbbb[TRUNCATED: original size 50 bytes]") -> "bbbbbbbbb[TRUNCATED: original size 50 bytes]"
        noise(n=3) -> null
    """)


def test_a_second_init_with_another_profile(program):
    home = program.bench.home / ".breadcrumb/configs"
    home.mkdir(parents=True)
    (home / "p.yaml").write_text("max_chars: 5\nmax_items: 5\n")
    (home / "q.yaml").write_text("max_chars: 6\nexclude: [quiet.*]\n")
    ended = program.silent(
        """
        import breadcrumb
        def show(): print(*[breadcrumb.get_config()[k] for k in ("max_chars", "max_items", "exclude")])
        breadcrumb.init(config="p", exclude=["a"]); show()
        breadcrumb.init(config="q", max_chars=8); show()
        """
    )
    assert ended.out == "5 5 ['a']\n8 5 ['quiet.*']\n"


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ("db_path='other.duckdb'", "the setting db_path cannot change while a program runs"),
        ("redact=False, max_chars=3", "the setting redact cannot change while a program runs"),
        ("max_chars=0", "'0' does not fit max_chars"),
        ("exlude=[]", "did you mean 'exclude'?"),
        ("config='nowhere'", "Config file not found: nowhere"),
    ],
)
def test_what_a_second_init_cannot_change_is_raised(program, keywords, said):
    ended = program.silent(
        f"""
        import breadcrumb
        breadcrumb.init(db_path="own.duckdb", quota_mb=7)
        before = breadcrumb.get_config()
        breadcrumb.init(db_path="own.duckdb", quota_mb=7, silent=False)
        try:
            breadcrumb.init({keywords})
        except breadcrumb.SettingError as error:
            print(error)
        assert breadcrumb.get_config() == before
        """
    )
    assert said in ended.out, ended.out


def test_a_second_init_in_a_thread_and_in_a_forked_child(program):
    ended = program.silent(
        BEGIN
        + """
import os, threading
t = threading.Thread(target=breadcrumb.init, kwargs={"max_chars": 11}); t.start(); t.join()
print(breadcrumb.get_config()["max_chars"], flush=True)
if os.fork() == 0:
    breadcrumb.init(max_chars=12, max_items=3)
    print(breadcrumb.get_config()["max_chars"], flush=True)
    os._exit(0)
os.wait()
print(breadcrumb.get_config()["max_chars"])
breadcrumb.reset_config()
breadcrumb.init(max_chars=13)
print(breadcrumb.get_config()["max_chars"])
"""
    )
    assert ended.out.split() == ["11", "12", "11", "13"]


def test_a_second_init_where_something_else_is_wrong(program):
    ended = program.run(
        BEGIN
        + """
import os
os.environ["BREADCRUMB_SAMPLE_RATE"] = "7"
breadcrumb.init(max_chars=5)
print(breadcrumb.get_config()["max_chars"])
""",
        env={"BREADCRUMB_SILENT": "1"},
    )
    assert (ended.status, ended.out, ended.err.count("\n")) == (0, "200\n", 1)
    assert ended.err.startswith("breadcrumb: the settings stay as they are: ")


def test_inside_of_run_keywords_are_checked_too(program):
    ended = program.silent(
        """
        import breadcrumb
        try:
            breadcrumb.init(exlude=["a"])
        except breadcrumb.SettingError as error:
            print(error)
        """,
        around=[program.bench.program, "run", "-t", "60", "--silent", "--"],
    )
    assert "did you mean 'exclude'?" in ended.out
