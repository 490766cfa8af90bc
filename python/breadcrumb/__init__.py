"""Breadcrumb: a flight recorder for Python.

`breadcrumb run -t SECONDS COMMAND...` records a program from outside; `breadcrumb.init()` does the same from inside::

    import breadcrumb
    breadcrumb.init()

Both keep every call of the program's own code, with arguments, results and exceptions, in a file that survives a
kill, and the command `breadcrumb` answers questions about it, also while the program runs.

Everything here may be called from any thread. What goes wrong outside of the call itself (the environment, a file, a
full disk) never raises: one line on stderr says that the program runs without being recorded.
"""

import os as _os
import sys as _sys
from _thread import RLock as _RLock

__version__ = "0.1.0"

__all__ = [
    "SettingError",
    "get_backend",
    "get_config",
    "get_events",
    "init",
    "note",
    "pause",
    "reset_config",
    "resume",
    "shutdown",
    "trace",
]

_HERE = _os.path.dirname(_os.path.abspath(__file__))
_native = None  # the extension, once it was looked for; False: there is none
_ours = None  # what os.environ had before init() began a recording of its own
_off = False  # after shutdown() and reset_config(), until the next init()
_paused = False
_lock = _RLock()  # held while the extension is looked for and a recording begins


def _forked():
    global _lock
    _lock = _RLock()


_os.register_at_fork(after_in_child=_forked)


class SettingError(ValueError):
    """A keyword of `init()` is no setting, or its value does not fit; the text says what would."""


def _say(why):
    try:
        _sys.stderr.write("breadcrumb: this program is not recorded: " + why + "\n")
    except Exception:  # no stderr, or a broken one
        pass


# ---- the extension and the program -----------------------------------------------------------


def _load():
    global _native
    if _native is None:
        with _lock:
            if _native is None:
                _native = _find_extension()
    return _native


def _find_extension():
    # Under `breadcrumb run` the extension of that installation records, which need not be the one beside this file.
    import _imp

    paths = _os.environ.get("PYTHONPATH", "") if _os.environ.get("BREADCRUMB_RUN") else ""
    boots = [path for path in paths.split(":") if path.endswith("/breadcrumb/boot")]
    for folder in [_os.path.dirname(boot) for boot in boots] + [_HERE]:
        path = _os.path.join(folder, "_native" + _imp.extension_suffixes()[0])
        if _os.path.exists(path):
            spec = type(__spec__)("breadcrumb._native", None, origin=path)
            native = _imp.create_dynamic(spec)
            _imp.exec_dynamic(native)
            return native
    return False


def _status():
    native = _load()
    return native.status() if native else None


def _program():
    given = _os.environ.get("BREADCRUMB_PROGRAM")
    places = [_os.path.join(_HERE, place) for place in ("../../bin", "bin")]
    places += [_os.path.dirname(_sys.executable or "")]
    places += _os.environ.get("PATH", _os.defpath).split(":")
    for path in [given] if given else [_os.path.join(place, "breadcrumb") for place in places]:
        if _os.path.isabs(path) and _os.access(path, _os.X_OK) and not _os.path.isdir(path):
            return path
    raise FileNotFoundError("the program 'breadcrumb' was not found: put it on the PATH")


def _start_program(program, words, stdout):
    actions = [(_os.POSIX_SPAWN_DUP2, stdout, 1)]
    return _os.posix_spawn(program, [program, *words], _os.environ, file_actions=actions)


def _wait(pid, flags=0):
    # None: it runs; -1: somebody else has waited for it.
    try:
        done, status = _os.waitpid(pid, flags)
    except ChildProcessError:
        return -1
    return _os.waitstatus_to_exitcode(status) if done else None


def _ask(program, words):
    # The exit status and what the program wrote to stdout.
    reader, writer = _os.pipe()
    try:
        pid = _start_program(program, words, writer)
    except BaseException:
        _os.close(reader)
        raise
    finally:
        _os.close(writer)
    with open(reader, "rb") as file:
        answer = file.read()
    return _wait(pid), answer


