import marshal, zlib


def work(n, *more, key=1, **named):
    try:
        return [i for i in range(n) if i % 2] + list(more)
    finally:
        key += 1


def facts(code):
    inner = tuple(facts(one) for one in code.co_consts if hasattr(one, "co_code"))
    return (
        zlib.crc32(code.co_code),
        zlib.crc32(code.co_linetable),
        code.co_flags,
        code.co_stacksize,
        code.co_names,
        code.co_varnames,
        zlib.crc32(marshal.dumps(code)),
        list(code.co_lines()),
        hash(code) == hash(code.replace()),
        inner,
    )


before = facts(work.__code__)
for n in range(200):
    work(n % 5)
print(before == facts(work.__code__), before)
print(
    work.__code__ == work.__code__.replace(),
    work.__code__ == work.__code__.replace(co_name="other"),
)
