"""What counting.py and family.py wrote down of themselves, against what was recorded."""

from __future__ import annotations

import struct

PAGE, DEPTH_BITS = 4096, 16


def read_book(data: bytes, page: int) -> tuple[int, list[int]]:
    """How many calls had begun, and which of them ran."""
    numbers = struct.unpack_from(f"<{PAGE // 8}Q", data, page * PAGE)
    begun, depth = numbers[0] >> DEPTH_BITS, numbers[0] & ((1 << DEPTH_BITS) - 1)
    return begun, list(numbers[1 : depth + 1])


def compare_thread(calls: list[tuple[int, str]], begun: int, stack: list[int]) -> str | None:
    numbers = [number for number, _ in calls]
    if numbers != list(range(1, len(numbers) + 1)):
        return "the calls are not numbered 1, 2, 3, ..."
    if len(numbers) not in (begun, begun + 1):
        return f"{begun} calls had begun, {len(numbers)} are recorded"
    open_calls = [number for number, outcome in calls if outcome == "open"]
    if open_calls[: len(stack)] != stack or len(open_calls) > len(stack) + 1:
        return f"on the stack were {stack}, recorded as open are {open_calls}"
    return None
