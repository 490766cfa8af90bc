import sys


def inner():
    return sys.exc_info()[1]


def steps():
    try:
        yield inner()
        raise KeyError("in the generator")
    except KeyError as error:
        yield error.__context__, inner()
    yield inner()


def main():
    made = steps()
    try:
        raise ValueError("outside")
    except ValueError:
        first = next(made)
        second = next(made)
    third = next(made)
    return repr((first, second, third, inner()))


print(main())


class Manager:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        raise OSError("exit") from error


try:
    with Manager():
        raise KeyError("body")
except OSError as error:
    print(repr(error.__cause__), repr(error.__context__), error.__suppress_context__)