# ---- beginning and ending --------------------------------------------------------------------


def _texts(key, value):
    if isinstance(value, (bool, int, float)):
        return [str(value).lower()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return [text for item in value for text in _texts(key, item)] or [""]
    try:
        text = _os.fsdecode(value)
    except TypeError:
        text = "\0"
    if "\0" in text:
        raise SettingError(f"{key}: {value!r} is no value of a setting")
    return [text]


def _ask_begin(mode, config, settings):
    # `breadcrumb-begin`, which lies beside the program, reads the settings: what it answers.
    words = [*mode] + (["--config", _texts("config", config)[0]] if config is not None else [])
    for key, value in settings.items():
        for text in _texts(key, value) if value is not None else ():
            words += ["--set", f"{key}={text}"]
    program = _os.path.realpath(_program()) + "-begin"
    status, answer = _ask(program, words)
    if status == 1:
        raise SettingError(_os.fsdecode(answer))
    return answer


def _begin(config, settings):
    # The folder of a new recording, or None.
    global _ours
    mode = ("--alone",) if _load().adopts() else ()  # os.wait() would meet a process beside us
    folder, _, path = _ask_begin(mode, config, settings).partition(b"\0")
    if not folder:
        return None
    _ours = {name: _os.environ.get(name) for name in ("BREADCRUMB_RUN", "PYTHONPATH")}
    _os.environ["BREADCRUMB_RUN"] = _os.fsdecode(folder)
    _os.environ["PYTHONPATH"] = _os.fsdecode(path.rstrip(b"\0"))
    return _os.fsdecode(folder)


def _again(native, config, settings):
    # The settings of a run stand: whether the keywords fit is all that is looked at.
    if config is None and not settings:
        return
    status = native.status() if _ours is not None else None
    _ask_begin(("--again", status[1]) if status else ("--check",), config, settings)
    native.take_control()


def init(*, config=None, **settings):
    """Record this process from here on, and the Python processes that it starts.

    Keywords are settings, as docs/settings.md lists them; `config` names a profile. They are stronger than the
    environment and the config file. Called again, it changes what it names and leaves the rest as it is; what cannot
    change any more, like `db_path`, must be what it was. Inside `breadcrumb run` the settings of the run stand.

    Raises `SettingError` when a keyword does not fit. Everything else that goes wrong is one line on stderr.

    >>> import breadcrumb
    >>> breadcrumb.init(values="some")
    Traceback (most recent call last):
    breadcrumb.SettingError: the value 'some' does not fit values (keyword of init()); it is one of ...
    """
    global _off
    native = _load()
    if not native:
        _say(f"there is no extension for {_sys.implementation.cache_tag} in {_HERE}")
        return
    try:
        with _lock:
            run = _os.environ.get("BREADCRUMB_RUN")
            if run or native.status():
                _again(native, config, settings)
            else:
                run = _begin(config, settings)
            if native.status() is None:
                if run is not None:
                    native.start(run)
                    if native.status() is None:
                        _say(f"see the file 'unreachable' in {run}")
            elif _off:
                native.pause(_paused)
            _off = False
    except OSError as error:
        _say(str(error))


def shutdown(timeout=5.0):
    """Stop recording, and store what was recorded in the database.

    Waits at most `timeout` seconds. Returns whether it is stored; if not, nothing is lost: the next question stores it.
    `init()` goes on with the same recording, for there is one for each process.
    """
    status = _status()
    if status is None:
        return True
    import time

    reset_config()
    end = time.monotonic() + timeout
    try:
        with open(_os.devnull, "wb") as nowhere:
            database = _load().config()["db_path"]
            pid = _start_program(_program(), ["ingest", "--db-path", database], nowhere.fileno())
    except OSError:
        return False
    while (code := _wait(pid, _os.WNOHANG)) is None:
        if time.monotonic() >= end:
            return False
        time.sleep(0.002)
    return code in (0, -1)


def reset_config():
    """Stop recording, as if `init()` had not been called: `get_config()` and `get_backend()` are None.

    Inside `breadcrumb run` the recording is the run's and goes on.
    """
    global _off
    if _ours is None or _status() is None:
        return
    _off = True
    _load().pause(True)


# ---- asking ----------------------------------------------------------------------------------


def get_config():
    """The settings of this recording by name, a new dict; None when nothing is recorded."""
    return None if _off or _status() is None else _load().config()


def get_backend():
    """How Python is listened to: 'pep669' (3.12 and later), 'settrace' (before), or None: not at all."""
    status = _status()
    return None if _off or status is None else status[0]


_EVENTS = "SELECT * FROM trace_events WHERE {where} ORDER BY at_ns DESC, id DESC LIMIT {limit}"


def get_events(limit=100, since=None, function=None):
    """The newest events of this process so far, oldest first: rows of `trace_events` as dicts.

    limit: how many at most; one answer has at most 1 MB, and leaves out the oldest.
    since: only from this moment on: a `datetime`, or seconds since 1970 as of `time.time()`.
    function: only of the functions of this name, like 'checkout', 'Cart.add' or 'shop.Cart.add'.

    Raises `RuntimeError` when the database cannot be asked, `ValueError` for a limit below 0.
    """
    if limit < 0:
        raise ValueError("limit: at least 0")
    if (status := _status()) is None:
        return []
    import json

    where = f"trace_id = '{status[2]}'"
    if since is not None:
        seconds = since if isinstance(since, (int, float)) else since.timestamp()
        where += f" AND timestamp >= make_timestamp({int(seconds * 1_000_000)})"
    if function is not None:
        quoted = "'" + function.replace("'", "''") + "'"
        where += f" AND {quoted} IN (function_name, module_name || '.' || function_name)"
    sql = _EVENTS.format(where=where, limit=int(limit))
    try:
        _, answer = _ask(_program(), ["query", sql, "--db-path", _load().config()["db_path"]])
        told = json.loads(answer)
    except (OSError, ValueError) as error:
        raise RuntimeError(f"the database cannot be asked: {error}") from error
    if "error" in told:
        if told["error"] in ("EmptyDatabaseError", "DatabaseNotFoundError"):
            return []
        raise RuntimeError(told["message"])
    return told["rows"][::-1]


# ---- while it runs ---------------------------------------------------------------------------


def pause():
    """Begin to record no call, in all threads, until `resume()`. Calls that are open still get their ends."""
    global _paused
    _paused = True
    if _status() is not None:
        _load().pause(True)


def resume():
    """Go on after `pause()`."""
    global _paused
    _paused = False
    if _status() is not None and not _off:
        _load().pause(False)


def note(**fields):
    """An event of your own in the current call: a call of `breadcrumb.note` with these fields as its arguments.

    Values are kept, cut and redacted as those of any call. Does nothing when nothing is recorded.

    >>> import breadcrumb
    >>> breadcrumb.note(order=17, state="paid")
    """


def trace(subject=None):
    """Record what a filter or `pause()` would leave out.

    As a decorator (`@breadcrumb.trace` or `@breadcrumb.trace()`): calls of this function are recorded, whatever the
    filters say. It returns what it was given, unchanged. A class is marked with all its methods, an object that can
    be called with its `__call__`.

    As a context manager: recording is on inside the block, also after `pause()`, and afterwards as it was before.

    >>> import breadcrumb
    >>> @breadcrumb.trace
    ... def area(width, height):
    ...     return width * height
    >>> area(2, 3)
    6
    >>> with breadcrumb.trace():
    ...     area(3, 4)
    12
    """
    return _Trace() if subject is None else _mark(subject)


class _Trace:
    def __init__(self):
        self._before = []

    def __call__(self, subject):
        return _mark(subject)

    def __enter__(self):
        self._before.append(_paused)
        resume()
        return self

    def __exit__(self, *exc_info):
        if self._before.pop():
            pause()


def _mark(subject):
    native = _load()
    call = type(subject).__call__ if callable(subject) else None  # of an object that is no function
    for member in vars(subject).values() if isinstance(subject, type) else (subject, call):
        if native:
            native.mark(member)
    return subject
