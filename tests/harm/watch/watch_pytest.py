"""A pytest plugin that writes down how each test went: -p watch_pytest, with HARM_RECORDS naming the file."""

import json
import os

records = os.path.abspath(os.environ.pop("HARM_RECORDS"))
owner = os.getpid()


def write(**record):
    if os.getpid() == owner:
        fd = os.open(records, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(fd, (json.dumps(record) + "\n").encode("utf-8", "backslashreplace"))
        finally:
            os.close(fd)


def pytest_runtest_logstart(nodeid):
    write(begins=nodeid)


def pytest_runtest_logreport(report):
    # A test passes by its call; what is set up and torn down for it counts where it did not go well.
    if report.when == "call" or report.outcome != "passed":
        outcome = report.outcome + ("" if report.when == "call" else " in " + report.when)
        if hasattr(report, "wasxfail"):
            outcome += " (xfail)"
        write(
            test=report.nodeid,
            outcome=outcome,
            text=str(report.longrepr or ""),
            out=report.capstdout,
            err=report.capstderr,
        )


def pytest_collectreport(report):
    if report.outcome != "passed":
        write(test=report.nodeid, outcome="not collected", text=str(report.longrepr or ""))
