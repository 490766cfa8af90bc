import io, os, sys


def write(n):
    sys.stdout.write(f"{n} ")
    if n % 100 == 0:
        sys.stdout.flush()
        os.write(1, b"|")
    return n


for n in range(500):
    write(n)
sys.stderr.write("half a line")
sys.stdout = io.StringIO()
write(1)
sys.stdout = None
print("nowhere")
sys.stdout = sys.__stdout__
sys.stdout.close()
