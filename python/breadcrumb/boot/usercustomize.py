# A second chance, where somebody else's sitecustomize stands before ours: Python then asks for this one if it has a
# user site. Where our sitecustomize ran, this folder is off the path.
with open(__file__.rpartition("/")[0] + "/sitecustomize.py") as _file:
    exec(_file.read())
