import sys, inspect


def chain():
    frame, names = sys._getframe(), []
    while frame:
        names.append((frame.f_code.co_name, frame.f_lineno))
        frame = frame.f_back
    return names


print(chain(), len(inspect.stack()), sys.gettrace(), sys.getprofile())
