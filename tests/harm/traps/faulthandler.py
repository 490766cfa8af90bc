import faulthandler, sys

faulthandler.enable()


def f():
    faulthandler.dump_traceback(all_threads=False)


f()
print(faulthandler.is_enabled())
