"""Tensors: torch's own where it is installed, and everywhere an object that has what torch's have, or nearly."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

import pytest
from value_decode import REDACTED, Cut, Obj
from value_subject import Harness, Table

# Objects laid out by hand as torch 2.2, 2.9 and 2.15 lay theirs out, with any part of it wrong.
STAND_IN = """
import ctypes, random, struct, sys
class Tensor(harness.TensorBase): pass
class Parameter(Tensor): pass
class Sub(Tensor): pass
class Lone: pass
Tensor.__module__ = Lone.__module__ = "torch"; Tensor.__qualname__ = Lone.__qualname__ = Lone.__name__ = "Tensor"
Parameter.__module__ = "torch.nn.parameter"; Parameter.__qualname__ = "Parameter"
kept = []
def memory(data):
    "Its address; it stays."
    kept.append(ctypes.create_string_buffer(data, len(data)))
    return ctypes.addressof(kept[-1])
KEYS = {2: 0x25000008001, 9: 0x12800010001, 15: 0x9400010001}
def tensor(sizes=(2, 3), strides=None, data=struct.pack("6f", *range(6)), release=15, kind=Tensor, **odd):
    t = kind()
    if strides is None:
        strides, step = [], 1
        for size in reversed(sizes):
            strides.insert(0, step); step *= size
    count = 1
    for size in sizes: count *= size
    at = memory(data)
    two = [7, 7] if release == 2 else [7]  # counters, behind the virtual table
    size = odd.get("size", len(data))
    device = struct.pack("<bb", odd.get("storage_device", 0), -1)
    storage = struct.pack(f"<{1 + len(two)}Q", 1, *two) + struct.pack("<QQQ2s6xQB7x", odd.get("address", at), 5,
        odd.get("context", odd.get("address", at)), device, size, odd.get("far", 0))
    where = odd.get("storage", memory(storage))
    dims = [*sizes, *[0] * (5 - len(sizes)), *strides, *[0] * (5 - len(strides))]
    if len(sizes) > 5:
        dims = [odd.get("dims", memory(struct.pack(f"<{2 * len(sizes)}q", *sizes, *strides))), *[0] * 9]
    self = id(t) + odd.get("self", 0)
    body = struct.pack(f"<{1 + len(two)}Q", 1, *two) + struct.pack("<QQQQ", where, 0, 0, 0)
    body += struct.pack("<Q", self) if release == 15 else struct.pack("<QQ", 3, self)
    body += struct.pack("<Q10qqq", odd.get("ndim", len(sizes)), *dims, odd.get("offset", 0), odd.get("count", count))
    body += struct.pack("<HbbB3sQ", odd.get("dtype", 6), odd.get("device", 0), odd.get("index", -1),
        odd.get("has", 1), odd.get("flags", 0x141).to_bytes(3, "little"), odd.get("keys", KEYS[release]))
    body = odd.get("body", lambda b: b)(body)
    setattr(t, "first" if release == 15 else "second", odd.get("at", memory(body + bytes(8))))
    return t
