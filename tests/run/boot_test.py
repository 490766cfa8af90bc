"""The boot module, with a stub for the recorder: the program starts as it would without it, and cannot tell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from helpers import SANITIZED

HERE = Path(__file__).resolve().parent
BOOT = HERE.parents[1] / "python/breadcrumb/boot"

# What a program can see of its start. (In development mode 3.11 loads the codec of the name of the first extension.)
FACTS = """
import sys, os
print(sys.path, sorted(set(sys.modules) - {"encodings.ascii"}), sorted(sys.path_importer_cache), sys.argv)
print({k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "BREADCRUMB_RUN")})
print(sorted(os.listdir("/proc/self/fd")), getattr(sys, "user_ran", None), sys.exc_info())
print(getattr(sys.modules.get("sitecustomize"), "__file__", None))
try:
    import sitecustomize
except ImportError as error:
    print(repr(error))
def deep(n):
    return deep(n + 1)
try:
    deep(0)
except RecursionError:
    import traceback
    traceback.print_exc(limit=3)
undefined
"""


@dataclass
class Boot:
    """A lib folder with the boot module and, unless removed, the stub; the run's folder; a folder of the user's."""

    python: str
    lib: Path
    run: Path
    user: Path

    def environment(self, traced: bool, *paths: Path, **more: str) -> dict[str, str]:
        path = [str(self.lib / "boot")] * traced + [str(one) for one in paths]
        env = {"PATH": os.environ["PATH"], "HOME": str(self.user), "PYTHONDONTWRITEBYTECODE": "1"}
        if SANITIZED:  # what was built with it wants its runtime to be there first
            env |= {name: os.environ[name] for name in ("LD_PRELOAD", "ASAN_OPTIONS")}
        if traced:
            env["BREADCRUMB_RUN"] = str(self.run)
        return env | {"PYTHONPATH": ":".join(path)} | more

    def start(self, traced: bool, words: list[str], *paths: Path, **more: str):
        env = self.environment(traced, *paths, **more)
        return subprocess.run(
            [self.python, *words], env=env, cwd=self.user, capture_output=True, text=True
        )

    def same(self, words: list[str], *paths: Path, **more: str):
        """Runs it without and with us, demands the same of both, returns how it ended."""
        plain = self.start(False, words, *paths, **more)
        traced = self.start(True, words, *paths, **more)
        assert (traced.stdout, traced.stderr) == (plain.stdout, plain.stderr)
        assert traced.returncode == plain.returncode
        return traced

    def started(self) -> list[list[str]]:
        """What the stub saw, without the pid."""
        file = self.run / "started"
        return (
            [line.split(" ", 1)[1] for line in file.read_text().splitlines()]
            if file.exists()
            else []
        )


@pytest.fixture(scope="module")
def stub(tmp_path_factory, python):
    """The stub, compiled for this interpreter."""
    probe = (
        "import sysconfig as s;"
        "print(s.get_path('include'), s.get_path('platinclude'), s.get_config_var('EXT_SUFFIX'))"
    )
    facts = subprocess.run(
        [python.path, "-I", "-c", probe], capture_output=True, text=True, check=True
    )
    include, platform, suffix = facts.stdout.split()
    made = tmp_path_factory.mktemp("stub") / f"_native{suffix}"
    command = [
        os.environ.get("CC", "cc"),
        "-shared",
        "-fPIC",
        "-O1",
        f"-I{include}",
        f"-I{platform}",
    ]
    subprocess.run([*command, "-o", made, HERE / "stub_native.c"], check=True)
    return made


@pytest.fixture
def boot(tmp_path, stub, python):
    lib, run, user = tmp_path / "lib", tmp_path / "run", tmp_path / "user"
    shutil.copytree(BOOT, lib / "boot")
    shutil.copy(stub, lib)
    run.mkdir()
    user.mkdir()
    return Boot(python.path, lib, run, user)


def shadowed(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(text)
    return folder


FLAGS = [[], ["-W", "error"], ["-X", "dev"], ["-O"], ["-u"], ["-bb"], ["-s"], ["-X", "utf8"]]


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_a_program_cannot_tell(boot, flags):
    ended = boot.same([*flags, "-c", FACTS])
    assert ended.returncode == 1 and "NameError" in ended.stderr
    assert len(boot.started()) == 1


def test_nothing_is_left_for_the_garbage_collector(boot, python):
    if not python.free_threaded:
        count = "import gc; gc.collect(); print(sum(one['collected'] for one in gc.get_stats()))"
        boot.same(["-c", count])
        return
    # There modules, functions and their constants wait for it, whoever has made them: ours too, and nothing that ran.
    text = "import gc; gc.set_debug(gc.DEBUG_SAVEALL); gc.collect(); print(*[type(one).__name__ for one in gc.garbage])"
    plain, traced = (
        Counter(boot.start(with_us, ["-c", text]).stdout.split()) for with_us in (False, True)
    )
    assert plain["function"] > 0
    more = traced - plain
    assert not set(more) & {"frame", "traceback", "ModuleNotFoundError", "cell", "list", "str"}
    assert more["module"] <= 1 and more["function"] <= 4 and more.total() < 30


@pytest.mark.parametrize("flags", FLAGS, ids=" ".join)
def test_a_program_with_its_own_sitecustomize_cannot_tell(boot, flags, tmp_path):
    mine = shadowed(
        tmp_path / "mine", "import sys, json\nsys.user_ran = (__name__, __file__, __spec__.name)\n"
    )
    ended = boot.same([*flags, "-c", FACTS], mine)
    assert "'sitecustomize', " in ended.stdout and f"{mine}/sitecustomize.py" in ended.stdout
    assert len(boot.started()) == 1


def test_the_recorder_starts_last(boot, tmp_path):
    mine = shadowed(tmp_path / "mine", "import sys\nsys.marks = ['user']\n")
    ended = boot.start(True, ["-c", "import sys; print(sys.marks)"], mine)
    assert ended.stdout == "['user', 'start']\n"
    assert boot.started() == ["['user'] there"]


@pytest.mark.parametrize(
    "text",
    [
        "raise ValueError('broken')",
        "import sys; sys.user_ran = 1; import not_there_at_all",
        "raise ImportError('odd', name='sitecustomize')",
        "def broken(:",
        "import sys; del sys.modules['sitecustomize']",
        "import sys; sys.modules['sitecustomize'] = sys",
        "import os; os._exit(3)",
        "import usercustomize",
        "import sys; sys.path.clear(); sys.path_importer_cache.clear()",
        "import sys; sys.path.insert(0, '/new')",
    ],
)
def test_a_sitecustomize_that_fails_fails_as_before(boot, tmp_path, text):
    mine = shadowed(tmp_path / "mine", text)
    boot.same(
        [
            "-c",
            "import sys; print(sys.user_ran if hasattr(sys, 'user_ran') else sys.modules.keys())",
        ],
        mine,
    )


@pytest.mark.parametrize("text", ["import sys; sys.exit(7)", "raise KeyboardInterrupt"])
def test_a_sitecustomize_that_ends_the_interpreter(boot, tmp_path, text):
    """Python itself gives up; only its traceback shows that we were on the way."""
    mine = shadowed(tmp_path / "mine", text)
    plain = boot.start(False, ["-c", "print(1)"], mine)
    traced = boot.start(True, ["-c", "print(1)"], mine)
    assert (traced.returncode, traced.stdout) == (plain.returncode, plain.stdout)
    assert traced.stderr.splitlines()[-1] == plain.stderr.splitlines()[-1]


def test_a_package_as_sitecustomize(boot, tmp_path):
    package = tmp_path / "mine" / "sitecustomize"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("import sys, sitecustomize.inner; sys.user_ran = __path__")
    (package / "inner.py").write_text("")
    boot.same(["-c", FACTS], tmp_path / "mine")


def test_importtime_shows_nothing_of_ours(boot):
    """But for the time of sitecustomize itself, which is looked for in any case."""

    def names(traced: bool) -> list[str]:
        ended = boot.start(traced, ["-X", "importtime", "-c", "pass"])
        found = re.findall(r"\| *(\S+)$", ended.stderr, re.MULTILINE)
        return [name for name in found if name != "sitecustomize"]

    assert names(True) == names(False)


def test_children_start_recorded_too(boot):
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'pass'], check=True)"
    boot.same(["-c", program])
    assert len(boot.started()) == 2


def test_a_venv_where_breadcrumb_is_not_installed(boot, tmp_path):
    subprocess.run([boot.python, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    boot.python = str(tmp_path / "venv/bin/python")
    boot.same(["-c", FACTS])
    assert len(boot.started()) == 1


@pytest.mark.parametrize("how", ["script", "-m", "stdin", "package", "zip"])
def test_ways_to_start(boot, how):
    (boot.user / "tool.py").write_text(FACTS)
    (boot.user / "__main__.py").write_text(FACTS)
    words = {
        "script": ["tool.py"],
        "-m": ["-m", "tool"],
        "stdin": ["-"],
        "package": [str(boot.user)],
        "zip": [str(boot.user / "tool.zip")],
    }[how]
    shutil.make_archive(str(boot.user / "tool"), "zip", boot.user, "__main__.py")
    boot.same(words)
    assert len(boot.started()) == 1


def test_a_subinterpreter(boot):
    program = """
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
id = interpreters.create()
interpreters.run_string(id, 'import sys; print(sorted(sys.modules), sys.path)')
interpreters.destroy(id)
"""
    boot.same(["-c", program])
    assert len(boot.started()) >= 1


def test_no_recorder_for_this_python(boot):
    for file in boot.lib.glob("_native*"):
        file.unlink()
    boot.same(["-c", FACTS])
    (line,) = (boot.run / "unreachable").read_text().splitlines()
    assert re.fullmatch(r"\d+ 3\.\d+\.\d+ ImportError: there is no _native\.cpython-3\S+\.so", line)
    assert ((boot.run / "unreachable").stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize("content", [b"", b"not a library", b"\x7fELF"])
def test_a_recorder_that_cannot_be_loaded(boot, content):
    (file,) = boot.lib.glob("_native*")
    file.write_bytes(content)
    boot.same(["-W", "error", "-c", FACTS])
    assert len((boot.run / "unreachable").read_text().splitlines()) == 1


def test_a_recorder_of_another_python(boot, breadcrumb):
    """One whose structures are others must not read a byte of this one's memory."""
    (own,) = boot.lib.glob("_native*")
    others = [
        file
        for file in (breadcrumb.parent.parent / "lib/breadcrumb").glob("_native*.so")
        if file.name != own.name
    ]
    if not others:
        pytest.skip("there is one Python here")
    for n, other in enumerate(others, start=1):
        shutil.copy(other, own)
        boot.same(["-c", FACTS])
        assert len((boot.run / "unreachable").read_text().splitlines()) == n


def test_a_recorder_that_breaks_its_promise(boot):
    boot.same(["-c", FACTS], STUB_RAISES="1")
    assert (boot.run / "unreachable").read_text().endswith(" ValueError: two lines\n")


@pytest.mark.parametrize("run", ["", "/does/not/exist"])
def test_without_a_run(boot, run):
    boot.run = Path(run)
    for file in boot.lib.glob("_native*"):
        file.unlink()
    ended = boot.same(["-c", "import sys; print(len(sys.modules))"], BREADCRUMB_RUN=run)
    assert ended.returncode == 0


def test_closed_streams(boot):
    shell = f'exec "{boot.python}" -c "import os; print(os.listdir(\'/proc/self/fd\'))" <&- 2>&-'
    boot.python = "/bin/sh"
    boot.same(["-c", shell])


def test_the_folder_of_the_boot_module_holds_nothing_else():
    """Each name in it would hide a module of the program's: there are the two that Python looks for, and ours."""
    assert {path.name.partition(".")[0] for path in BOOT.iterdir()} - {"__pycache__"} == {
        "sitecustomize",
        "usercustomize",
        "breadcrumb_boot",
    }
