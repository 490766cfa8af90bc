"""What lies in the working directory, and what is imported from it."""

import os
import sys
import tempfile


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        print(os.listdir("."))
        with open("fresh_module.py", "w") as file:
            file.write("value = 5\n")
        sys.path.insert(0, folder)
        import fresh_module

        print(fresh_module.value, oct(os.umask(0o22)))
        pid = os.fork()
        if pid == 0:
            os._exit(len(os.listdir(".")))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        os.chdir("/")
    print(os.path.exists(folder))


main()
