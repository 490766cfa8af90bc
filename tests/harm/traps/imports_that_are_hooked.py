import importlib.abc, importlib.machinery, sys, types

log = []


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        log.append(name)
        if name == "made_up":
            return importlib.machinery.ModuleSpec(name, self)

    def create_module(self, spec):
        return types.ModuleType("made_up")

    def exec_module(self, module):
        exec("def f(): return __name__", vars(module))


def work():
    import made_up

    return made_up.f()


sys.meta_path.insert(0, Finder())
print(work(), work(), log)
import asyncio

print("ctypes" in sys.modules, len([name for name in log if name.startswith("asyncio")]) > 5)
