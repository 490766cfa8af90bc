import os, shutil

os.mkdir("gone")
os.chdir("gone")
os.rmdir("../gone")


def f():
    return 1


print(f())
try:
    os.getcwd()
except FileNotFoundError:
    print("no folder")
