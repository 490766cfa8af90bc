import io, itertools, mmap


def take(*values):
    return values


numbers, letters = iter(range(5)), (c for c in "abc")
stream, lines = io.StringIO("one\ntwo\n"), open(__file__)
zipped, counted = zip([1, 2], "ab"), itertools.count(7)
take(
    numbers,
    letters,
    stream,
    lines,
    zipped,
    counted,
    map(str, [1]),
    enumerate("x"),
    reversed([1, 2]),
)
print(list(numbers), list(letters), stream.tell(), lines.tell(), list(zipped), next(counted))
lines.close()
area = mmap.mmap(-1, 10)
view = memoryview(area)
take(area, view)
view.release()
area.close()
take(area, view, lines)
print(area.closed, lines.closed)
