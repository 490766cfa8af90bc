log = []


def gen(n):
    try:
        yield n
    finally:
        log.append(n)


def main():
    kept = [gen(1), gen(2)]
    for one in kept:
        next(one)
    del one
    kept.pop()
    log.append("popped")


main()
print(log)
