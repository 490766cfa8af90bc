"""Standard input, and streams that are closed."""

import os
import sys


def main():
    print(repr(sys.stdin.read()), sys.stdin.isatty(), sys.stdout.encoding)
    os.close(0)
    print(os.open(os.devnull, os.O_RDONLY))
    sys.stderr.write("words on stderr\n")
    sys.stderr.flush()
    os.close(2)
    raise SystemExit(9)


main()
