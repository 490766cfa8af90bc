"""Descriptors: the next one that is opened has the number it would have had."""

import os
import resource


def main():
    first = os.open(os.devnull, os.O_RDONLY)
    print("next", first, "open", len(os.listdir("/proc/self/fd")))
    os.close(first)
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    opened = []
    try:
        while True:
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        print(len(opened), error)
    os.closerange(3, 1000)
    with open("own.txt", "w") as file:
        for number in range(1000):
            file.write(f"{note(number)}\n")
    with open("own.txt") as file:
        print(file.read() == "".join(f"{number}\n" for number in range(1000)))
    os.unlink("own.txt")


def note(number):
    return number


main()
