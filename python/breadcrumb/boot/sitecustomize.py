# What `breadcrumb run` puts in front of every Python's path: it runs the sitecustomize that it hides, as if it were
# not there, then starts the recorder. The program must not be able to tell, so:
#   - any Python can parse this (2.7 too), and nothing is imported that is not in memory already (os is, through site);
#   - its folder leaves sys.path, and nothing of it stays in sys.modules or for the garbage collector to find;
#   - os.environ stays as it is (children start recorded too); what goes wrong is a line in the run's folder.


def _shadowed(sys, here, name):
    # The exception that the hidden sitecustomize ended with, or None. Where there is none to run, that is the
    # ImportError that `site` would have met untraced: passed on, it makes the import system forget this module too.
    sys.path[:] = [entry for entry in sys.path if entry != here]
    sys.path_importer_cache.pop(here, None)
    try:
        __import__(name)
    except BaseException as error:
        return error
    return None


def _start(sys, here):
    import os

    run = os.environ.get("BREADCRUMB_RUN")
    if not run:
        return
    try:
        import _imp

        name = "_native" + _imp.extension_suffixes()[0]
        path = os.path.join(os.path.dirname(here), name)
        if not os.path.exists(path):
            raise ImportError("there is no " + name)
        # Not through importlib.machinery: importing that would be seen in sys.modules.
        native = _imp.create_dynamic(type(__spec__)("breadcrumb._native", None, origin=path))
        _imp.exec_dynamic(native)
        native.start(run)
    except Exception as error:
        _note(sys, os, run, error)


def _note(sys, os, run, error):
    try:
        version = ".".join([str(part) for part in sys.version_info[:3]])
        line = " ".join([str(os.getpid()), version, type(error).__name__ + ":", str(error)])
        line = " ".join(line.split()) + "\n"
        # One write, so that processes that end up here together do not mix their lines.
        fd = os.open(run + "/unreachable", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(fd, line.encode("utf-8", "replace"))
        finally:
            os.close(fd)
    except Exception:
        pass


def _boot(name):
    import sys

    here = __file__.rpartition("/")[0]
    # Kept alive: Python 2 empties the globals of a module that nobody holds.
    ours = sys.modules.pop(name, None)  # noqa: F841
    error = _shadowed(sys, here, name)
    try:
        _start(sys, here)
        if error is not None:
            # Without the part of the traceback that lies in this file.
            trace = getattr(error, "__traceback__", None)
            if trace is not None:
                error = error.with_traceback(trace.tb_next)
            raise error
    finally:
        # An exception that its own traceback leads back to would be left for the garbage collector.
        error = trace = ours = None  # noqa: F841


if __name__ in ("sitecustomize", "usercustomize"):  # breadcrumb_boot.py wants only the functions
    try:
        _boot(__name__)
    finally:
        globals().clear()
