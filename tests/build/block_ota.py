"""Writes block-based updates: a transfer list and the data it moves."""

from __future__ import annotations

from collections.abc import Sequence

BLOCK = 4096


def ranges(*numbers: int) -> str:
    """A list of ranges as a transfer list has it."""
    return ",".join(map(str, (len(numbers), *numbers)))


def transfer_list(commands: Sequence[str], *, version: int = 4, blocks: int = 0) -> bytes:
    """The list of *commands*."""
    head = [str(version), str(blocks)] + (["0", "0"] if version > 1 else [])
    return "".join(f"{line}\n" for line in (*head, *commands)).encode()


def update(raw: bytes, *, version: int = 4) -> tuple[bytes, bytes]:
    """The list and the data that make *raw*, a number of whole blocks: later blocks come first."""
    total = len(raw) // BLOCK
    blocks = [raw[at : at + BLOCK] for at in range(0, len(raw), BLOCK)]
    used = [number for number in range(total) if any(blocks[number])]
    empty = [number for number in range(total) if not any(blocks[number])]
    commands = [f"erase {ranges(0, total)}"] if total else []
    half = len(used) // 2
    data = bytearray()
    for numbers in (used[half:], used[:half]):
        pairs = [edge for number in numbers for edge in (number, number + 1)]
        merged = _merged(pairs)
        if merged:
            commands.append(f"new {ranges(*merged)}")
            data += b"".join(blocks[number] for number in numbers)
    if empty:
        commands.append(f"zero {ranges(*_merged([edge for n in empty for edge in (n, n + 1)]))}")
    return transfer_list(commands, version=version, blocks=len(used)), bytes(data)


def _merged(pairs: list[int]) -> list[int]:
    merged: list[int] = []
    for start, end in zip(pairs[::2], pairs[1::2], strict=True):
        if merged and merged[-1] == start:
            merged[-1] = end
        else:
            merged += (start, end)
    return merged
