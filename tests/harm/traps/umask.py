import os

print(oct(os.umask(0)))


def f():
    return 1


f()
open("made", "w").close()
print(oct(os.stat("made").st_mode))
os.unlink("made")
