"""`breadcrumb run` seen from outside: statuses, what the command gets from us, and what we say."""

from __future__ import annotations

import os
import re
import signal
import time

import pytest
from supervised import PYTHON, folders, run

# ---- statuses -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [0, 1, 2, 7, 124, 255])
def test_the_status_is_the_commands(bench, status):
    assert run(bench, "sh", "-c", f"exit {status}").status == status


@pytest.mark.parametrize("name", ["SEGV", "KILL", "TERM", "ABRT", "INT", "PIPE", "USR1"])
def test_we_end_by_the_signal_that_ended_the_command(bench, name):
    number = signal.Signals[f"SIG{name}"].value
    assert run(bench, "sh", "-c", f"kill -{name} $$").status == -number


def test_a_shell_shows_128_and_the_signal(bench):
    line = (
        f"{bench.program} run -t 60 --silent --db-path {bench.database} sh -c 'kill -9 $$'; echo $?"
    )
    assert run(bench, "sh", "-c", line).out.strip() == "137"


def test_one_core_file_at_most(bench):
    limit = "ulimit -S -c unlimited 2>/dev/null; "
    line = f"{bench.program} run -t 60 --silent --db-path {bench.database} sh -c 'kill -SEGV $$'"
    bench.run(["sh", "-c", f"{limit}{line}"])
    assert len(list(bench.project.glob("*core*"))) <= 1


