"""`python -m breadcrumb` and the script of a wheel: become the program `breadcrumb`."""

import os
import signal
import sys

from . import _program


def main():
    try:
        program = _program()
    except FileNotFoundError as error:
        sys.exit(f"breadcrumb: {error}")
    # Python ignores these for itself, and what is ignored stays so in the programs that are started.
    for name in ("SIGPIPE", "SIGXFSZ"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    os.execv(program, ["breadcrumb", *sys.argv[1:]])


if __name__ == "__main__":
    main()
