import os


def work(n):
    return n


before = sorted(os.listdir("."))
os.chmod(".", 0o555)
for n in range(3000):
    work(n)
os.chmod(".", 0o755)
print(before == sorted(os.listdir(".")))