REFUSED = {
    "no time": ([], ["true"], 1, "the option --timeout is missing"),
    "no number": (["-t", "soon"], ["true"], 1, "'soon' is not a number"),
    "no value": (["-t"], [], 1, "its value is missing"),
    "negative": (["-t", "-5"], ["true"], 1, "'-5' is no time"),
    "zero": (["--timeout", "0"], ["true"], 1, "'0' is no time"),
    "tiny": (["--timeout=-0.001"], ["true"], 1, "is no time"),
    "huge": (["-t", "1e300"], ["true"], 1, "'1e300' is no time"),
    "endless": (["-t", "inf"], ["true"], 1, "'inf' is no time"),
    "grace": (["-t", "5", "--grace", "-1"], ["true"], 1, "--grace: '-1' is out of range"),
    "no command": (["-t", "5"], [], 1, "the command to run is missing"),
    "option": (["-t", "5", "--exlude", "x"], ["true"], 1, "unknown option '--exlude'"),
    "pattern": (["-t", "5", "-e", "a[b"], ["true"], 1, "has a '[' without its ']'"),
    "path as pattern": (["-t", "5", "-i", "src/app.py"], ["true"], 1, "is a path"),
    "rate": (["-t", "5", "--sample-rate", "1.5"], ["true"], 1, "'1.5' does not fit sample_rate"),
    "backend": (["-t", "5", "--backend", "settace"], ["true"], 1, "did you mean 'settrace'?"),
    "workspace": (["-t", "5", "--workspace", "/not/there"], ["true"], 1, "'/not/there'"),
    "db is a directory": (["-t", "5", "--db-path", "/tmp"], ["true"], 125, "'/tmp' is a directory"),
    "db is no database": (["-t", "5", "--db-path", "/etc/passwd"], ["true"], 125, "not a database"),
    "db has no place": (
        ["-t", "5", "--db-path", "/proc/x/y"],
        ["true"],
        125,
        "cannot make the directory",
    ),
    "not executable": (["-t", "5"], ["/etc/passwd"], 126, "Permission denied"),
    "a directory": (["-t", "5"], ["/etc"], 126, "Is a directory"),
    "not found": (["-t", "5"], ["no-such-command"], 127, "there is no such command"),
    "path not found": (["-t", "5"], ["./no/such"], 127, "there is no such command"),
    "empty": (["-t", "5"], [""], 127, "there is no such command"),
    "a Python file": (["-t", "5"], ["app.py"], 127, "python app.py"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_run_is_refused(bench, case):
    options, command, status, words = REFUSED[case]
    bench.write({"app.py": "print(1)"})
    ended = bench.run(
        [bench.program, "run", *options, *command], env={"BREADCRUMB_HOME": str(bench.home)}
    )
    said = ended.err + ended.out
    assert ended.status == status, said
    assert words in said
    assert ("usage: breadcrumb run -t SECONDS" in said) == (status == 1)
    assert not (bench.home / "trails").exists() or not list((bench.home / "trails").iterdir())


def test_a_script_whose_interpreter_is_missing(bench):
    """Only the kernel finds out; nothing is left of the run."""
    bench.write({"tool": "#!/no/such/interpreter\n"})
    (bench.project / "tool").chmod(0o755)
    ended = run(bench, "./tool")
    assert ended.status == 127 and "the program that its first line names is missing" in ended.err
    assert folders(bench) == []


def test_a_script_without_an_interpreter_is_the_shells(bench):
    bench.write({"tool": "exit 9\n"})
    (bench.project / "tool").chmod(0o755)
    assert run(bench, "./tool").status == 9


# ---- the words and the environment ----------------------------------------------------------


def test_our_options_end_at_the_commands_name(bench):
    words = ["-t", "1", "--silent", "--", "--db-path", "-h", ""]
    show = [PYTHON, "-Sc", "import sys; print(sys.argv[1:])", *words]
    place = ["--db-path", bench.database]
    for between in ([], ["--"]):
        ended = bench.run([bench.program, "run", "-t", "60", "--silent", *place, *between, *show])
        assert ended.out == f"{words}\n"


def show_environment(bench, **more):
    ended = run(bench, PYTHON, "-ISc", "import os; print(repr(dict(os.environ)))", **more)
    return eval(ended.out)


def test_the_environment_is_the_users_and_two_words_of_ours(bench):
    before = bench.environment({"ODD": "a=b\nc", "EMPTY": ""})
    after = show_environment(bench, env={"ODD": "a=b\nc", "EMPTY": ""})
    added = {name: after.pop(name) for name in ("BREADCRUMB_RUN", "PYTHONPATH")}
    after.pop("LC_CTYPE", None)  # Python's own
    assert after == before
    run_folder = bench.database.parent / r"trails/\d{8}-\d{6}-[0-9a-f]{8}"
    assert re.fullmatch(str(run_folder), added["BREADCRUMB_RUN"])
    assert (
        added["PYTHONPATH"].endswith("/lib/breadcrumb/boot")
        or "/breadcrumb/boot" in added["PYTHONPATH"]
    )


@pytest.mark.parametrize(
    "path", ["", "/a", "/a:/b", ":/a", "/a:", "/a::/b", "/a:BOOT:/b", "BOOT", "BOOT:"]
)
def test_pythonpath(bench, path):
    boot = show_environment(bench, env={})["PYTHONPATH"]
    assert ":" not in boot and os.path.exists(f"{boot}/sitecustomize.py")
    given = path.replace("BOOT", boot)
    seen = show_environment(bench, env={"PYTHONPATH": given})["PYTHONPATH"]
    rest = given.replace(f"{boot}:", "").replace(boot, "")
    if path == "BOOT:":
        rest = ":"
        assert seen == f"{boot}:"
    else:
        assert seen == (f"{boot}:{rest}" if rest else boot)


STATE = """
import os, resource, sys
status = open('/proc/self/status').read()
print([line for line in status.splitlines() if line[:6] in ('SigBlk', 'SigIgn', 'SigCgt', 'Umask:', 'NoNewP')])
print(sorted(os.listdir('/proc/self/fd')), os.getcwd())
print([resource.getrlimit(n) for n in range(10)], os.nice(0))
"""


BEFORE = {
    "nothing": "",
    "hangup ignored": "trap '' HUP;",
    "keyboard ignored": "trap '' PIPE INT QUIT;",
    "a descriptor": "exec 7</dev/null;",
    "umask": "umask 077;",
    "no input": "exec 0<&-;",
    "no errors": "exec 2>&-;",
    "few files": "ulimit -n 50;",
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_the_command_gets_what_we_got(bench, before):
    """Signals ignored and blocked, descriptors, limits, working directory."""
    bench.write({"state.py": STATE})
    ours = f"{bench.program} run -t 60 --silent --db-path {bench.database}"
    command = f"{PYTHON} -IS state.py"
    traced = bench.run(["sh", "-c", f"{before}exec {ours} {command}"])
    assert traced == bench.run(["sh", "-c", f"{before}exec {command}"])


def test_ended_children_may_be_ignored(bench):
    """Whoever starts us ignores SIGCHLD: the command does too, and its status is not lost."""
    bench.write({"state.py": STATE + "sys.exit(6)"})
    ended = run(
        bench, PYTHON, "-IS", "state.py", preexec_fn=lambda: signal.signal(17, signal.SIG_IGN)
    )
    assert int(re.search(r"SigIgn:\\t(\w+)", ended.out)[1], 16) & 1 << 16
    assert ended.status == 6


def test_blocked_signals_stay_blocked(bench):
    bench.write({"state.py": STATE})

    def block():
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR1])

    ended = run(bench, PYTHON, "-IS", "state.py", preexec_fn=block)
    mask = int(re.search(r"SigBlk:\\t(\w+)", ended.out)[1], 16)
    assert mask == 1 << (signal.SIGTERM - 1) | 1 << (signal.SIGUSR1 - 1)


def test_input_and_output_are_the_commands(bench):
    data = bytes(range(256)) * 5000
    ended = run(bench, "cat", input=data)
    assert (ended.stdout, ended.stderr, ended.status) == (data, b"", 0)


def test_streams_that_were_closed(bench):
    """What we say does not end up in a file of ours that got the number."""
    command = "sh -c 'cp $BREADCRUMB_RUN/settings here; exit 3'"
    ours = f"{bench.program} run -t 60 --db-path {bench.database}"
    assert bench.run(["sh", "-c", f"{ours} {command} <&- >&- 2>&-; echo $?"]).status == 0
    assert "Breadcrumb" not in (bench.project / "here").read_text()
    assert bench.breadcrumb("list").status == 2


# ---- what we say ----------------------------------------------------------------------------


def test_the_line_at_the_start(bench):
    ended = run(bench, "echo", "hello", options=("-t", "60"))
    assert ended.out == "hello\n"
    first, second = ended.err.splitlines()[:2]
    assert first == (
        f"Breadcrumb enabled: backend=auto db={bench.database}, sample_rate=1.0, "
        "include=1 exclude=15 workspace_only"
    )
    assert second == "(config: ~/.breadcrumb/config.yaml)"


def test_the_line_says_what_was_chosen(bench):
    options = [
        "-t",
        "60",
        "-i",
        "a.*",
        "-i",
        "b",
        "--exclude",
        "c,d",
        "--all-code",
        "--sample-rate",
        "0.25",
    ]
    first = run(bench, "true", options=[*options, "--backend", "pep669"]).err.splitlines()[0]
    assert first == (
        f"Breadcrumb enabled: backend=pep669 db={bench.database}, sample_rate=0.25, "
        "include=2 exclude=17 all_code"
    )


def test_silent(bench):
    assert run(bench, "true").err == ""
    assert run(bench, "true", options=["-t", "60"], env={"BREADCRUMB_SILENT": "yes"}).err == ""


def test_the_settings_of_the_run(bench):
    options = ["-t", "60", "--silent", "-e", "x.*", "--max-chars", "50", "--quota", "7"]
    options += ["--no-default-excludes", "--values", "names"]
    shell = "cd $BREADCRUMB_RUN; basename $PWD; stat -c %a . settings; cat settings"
    ended = run(bench, "sh", "-c", shell, "a b", "c\nd", options=options)
    name, folder_mode, file_mode, text = ended.out.split("\n", 3)
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{8}", name)
    assert (folder_mode, file_mode) == ("700", "600")
    for line in (
        "exclude=x.*",
        "max_chars=50",
        "quota_mb=7",
        "default_excludes=false",
        "values=names",
        f"workspace={bench.project}",
        f"db_path={bench.database}",
        "command=sh\ncommand=-c",
        "command=a b\ncommand=c%0Ad",
    ):
        assert f"\n{line}\n" in text
    assert re.search(rf"\nrun_id=[0-9a-f-]{{28}}{name[-8:]}\n", text)
    assert 0 < time.time_ns() - int(re.search(r"started_wall_ns=(\d+)", text)[1]) < 60e9


def test_the_database_is_discovered(bench):
    (bench.project / ".breadcrumb").mkdir()
    (bench.project / "deep/er").mkdir(parents=True)
    words = [bench.program, "run", "-t", "60", "--silent", "sh", "-c", "echo $BREADCRUMB_RUN"]
    ended = bench.run(words, cwd=bench.project / "deep/er")
    assert ended.out.startswith(f"{bench.project}/.breadcrumb/trails/")


def test_nothing_is_left_of_a_run_that_is_over(bench):
    run(bench, "true")
    assert folders(bench) == []


def test_not_enabled(bench):
    shell = "echo ${BREADCRUMB_RUN-none}; exit 5"
    off = {"BREADCRUMB_ENABLED": "off"}
    ended = run(bench, "sh", "-c", shell, env=off, options=["-t", "9"])
    assert (ended.out, ended.status) == ("none\n", 5)
    assert "disabled" in ended.err and folders(bench) == []


@pytest.mark.parametrize("options", [["-t", "9"], ["-t", "9", "--silent"]])
def test_a_variable_that_does_not_fit_stops_no_command(bench, options):
    shell = "echo ${BREADCRUMB_RUN-none}; exit 5"
    env = {"BREADCRUMB_SAMPLE_RATE": "7"}
    ended = run(bench, "sh", "-c", shell, env=env, options=options)
    assert (ended.out, ended.status) == ("none\n", 5)
    assert ended.err == (
        "breadcrumb: the command runs without being recorded: the value '7' does not fit sample_rate "
        "(BREADCRUMB_SAMPLE_RATE); it is a number from 0.0 to 1.0\n"
    )
    assert folders(bench) == []
    # What was typed is the caller's own: an option, and a profile's file.
    ended = run(bench, "echo", "ran", env=env, options=[*options, "--values", "some"])
    assert (ended.out, ended.status) == ("", 1) and "'some' does not fit values" in ended.err
    profiles = bench.home / ".breadcrumb/configs"
    profiles.mkdir(parents=True)
    (profiles / "p.yaml").write_text("sample_rate: 8\n")
    ended = run(bench, "echo", "ran", env=env, options=[*options, "-c", "p"])
    assert (ended.out, ended.status) == ("", 1) and "p.yaml, line 1" in ended.err


# ---- what we say at the end -----------------------------------------------------------------


def test_a_command_without_python(bench):
    err = run(bench, "true", options=["-t", "60"]).err
    assert "nothing was recorded: the command started no Python that can be reached" in err
    assert "in a frozen program" in err


def test_a_python_that_cannot_be_reached(bench):
    err = run(bench, PYTHON, "-I", "-c", "pass", options=["-t", "60"]).err
    assert "nothing was recorded" in err
    assert "was started with -I, and reads no PYTHONPATH" in err


def test_a_python_without_a_recorder(bench):
    """Such a process leaves a line; here that is the command itself."""
    shell = 'echo "42 3.9.1 ImportError: there is no such thing" >>$BREADCRUMB_RUN/unreachable'
    err = run(bench, "sh", "-c", shell, options=["-t", "60"]).err
    assert "a Python process ran without being recorded: Python 3.9.1 ImportError" in err
    twice = f"{shell}; {shell}; {shell.replace('42', '43')}"  # two may say the same of one
    err = run(bench, "sh", "-c", twice, options=["-t", "60"]).err
    assert "2 Python processes ran without being recorded; the first: Python 3.9.1" in err


def test_a_store_that_breaks_meanwhile_costs_nothing_but_the_report(bench):
    """The command's status stands, and the recording is kept."""
    shell = f"{PYTHON} -c 'print(1)'; echo rubbish >{bench.database}; exit 3"
    ended = run(bench, "sh", "-c", shell, options=["-t", "60"])
    assert (ended.status, ended.out) == (3, "1\n")
    assert "nothing is lost" in ended.err and len(folders(bench)) == 1
    bench.database.unlink()
    assert bench.breadcrumb("list").status == 0