gone = 0x7f0000000000 - 4096  # an address where nothing is
named = tensor(); named.note = "n"; named.password = "hunter2"
"""


def told(shape: list[int], *values: object, dtype: str = "float32", device: str = "cpu") -> Obj:
    head = (("shape", shape), ("dtype", f"torch.{dtype}"), ("device", device))
    return Obj("torch.Tensor", (*head, ("values", list(values))) if values else head)


SIX = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
PLAIN = told([2, 3], *SIX)
CLOSED = told([2, 3])  # no elements are shown
NOTHING = Obj("torch.Tensor")  # nor anything else
stand_in = Table("import harness" + STAND_IN, max_bytes=4000)
stand_in.cases = {
    "tensor()": PLAIN,
    "tensor(release=2)": PLAIN,
    "tensor(release=9)": PLAIN,
    "tensor(keys=0x8000010001)": PLAIN,  # inference mode
    "tensor(kind=Parameter)": Obj("torch.nn.parameter.Parameter", PLAIN.attributes),
    "tensor((), data=struct.pack('f', 1.5))": told([], 1.5),
    "tensor((3, 2), (1, 3))": told([3, 2], 0.0, 3.0, 1.0, 4.0, 2.0, 5.0),
    "tensor((2,), (2,), offset=1)": told([2], 1.0, 3.0),
    "tensor((3,), (0,))": told([3], 0.0, 0.0, 0.0),
    "tensor((1, 1, 2, 1, 1, 3))": told([1, 1, 2, 1, 1, 3], *SIX),
    "tensor((0, 3))": told([0, 3]),
    "tensor((2,), data=struct.pack('2q', 1, -2), dtype=4)": told([2], 1, -2, dtype="int64"),
    "tensor((2,), data=bytes([1, 0]), dtype=11)": told([2], True, False, dtype="bool"),
    "tensor((1,), data=struct.pack('2f', 1, -2), dtype=9)": told([1], 1 - 2j, dtype="complex64"),
    r"tensor((2,), data=b'\xc0\x3f\x80\xff', dtype=15)": told(
        [2], 1.5, float("-inf"), dtype="bfloat16"
    ),
    "tensor(flags=0x8003fd)": PLAIN,
    "tensor(device=1, index=3)": told([2, 3], device="cuda:3"),
    "tensor(device=14)": told([2, 3], device="meta"),
    # Elements that mean something else, or lie where nobody may look.
    "tensor(keys=0x9480010001)": CLOSED,  # conjugated
    "tensor(keys=0x9400100001, dtype=13)": told([2, 3], dtype="quint8"),
    "tensor(flags=0x143)": CLOSED,
    "tensor(dtype=24)": told([2, 3], dtype="float8_e4m3fn"),
    "tensor(storage=0)": CLOSED,
    "tensor(storage=gone)": CLOSED,
    "tensor(storage=8)": CLOSED,
    "tensor(address=0)": CLOSED,
    "tensor(context=1)": CLOSED,  # somebody else's memory
    "tensor(storage_device=1)": CLOSED,
    "tensor(far=1)": CLOSED,
    # Not what it should be.
    "tensor(self=16)": NOTHING,
    "tensor(at=0)": NOTHING,
    "tensor(at=gone)": NOTHING,
    "tensor(at=12345)": NOTHING,
    "tensor(at=2**64 - 8)": NOTHING,
    "tensor(body=lambda b: b[8:])": NOTHING,
    "tensor(count=7)": NOTHING,
    "tensor(ndim=65)": NOTHING,
    "tensor(ndim=2**63)": NOTHING,
    "tensor((-2, -3))": NOTHING,
    "tensor((2**40, 2**40), (1, 1), count=0)": NOTHING,
    "tensor((1, 1, 2, 1, 1, 3), dims=gone)": NOTHING,
    "tensor(dtype=47)": NOTHING,
    "tensor(device=21)": NOTHING,
    "tensor(device=-1)": NOTHING,
    "tensor(index=-2)": NOTHING,
    "tensor(has=0)": NOTHING,
    "tensor(keys=0)": NOTHING,
    "tensor(flags=0x541)": NOTHING,  # strides, sizes, device or layout are answered by somebody else
    "tensor(flags=0x1141)": NOTHING,
    "tensor(flags=0x8141)": NOTHING,
    "tensor(flags=0x10141)": NOTHING,
    "tensor(flags=0x200141)": NOTHING,
    "tensor(kind=Sub)": Obj("subject.Sub"),  # may answer anything
    "Lone()": NOTHING,  # has torch's name, and is not built on its class
    "Tensor()": NOTHING,
}


def test_stand_ins(harness: Harness) -> None:
    stand_in.check(harness)
    # Elements that could not be read, or lie outside, are left out as those that are too many are.
    beyond = ["tensor(address=gone)", "tensor(size=23)", "tensor((2,), offset=-1)", "tensor((9,))"]
    for one in harness.encode("import harness" + STAND_IN, beyond):
        name, values = one.attributes[-1]
        assert name == "values" and isinstance(values, Cut) and list(values.kept) == [], one
    more = ["tensor((20,), data=bytes(80))", "tensor((20,), (2,), data=bytes(160))"]
    for one in harness.encode("import harness" + STAND_IN, more):
        assert one.attributes[-1] == ("values", Cut([0.0] * 10, 20)), one
    (named,) = harness.encode("import harness" + STAND_IN, ["named"], max_bytes=4000)
    assert named == Obj("torch.Tensor", (*PLAIN.attributes, ("note", "n"), ("password", REDACTED)))


def test_nothing_but_the_truth_makes_a_tensor(harness: Harness) -> None:
    """Any word of it may be anything: no crash, and never more than was there; whatever the limits are."""
    harness.run(
        STAND_IN
        + """
