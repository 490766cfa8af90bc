"""Which code is recorded: installed in odd ways, run in odd ways, lying in odd places."""

from __future__ import annotations

import json
import subprocess
import zipfile

import pytest
from helpers import Bench, Ended, Run

pytestmark = pytest.mark.any_python


def recorded(run: Run) -> set[str]:
    rows = run.query("""
        SELECT DISTINCT f.module_name || '.' || f.function_name AS name
        FROM calls c JOIN functions f ON f.id = c.function_id WHERE f.function_name <> '<module>'
    """)
    return {row["name"] for row in rows}


def record(bench: Bench, words: list, *options: str, **more) -> set[str]:
    ended = bench.run([*bench.tracing(*options), *words], **more)
    assert ended.status == 0, ended.err
    return recorded(Run(bench, Ended(0, b"", b"")))


def test_an_editable_install_is_the_users_code(bench, python, tmp_path):
    library = tmp_path / "my library"
    (library / "src").mkdir(parents=True)
    (library / "src/mylib.py").write_text("def f(): pass\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/other.py").write_text("def g(): pass\n")
    environment = tmp_path / "env"
    subprocess.run([python.path, "-m", "venv", "--without-pip", environment], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "mylib.pth").write_text(f"{library / 'src'}\n{tmp_path / 'elsewhere'}\n")
    (site / "mylib-1.dist-info").mkdir()
    (site / "mylib-1.dist-info/direct_url.json").write_text(
        json.dumps({"url": library.as_uri(), "dir_info": {"editable": True}})
    )
    (site / "installed.py").write_text("def h(): pass\n")
    bench.write(
        {"program.py": "import mylib, other, installed\nmylib.f(); other.g(); installed.h()\n"}
    )
    assert record(bench, [environment / "bin/python", "program.py"]) == {"mylib.f"}


def test_a_program_in_a_virtual_environment_of_any_name(bench, python):
    environment = bench.project / "runtime"
    subprocess.run([python.path, "-m", "venv", "--without-pip", environment], check=True)
    bench.write({"runtime/bin/tool": "def quiet(): pass\nimport own\nquiet()\nown.loud()\n"})
    bench.write({"own.py": "def loud(): pass\n"})
    path = {"PYTHONPATH": str(bench.project)}
    assert record(bench, [environment / "bin/python", "runtime/bin/tool"], env=path) == {"own.loud"}


def test_a_workspace_inside_of_site_packages(bench, python):
    bench.write({"lib/site-packages/mine/__init__.py": "def f(): pass\n"})
    bench.write({"lib/site-packages/yours.py": "def g(): pass\n"})
    source = "import mine, yours; mine.f(); yours.g()"
    words = [python.path, "-c", source]
    place = bench.project / "lib/site-packages"
    path = {"PYTHONPATH": str(place)}
    assert record(bench, words, "--workspace", str(place / "mine"), env=path) == {"mine.f"}


def test_a_workspace_behind_a_link(bench, python, tmp_path):
    bench.write({"app.py": "def f(): pass\n"})
    (tmp_path / "link").symlink_to(bench.project)
    words = [python.path, "-c", "import app; app.f()"]
    path = {"PYTHONPATH": str(tmp_path / "link")}
    assert record(bench, words, env=path) == {"app.f"}


def test_modules_in_a_zip_and_without_init(bench, python):
    with zipfile.ZipFile(bench.project / "app.zip", "w") as archive:
        archive.writestr("zipped/__init__.py", "")
        archive.writestr("zipped/inner.py", "def f(): pass\n")
    bench.write({"space/deep/leaf.py": "def g(): pass\n"})
    bench.write(
        {
            "program.py": """
            import sys
            sys.path.insert(0, "app.zip")
            import zipped.inner, space.deep.leaf
            zipped.inner.f(); space.deep.leaf.g()
            """
        }
    )
    words = [python.path, "program.py"]
    assert record(bench, words) == {"zipped.inner.f", "space.deep.leaf.g"}


def test_code_without_a_file(bench, python):
    bench.write(
        {
            "program.py": """
            exec("def from_string(): pass")
            from_string()
            cell = compile("def in_cell(): pass\\nin_cell()", "/tmp/ipykernel_99/12345.py", "exec")
            exec(cell)
            old = compile("def in_old_cell(): pass\\nin_old_cell()", "<ipython-input-1-abc>", "exec")
            exec(old)
            """
        }
    )
    found = record(bench, [python.path, "program.py"])
    assert found == {"__main__.from_string", "__main__.in_cell", "__main__.in_old_cell"}


def test_frames_that_cython_makes_for_tracebacks_are_no_calls(bench, python):
    """Where it was compiled for the limited API it evaluates this, with its own names in place of ours."""
    bench.write(
        {
            "program.py": """
            import sys
            def user(): return code()
            def code():
                made = compile("_getframe()", "", "eval").replace(
                    co_name="recv", co_filename="zmq/backend/_zmq.py", co_firstlineno=188
                )
                return eval(made, {"_getframe": sys._getframe}).f_code.co_name
            print(user())
            """
        }
    )
    assert record(bench, [python.path, "program.py"]) == {"__main__.user", "__main__.code"}


