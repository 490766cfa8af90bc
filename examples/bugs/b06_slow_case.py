"""Seen: now and then a search takes long. One pattern has no index."""

import time


def scan(pattern):
    time.sleep(0.08)
    return [pattern]


def search(pattern):
    if pattern.startswith("*"):
        return scan(pattern)
    return [pattern]


def main():
    for pattern in ["tea", "milk", "bread", "*jam", "salt", "tea", "oil", "rice"]:
        print(search(pattern))


main()
