import sys, traceback


def spread(
    a,
    b,
):
    return a / b


def again():
    try:
        spread(
            1,
            0,
        )
    except ZeroDivisionError:
        raise
    finally:
        len("x")


def wrapped():
    try:
        again()
    except ZeroDivisionError as error:
        kept = error
    raise kept


for _ in range(3):
    try:
        wrapped()
    except ZeroDivisionError as error:
        trace, found = error.__traceback__, []
        while trace:
            found.append((trace.tb_frame.f_code.co_name, trace.tb_lineno))
            trace = trace.tb_next
        print(found)
        traceback.print_exc(file=sys.stdout)
wrapped()