random.seed(4)
good = show(tensor())
words = [0, 1, 7, 8, 2**31, 2**32 - 1, 2**47, 2**63, 2**64 - 1, gone, id(good)]
for release in (2, 9, 15):
    for n in range(3000):
        def spoil(body):
            body = bytearray(body)
            for _ in range(random.choice((1, 1, 2, 5))):
                at = random.randrange(0, len(body) - 8)
                body[at:at + 8] = random.choice((random.choice(words), random.getrandbits(64))).to_bytes(8, "little")
            return bytes(body)
        one = tensor(body=spoil, release=release, sizes=random.choice([(2, 3), (1, 2, 1, 3, 1, 1)]))
        harness.probe(one)
        del kept[:]
wide, long = tensor((1,) * 64, data=bytes(4)), tensor((40,), (2,), bytes(320))
for size in [*range(9, 200), 1024]:
    for depth in (0, 1, 2, 3):
        for one in (tensor(), named, [[named]], wide, {"a": long}):
            harness.limit(max_bytes=size, max_depth=depth)
            made = harness.encode(one)
            assert len(made) <= size + 32
            decode(made, harness.types())
"""
    )


def test_the_program_keeps_its_errors(harness: Harness) -> None:
    harness.run(
        STAND_IN
        + """
lost, fine = tensor(at=gone), tensor()
before = sys.getrefcount(lost), sys.getrefcount(fine)
for one in (lost, fine, tensor(storage=gone), tensor(address=gone)):
    error = ValueError("mine")
    try: harness.probe_raising(one, error)
    except ValueError as e: assert e is error
    else: raise SystemError
    for _ in range(50): harness.probe(one)
del one
assert before == (sys.getrefcount(lost), sys.getrefcount(fine))
where = ctypes.CDLL(None).__errno_location
where.restype = ctypes.POINTER(ctypes.c_int)
where()[0] = 77
for one in (lost, fine): harness.probe(one)
assert where()[0] == 77
"""
    )


@pytest.fixture
def torch(harness_for: Callable[..., Harness]) -> Harness:
    """BREADCRUMB_TORCH_PYTHON names an interpreter with torch: a package too large to be fetched for each run."""
    python = os.environ.get("BREADCRUMB_TORCH_PYTHON", "")
    if not python:
        pytest.skip("set BREADCRUMB_TORCH_PYTHON to a Python that has torch")
    subprocess.run([python, "-c", "import torch"], check=True, capture_output=True)
    return harness_for(python)


TORCH = """
import warnings; warnings.simplefilter("ignore")
import torch
def raising(*args, **more): raise SystemError
class Sub(torch.Tensor):
    __torch_function__ = classmethod(raising)
def seen_by(transform, *args):
    seen = []
    transform(lambda x: seen.append(x) or (x * x).sum())(*args)
    return seen[0]
inference = torch.inference_mode()(lambda: torch.ones(2))()
shared = torch.ones(3).share_memory_()
from torch.overrides import TorchFunctionMode
class Loud(TorchFunctionMode):
    def __torch_function__(self, *args, **more): raise SystemError
