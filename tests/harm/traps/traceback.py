import traceback


def inner():
    raise KeyError("k")


def outer():
    try:
        inner()
    except KeyError as e:
        raise ValueError("v") from e


try:
    outer()
except ValueError:
    print(traceback.format_exc())
outer()
