class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    def __getattribute__(self, name):
        if name == "args":
            raise RuntimeError("no args")
        return super().__getattribute__(name)


class Sly(BaseException):
    pass


def fails(kind):
    raise kind("x")


for kind in (Mute, Sly, GeneratorExit, StopIteration, SystemExit, KeyboardInterrupt):
    try:
        fails(kind)
    except BaseException as error:
        print(type(error).__name__, error.__traceback__.tb_lineno)
fails(Mute)