"""
of_torch = Table(TORCH, max_bytes=4000)
of_torch.cases = {
    "torch.arange(6.).reshape(2, 3)": PLAIN,
    "torch.arange(6.).reshape(2, 3).t()": told([3, 2], 0.0, 3.0, 1.0, 4.0, 2.0, 5.0),
    "torch.arange(12).reshape(3, 4)[1:, ::2]": told([2, 2], 4, 6, 8, 10, dtype="int64"),
    "torch.ones(1, 1, 1, 1, 1, 2)": told([1, 1, 1, 1, 1, 2], 1.0, 1.0),
    "torch.tensor(5)": told([], 5, dtype="int64"),
    "torch.tensor([True, False])": told([2], True, False, dtype="bool"),
    "torch.tensor([1.5], dtype=torch.bfloat16)": told([1], 1.5, dtype="bfloat16"),
    "torch.tensor([1.5], dtype=torch.float16)": told([1], 1.5, dtype="float16"),
    "torch.tensor([1 + 2j])": told([1], 1 + 2j, dtype="complex64"),
    "torch.ones(2, requires_grad=True)": told([2], 1.0, 1.0),
    "torch.ones(2, requires_grad=True) * 2": told([2], 2.0, 2.0),
    "torch.nn.Parameter(torch.ones(2))": Obj(
        "torch.nn.parameter.Parameter", told([2], 1.0, 1.0).attributes
    ),
    "inference": told([2], 1.0, 1.0),
    "torch.empty(0, 3)": told([0, 3]),
    "torch.empty(2, 3, device='meta')": told([2, 3], device="meta"),
    "torch.tensor([1 + 2j]).conj()": told([1], dtype="complex64"),
    "torch.tensor([1 + 2j]).conj().imag": told([1]),
    "torch._efficientzerotensor(3)": told([3]),
    "torch.quantize_per_tensor(torch.ones(3), .1, 0, torch.quint8)": told([3], dtype="quint8"),
    "torch.frombuffer(bytearray(8), dtype=torch.int32)": told([2], dtype="int32"),
    "shared": told([3]),
    "seen_by(torch.func.grad, torch.ones(3))": told([3]),
    "seen_by(torch.vmap, torch.ones(4, 3))": NOTHING,
    "torch.eye(3).to_sparse()": NOTHING,
    "torch.eye(3).to_sparse_csr()": NOTHING,
    "torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])": NOTHING,
    "torch._to_functional_tensor(torch.ones(3))": NOTHING,
    "torch.ones(3).as_subclass(Sub)": Obj("subject.Sub"),
    "torch.nn.UninitializedParameter()": Obj("torch.nn.parameter.UninitializedParameter"),
}


def test_torch(torch: Harness) -> None:
    of_torch.check(torch)


def test_torch_says_the_same(torch: Harness) -> None:
    """Each dtype by torch's own name; nothing of torch's runs, also under a mode that raises; nothing is kept."""
    torch.run(
        TORCH
        + """
for dtype in {one for one in vars(torch).values() if isinstance(one, torch.dtype)}:
    try: one = torch.empty(2, 2, dtype=dtype)
    except RuntimeError: continue
    head = dict(show(one, max_bytes=4000).attributes)
    assert (head["shape"], head["dtype"], head["device"]) == ([2, 2], str(dtype), "cpu"), (dtype, head)
things = [torch.ones(2, 3), torch.nn.Linear(2, 2), torch.ones(2).as_subclass(Sub), shared]
told = show(torch.ones(3), max_bytes=1024)
assert len(told.attributes) == 4, told
with Loud():
    for one in things: harness.probe(one)
before = [sys.getrefcount(one) for one in things]
versions = things[0]._version, shared._version
for _ in range(100):
    for one in things: harness.probe(one)
assert before == [sys.getrefcount(one) for one in things]
assert versions == (things[0]._version, shared._version)
for one in [torch.ones(3) for _ in range(20000)]: assert show(one) == told
from torch._subclasses import FakeTensorMode
from torch.fx.experimental.symbolic_shapes import ShapeEnv
for mode in (FakeTensorMode(), FakeTensorMode(shape_env=ShapeEnv())):
    names = [name for name, _ in show(mode.from_tensor(torch.ones(5, 3)), max_bytes=4000).attributes]
    assert "shape" not in names and "values" not in names, names
"""
    )
