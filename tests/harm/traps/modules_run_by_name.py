import os, runpy, sys

with open("part.py", "w") as file:
    file.write(
        "import sys\ndef f(): return __name__\nprint(f(), sys.argv, __file__[-7:], __package__, __spec__)\n"
    )
os.mkdir("package")
with open("package/__main__.py", "w") as file:
    file.write("from . import thing\nprint(__name__, __package__, thing.f(), __spec__.name)\n")
with open("package/thing.py", "w") as file:
    file.write("def f(): return __name__\n")
sys.dont_write_bytecode = True
sys.path.insert(0, os.getcwd())
print(sorted(runpy.run_path("part.py"))[-2:])
runpy.run_module("package", run_name="__main__", alter_sys=True)
for name in ("part.py", "package/__main__.py", "package/thing.py"):
    os.unlink(name)
os.rmdir("package")
