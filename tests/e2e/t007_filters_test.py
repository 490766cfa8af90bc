"""What is recorded and what is left out: workspace, --include, --exclude, --all-code."""

from __future__ import annotations

import json

import pytest
from helpers import Ended, Run

PROGRAM = """
    import colorsys
    import pkg.a
    import pkg.sub.b
    import other

    def main():
        pkg.a.f()
        pkg.sub.b.f()
        other.f()
        colorsys.rgb_to_hsv(0, 0, 0)
        return textual()

    def textual():
        import json
        return json.dumps({})

    main()
"""
FILES = {
    "pkg/__init__.py": "",
    "pkg/a.py": "def f(): return 'a'\n",
    "pkg/sub/__init__.py": "",
    "pkg/sub/b.py": "def f(): return 'b'\n",
    "other.py": "def f(): return 'other'\n",
}


def recorded(run) -> set[str]:
    rows = run.query("""
        SELECT DISTINCT f.module_name || '.' || f.function_name AS name
        FROM calls c JOIN functions f ON f.id = c.function_id WHERE f.function_name <> '<module>'
    """)
    return {row["name"] for row in rows}


OWN = {"__main__.main", "__main__.textual", "pkg.a.f", "pkg.sub.b.f", "other.f"}

CASES = {
    "workspace": ([], OWN),
    "include one": (["--include", "other"], {"other.f"}),
    "include a package": (["-i", "pkg.*"], {"pkg.a.f", "pkg.sub.b.f"}),
    "include two": (
        ["-i", "other", "-i", "__main__"],
        {"other.f", "__main__.main", "__main__.textual"},
    ),
    "exclude one": (["--exclude", "other"], OWN - {"other.f"}),
    "exclude a package": (["-e", "pkg.*"], OWN - {"pkg.a.f", "pkg.sub.b.f"}),
    "exclude beats include": (["-i", "pkg.*", "-e", "pkg.sub.*"], {"pkg.a.f"}),
}


@pytest.mark.one_python
@pytest.mark.parametrize("case", CASES)
def test_choice(trace, case):
    options, expected = CASES[case]
    assert recorded(trace(PROGRAM, *options, files=FILES)) == expected


def test_all_code(trace):
    found = recorded(trace(PROGRAM, "--all-code", files=FILES))
    assert found >= OWN | {"colorsys.rgb_to_hsv"}
    # json is on the list of what is left out by default: the module, not what lies below it.
    assert not {"json.dumps", "json.loads"} & found


def test_all_code_and_no_default_excludes(trace):
    found = recorded(trace(PROGRAM, "--all-code", "--no-default-excludes", files=FILES))
    assert found >= OWN | {"colorsys.rgb_to_hsv", "json.dumps"}


@pytest.mark.one_python
def test_virtual_environment_in_the_workspace(trace):
    """Libraries that lie below the project are libraries still."""
    run = trace(
        """
        import sys
        sys.path[:0] = [".venv/lib/site-packages", "venv/lib/site-packages"]
        import inside, beside

        def main():
            return inside.f() + beside.f()

        main()
        """,
        files={
            ".venv/lib/site-packages/inside.py": "def f(): return 1\n",
            "venv/lib/site-packages/beside.py": "def f(): return 2\n",
        },
    )
    assert recorded(run) == {"__main__.main"}


@pytest.mark.one_python
def test_parent_passes_over_what_is_left_out(trace):
    run = trace(
        """
        import middle

        def leaf():
            return 1

        def main():
            return middle.through(leaf)

        main()
        """,
        "-e",
        "middle",
        files={"middle.py": "def through(f):\n    return f()\n"},
    )
    assert run.tree() == "main() -> 1\n  leaf() -> 1"


def test_generated_code(trace):
    """Code from exec() has no file; a function of it is named by its module all the same."""
    run = trace(
        """
        namespace = {"__name__": "made"}
        exec("def f(x): return x + 1", namespace)

        def main():
            return namespace["f"](1)

        main()
        """,
        "--all-code",
    )
    assert "made.f" in recorded(run)


def test_a_text_is_of_who_runs_it(trace, tmp_path):
    """exec() in a namespace that names no module: whose it is, is told by who calls it. A forked child knows it too."""
    made = "exec('def {0}():\\n  def inner(): return 1\\n  return inner()', space)"
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "lib.py").write_text("space = {}\n" + made.format("theirs"))
    run = trace(f"""
        import os, sys
        sys.path.insert(0, {str(tmp_path / "elsewhere")!r})
        import lib

        space = {{}}
        {made.format("mine")}
        lib.space["theirs"](), space["mine"]()
        child = os.fork()
        lib.space["theirs"](), space["mine"]()
        if child:
            os.waitpid(child, 0)
    """)
    of_texts = {name for name in recorded(run) if not name.startswith("__main__.")}
    assert of_texts == {".mine", ".inner"}
    found = run.value("SELECT count(*) FROM calls WHERE function_name = 'mine'")
    assert found == 3, "before the fork, and after it in both"


@pytest.mark.one_python
def test_workspace_option(trace, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "lib.py").write_text("def f(): return 1\n")
    source = f"""
        import sys
        sys.path.insert(0, {str(tmp_path / "elsewhere")!r})
        import lib

        def main():
            return lib.f()

        main()
    """
    assert recorded(trace(source)) == {"__main__.main"}
    again = trace(source, "--workspace", str(tmp_path / "elsewhere"))
    rows = again.query("SELECT DISTINCT module_name FROM functions WHERE function_name = 'f'")
    assert rows == [{"module_name": "lib"}]


def test_module_and_inline_code(bench, python):
    """`-m` and `-c` are programs as well."""
    bench.write({"tool/__main__.py": "def go(): return 1\ngo()\n", "tool/__init__.py": ""})
    for command in (["-m", "tool"], ["-c", "import tool\ndef quick(): return 2\nquick()"]):
        ended = bench.run([*bench.tracing(), python.path, *command])
        assert (ended.status, ended.stdout, ended.stderr) == (0, b"", b"")
    assert "__main__.go" in recorded(Run(bench, Ended(0, b"", b"")))


@pytest.mark.one_python
def test_why_a_module_of_a_package_that_ran_is_left_out(bench, python):
    """The package itself is recorded; the rule is about the module in it that the name speaks of."""
    files = {
        "pkg/__init__.py": "",
        "pkg/noisy.py": "def loud(): pass\n",
        "program.py": "from pkg import noisy\nnoisy.loud()\n",
    }
    bench.write(files)
    bench.run([*bench.tracing("--exclude", "pkg.noisy"), python.path, "program.py"])
    reasons = {}
    for name in ("pkg.noisy.loud", "pkg.quiet"):
        said = json.loads(bench.breadcrumb("why-not", name).out)["why_not"]
        reasons[name] = (said["reason"], said["rule"], said["option"])
    assert reasons == {
        "pkg.noisy.loud": ("filtered", "exclude", "no --exclude 'pkg.noisy'"),
        "pkg.quiet": ("never called", None, None),
    }
