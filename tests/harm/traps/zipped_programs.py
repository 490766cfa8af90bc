import os, subprocess, sys, zipfile

with zipfile.ZipFile("app.zip", "w") as file:
    file.writestr("__main__.py", "import part\nprint(part.f(1), part.__file__[-12:])\npart.f(0)\n")
    file.writestr("part.py", "def f(n):\n    return 1 / n\n")
done = subprocess.run([sys.executable, "app.zip"], capture_output=True, text=True)
print(done.returncode, done.stdout, done.stderr)
os.unlink("app.zip")
