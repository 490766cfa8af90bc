"""Seen: it never ends. A retry waits for a state that cannot come."""

import time


def poll(job, state):
    time.sleep(0.05)
    return "failed" if job == 7 else state


def wait_for(job, state):
    while poll(job, state) != state:
        pass
    return state


def main():
    for job in (1, 3, 7):
        print(job, wait_for(job, "done"), flush=True)


main()
