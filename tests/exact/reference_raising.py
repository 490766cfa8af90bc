"""Small programs that raise: see reference_programs.py."""

from __future__ import annotations

PROGRAMS: dict[str, str] = {}

PROGRAMS["exceptions_causes"] = """
class Low(Exception):
    pass

class Middle(Exception):
    pass

class High(Exception):
    pass

def low(x):
    raise Low("low", x)

def middle(x):
    try:
        low(x)
    except Low as error:
        raise Middle("middle") from error

def high(x):
    try:
        middle(x)
    except Middle:
        raise High("while handling")

def hidden():
    try:
        low(2)
    except Low:
        raise High("alone") from None

def main():
    for function in (lambda: high(1), hidden):
        try:
            function()
        except High:
            pass

main()
"""

PROGRAMS["exceptions_reraised"] = """
def fails():
    raise KeyError("lost")

def bare():
    try:
        fails()
    except KeyError:
        raise

def named():
    try:
        bare()
    except KeyError as error:
        raise error

def lastly():
    try:
        named()
    finally:
        cleanup()

def cleanup():
    return None

def wrong_type():
    try:
        lastly()
    except (ValueError, TypeError):
        return "never"

def main():
    kept = None
    try:
        wrong_type()
    except LookupError as error:
        kept = error
    try:
        raise kept
    except KeyError:
        return "twice"

main()
"""

PROGRAMS["exceptions_swallowed"] = """
def fails(n):
    return 1 / n

def swallow():
    try:
        return fails(0)
    finally:
        return "swallowed"

def in_loop():
    got = 0
    for n in (0, 1, 0):
        try:
            fails(n)
        except ZeroDivisionError:
            continue
        got += 1
    return got

def nested():
    try:
        try:
            fails(0)
        except ZeroDivisionError:
            {}["missing"]
    except KeyError:
        return "inner"

def from_c():
    try:
        int("x")
    except ValueError:
        pass
    try:
        next(iter([]))
    except StopIteration:
        pass
    return getattr(object(), "nothing", "default")

swallow(), in_loop(), nested(), from_c()
"""

PROGRAMS["exceptions_unhandled"] = """
class Fatal(Exception):
    pass

def inner(x):
    raise Fatal("the end", x)

def outer(x):
    try:
        inner(x)
    except ValueError:
        pass

outer([1, 2])
"""

PROGRAMS["exceptions_groups"] = """
def check(n):
    if n % 2:
        raise ValueError(n)
    raise TypeError(n)

def gather(n):
    found = []
    for i in range(n):
        try:
            check(i)
        except Exception as error:
            found.append(error)
    raise ExceptionGroup("all", found)

def main():
    try:
        gather(2)
    except* ValueError:
        pass
    except* TypeError:
        pass

main()
"""
