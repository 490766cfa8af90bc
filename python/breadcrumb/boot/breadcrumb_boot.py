# `opentelemetry-instrument` puts its own sitecustomize in front of ours, which is then never run. But it calls what the
# distributions on the path have registered (breadcrumb_boot.dist-info). Where ours ran, this folder is off the path.
import sys


def start():
    here = __file__.rpartition("/")[0]
    path = here + "/sitecustomize.py"
    names = {"__name__": "breadcrumb.boot", "__file__": path, "__spec__": __spec__}
    sys.modules.pop("breadcrumb_boot", None)
    try:
        with open(path) as file:
            exec(file.read(), names)
        names["_shadowed"](sys, here, "sitecustomize")
        names["_start"](sys, here)
    except Exception:  # the program runs on without being recorded
        pass
