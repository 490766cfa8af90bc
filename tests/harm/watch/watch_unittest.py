"""Runs modules of CPython's test package as `python -m test` does, and writes down how each test went.

usage: python watch_unittest.py RECORDS MODULE...

Runs in the interpreter under test, untraced and traced alike. RECORDS gets two lines of JSON for each test, one when it
begins: the last one of a process that died names the test that it died in.
"""

import json
import os
import sys

records = os.path.abspath(sys.argv[1])
owner = os.getpid()


def write(**record):
    # Opened anew each time: tests close descriptors that are not theirs, and count those that are open.
    if os.getpid() == owner:
        fd = os.open(records, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(fd, (json.dumps(record) + "\n").encode())
        finally:
            os.close(fd)


def watched(result_class):
    """Makes each test's outcome and output, also a passed one's, a record."""
    start, stop = result_class.startTest, result_class.stopTest

    def start_test(self, test):
        self.buffer = True
        self.harm_outcome, self.harm_text = "passed", []
        write(begins=test.id())
        start(self, test)

    def stop_test(self, test):
        written = {"out": self._stdout_buffer, "err": self._stderr_buffer}
        output = {key: stream.getvalue() for key, stream in written.items() if stream is not None}
        text = "\n".join(self.harm_text)
        write(test=test.id(), outcome=self.harm_outcome, text=text, **output)
        stop(self, test)

    def noting(method, outcome):
        inner = getattr(result_class, method)

        def note(self, test, detail=None, *more):
            if method != "addSubTest" or more[0] is not None:
                self.harm_outcome = outcome
                self.harm_text = getattr(self, "harm_text", [])
                error = more[0] if method == "addSubTest" else detail
                if isinstance(error, tuple):
                    error = self._exc_info_to_string(error, test)
                self.harm_text.append(f"{test.id()} {error}")
                if not hasattr(test, "_testMethodName") and method == "addError":
                    # A class or a module that cannot be set up is no test that begins and ends.
                    write(test=test.id(), outcome=outcome, text=str(error))
            given = () if detail is None and method == "addUnexpectedSuccess" else (detail,)
            return inner(self, test, *given, *more)

        setattr(result_class, method, note)

    noting("addError", "error")
    noting("addFailure", "failed")
    noting("addSubTest", "subtest failed")
    noting("addSkip", "skipped")
    noting("addExpectedFailure", "failed as expected")
    noting("addUnexpectedSuccess", "unexpected success")
    result_class.startTest, result_class.stopTest = start_test, stop_test


def without_others():
    """The tests of sys.monitoring demand that nobody listens: shows them what was not there at the start."""
    monitoring = sys.monitoring
    events_of, all_events = monitoring.get_events, monitoring._all_events
    at_start, all_at_start = [events_of(tool) for tool in range(6)], all_events()
    monitoring.get_events = lambda tool: events_of(tool) & ~at_start[tool]
    monitoring._all_events = lambda: {
        name: tools & ~all_at_start.get(name, 0)
        for name, tools in all_events().items()
        if tools & ~all_at_start.get(name, 0)
    }


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != here]
    try:
        from test.libregrtest.testresult import RegressionTestResult
    except ImportError:
        from test.support.testresult import RegressionTestResult
    from test.libregrtest.main import main as regrtest

    if (
        "HARM_MORE_TESTS" in os.environ
    ):  # a folder whose modules count as CPython's: the harness's own tests
        import test

        test.__path__.append(os.environ["HARM_MORE_TESTS"])

    watched(RegressionTestResult)
    if "test_monitoring" in sys.argv:
        without_others()
    sys.argv[1:] = sys.argv[2:]
    regrtest()


if __name__ == "__main__":
    main()
