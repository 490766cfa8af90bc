def call(space):
    exec("def f(n): return n + 1", space)
    return space["f"](1)


class Space(dict):
    def __getitem__(self, key):
        return dict.__getitem__(self, key)


print(call({}), call({"__name__": 5}), call({"__name__": None}), call({"__name__": "x" * 3000}))
print(call({"__builtins__": {}}), call({"__name__": "\ud800"}), eval("(lambda: 3)()", Space()))
namespace = {"__name__": "a.b", "__file__": "/none", "__builtins__": {"__import__": None}}
print(call(namespace), sorted(namespace))
