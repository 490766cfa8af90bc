import inspect


def steps():
    received = []
    try:
        while True:
            try:
                received.append((yield len(received)))
            except KeyError as error:
                received.append(error.args)
    finally:
        print("closing", received)


made = steps()
print(
    inspect.getgeneratorstate(made),
    next(made),
    made.send("a"),
    made.throw(KeyError("k")),
    made.send("b"),
)
print(inspect.getgeneratorstate(made), made.close(), inspect.getgeneratorstate(made), made.gi_frame)


def stubborn():
    while True:
        try:
            yield 1
        except GeneratorExit:
            pass


made = stubborn()
next(made)
try:
    made.close()
except RuntimeError as error:
    print(error)


def result():
    yield 1
    return "value"


def outer():
    print((yield from result()))


print(list(outer()), made.gi_yieldfrom, sum(n for n in range(5)))
never = steps()
del never
print("end")
