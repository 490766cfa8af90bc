# `opentelemetry-instrument` puts its own sitecustomize in front of ours, which is then never run. But it calls what the
# distributions on the path have registered (breadcrumb_boot.dist-info). Where ours ran, this folder is off the path.
import sys


def start():
    here = __file__.rpartition("/")[0]
    names = dict(globals(), __name__="breadcrumb.boot")
    sys.modules.pop("breadcrumb_boot", None)
    try:
        with open(here + "/sitecustomize.py") as file:
            exec(file.read(), names)
        names["_shadowed"](sys, here, "sitecustomize")
        names["_start"](sys, here)
    except Exception:  # the program runs on without being recorded
        pass
