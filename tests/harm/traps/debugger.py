import bdb


class Quiet(bdb.Bdb):
    def user_line(self, frame):
        log.append(frame.f_lineno)


log = []


def f():
    a = 1
    return a


Quiet().runcall(f)
print(log)
