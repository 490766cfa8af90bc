# The second way in. `opentelemetry-instrument` puts its own sitecustomize in front of ours, and that one does not go on
# to the next: ours is never run. But it calls what distributions on the path have registered for it, so there is one in
# this folder (breadcrumb_boot.dist-info); where our sitecustomize has run, nobody sees it: the folder is off the path.
import sys


def start():
    here = __file__.rpartition("/")[0]
    sys.modules.pop("breadcrumb_boot", None)
    sys.path[:] = [entry for entry in sys.path if entry != here]
    sys.path_importer_cache.pop(here, None)
    path = here + "/sitecustomize.py"
    names = {"__name__": "breadcrumb.boot", "__file__": path, "__spec__": __spec__}
    try:
        with open(path) as file:
            exec(compile(file.read(), path, "exec"), names)
        names["_start"](sys, here)
    except Exception:  # the program runs on without being recorded
        pass
    finally:
        names.clear()