def test_a_module_run_by_its_name_is_included_by_its_name(bench, python):
    bench.write({"app/__init__.py": "", "app/cli.py": "def go(): pass\ngo()\n"})
    words = [python.path, "-m", "app.cli"]
    assert record(bench, words, "-i", "app.*") == {"__main__.go"}


# ---- config validate --------------------------------------------------------------------------


def validate(bench: Bench, *words: str) -> dict[str, tuple]:
    ended = bench.run([bench.program, "config", "validate", *words])
    assert ended.status == 0, ended.out
    rows = json.loads(ended.out)["modules"]
    return {row["module"]: (row["recorded"], row["rule"]) for row in rows}


def test_what_would_be_recorded_and_why(bench):
    bench.write({"app/__init__.py": "", "app/noise.py": "", "src/lib/core.py": "", "queue.py": ""})
    bench.write({".venv/lib/site-packages/dep.py": "", "single.py": ""})
    bench.run(
        [bench.program, "config", "create", "p", "-i", "app.*", "-i", "lib*", "-e", "*.noise"]
    )
    words = ["app", "app.noise", "lib.core", "queue", "single", "requests.api"]
    words += ["app/noise.py", ".venv/lib/site-packages/dep.py", "src/lib"]
    given = [word for module in words for word in ("-m", module)]
    found = validate(bench, "p", *given)
    assert found == {
        "app": (True, "include 'app.*'"),
        "app.noise": (False, "exclude '*.noise'"),
        "lib.core": (True, "include 'lib*'"),
        "queue": (False, "the built-in excludes, 'queue'"),
        "single": (False, "no include names it"),
        "requests.api": (False, "workspace_only: it is not in the workspace"),
        "app/noise.py": (False, "exclude '*.noise'"),
        ".venv/lib/site-packages/dep.py": (False, "workspace_only: an installed package"),
        "src/lib": (True, "include 'lib*'"),
    }
    assert validate(bench, "p", "-m", "__main__")["__main__"] == (False, "no include names it")
    everything = validate(bench, "-m", "requests.api", "-m", "json", "-m", "__main__")
    assert everything["__main__"] == (True, "include '*'")
    assert everything["requests.api"][0] is False
    bench.run([bench.program, "config", "create", "all", "--all-code"])
    found = validate(bench, "all", "-m", "requests.api", "-m", "json")
    assert found == {
        "requests.api": (True, "include '*'"),
        "json": (False, "the built-in excludes, 'json'"),
    }


def test_what_would_be_recorded_of_what_is_installed(bench, tmp_path):
    """In the project's virtual environment, or in the one that is active."""
    site, project = bench.project / ".venv/lib/python3.12/site-packages", tmp_path / "else where"
    made = {
        "dep.py": "",
        "fast/quick.cpython-312-x86_64-linux-gnu.so": "",
        "mine-1.dist-info/x": "",
    }
    bench.write({f".venv/lib/python3.12/site-packages/{name}": text for name, text in made.items()})
    bench.write({"slow.pyx": ""})
    (project / "src/mine").mkdir(parents=True)
    (project / "src/mine/__init__.py").write_text("")
    editable = json.dumps({"url": project.as_uri(), "dir_info": {"editable": True}})
    (site / "mine-1.dist-info/direct_url.json").write_text(editable)
    compiled = "it is compiled: only Python code is recorded"
    expected = {
        "mine": (True, "include '*'"),
        "dep": (False, "workspace_only: an installed package"),
        "fast.quick": (False, compiled),
        "slow.pyx": (False, compiled),
        "breadcrumb": (False, "breadcrumb does not record itself"),
        "nowhere": (False, "workspace_only: it is not in the workspace"),
    }
    words = [word for module in expected for word in ("-m", module)]
    assert validate(bench, *words) == expected
    (bench.project / ".venv").rename(tmp_path / "active")
    active = {"VIRTUAL_ENV": str(tmp_path / "active")}
    ended = bench.run([bench.program, "config", "validate", "-m", "mine"], env=active)
    assert json.loads(ended.out)["modules"][0]["file"] == f"{project}/src/mine/__init__.py"


@pytest.mark.parametrize("word", ["pkg.*", "", "<string>", "a b", "[x"])
def test_validate_wants_modules(bench, word):
    ended = bench.run([bench.program, "config", "validate", "-m", word])
    assert ended.status == 1 and f"'{word}' is no module" in json.loads(ended.out)["message"]


def test_validate_finds_mistakes(bench):
    bench.run([bench.program, "config", "create", "p"])
    (bench.home / ".breadcrumb/configs/p.yaml").write_text("a: 1\n")
    ended = bench.run([bench.program, "config", "validate", "p"])
    assert ended.status == 1 and "p.yaml, line 1" in json.loads(ended.out)["message"]
    assert bench.run([bench.program, "config", "validate"]).status == 0
