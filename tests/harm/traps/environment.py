import os, sys

print(sorted(key for key in os.environ if key.startswith("PYTHON") and key != "PYTHONPATH"))
print(sys.argv, sys.orig_argv[1:], sys.flags, sys.path[0] != "", "sitecustomize" in sys.modules)
