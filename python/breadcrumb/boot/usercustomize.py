# A second chance: somebody else's sitecustomize stands before ours and does not run it. Where Python has a user site it
# then asks for usercustomize, which is this one; it starts the recorder and runs the one that it hides.
# Where our sitecustomize ran, this folder is off the path.


def _boot():

    here = __file__.rpartition("/")[0]
    path = here + "/sitecustomize.py"
    names = {"__name__": "breadcrumb.boot", "__file__": path, "__spec__": __spec__}
    with open(path) as file:
        exec(file.read(), names)
    names["_boot"]("usercustomize")


if __name__ == "usercustomize":
    try:
        _boot()
    finally:
        globals().clear()
