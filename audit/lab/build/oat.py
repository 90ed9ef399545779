"""Writes compiled code of Android 5 to 8: ELF files of both classes with ``oatdata``; and Dalvik's odex.

Source: AOSP art/runtime/oat.h and oat_file.cc of android-5.0.0 (039), 6.0.0 (064), 7.0.0 (079), 8.0.0 (124).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from audit.lab.build.dex import write_dex

_PAGE = 4096
_STORE = b"dex2oat-cmdline\0--runtime-arg\0"


def write_oat(
    files: Sequence[Iterable[str]],
    *,
    version: int = 79,
    wide: bool = True,
    symbols: bool = True,
    extra: int = 0,
    classes: int = 1,
) -> bytes:
    """An oat with one dex for each list of strings.

    wide: ELF64, else ELF32; symbols: False = stripped; extra: words some makers put into each table entry
    classes: how many each dex says it has, which decides the length of its table entry
    """
    return elf(
        _oatdata([_with(write_dex(strings), classes) for strings in files], version, extra),
        wide=wide,
        symbols=symbols,
    )


def write_odex(strings: Iterable[str]) -> bytes:
    """An odex of Android 4.4 and before."""
    dex = write_dex(strings)
    return b"dey\n036\0" + struct.pack("<8I", 40, len(dex), 40 + len(dex), 0, 40 + len(dex), 0, 0, 0) + dex


def _oatdata(dexes: Sequence[bytes], version: int, extra: int) -> bytes:
    words = 19 if version < 64 else 17 if version >= 131 else 16
    header = [0] * words
    header[1], header[3], header[-1] = 2, len(dexes), len(_STORE)
    head = b"oat\n%03d\0" % version + struct.pack(f"<{words}I", *header) + _STORE
    names = [b"/system/app/A/A.apk" + (b":classes%d.dex" % (n + 1) if n else b"") for n in range(len(dexes))]
    # What follows an entry: a word for each class, or the offsets of two tables.
    after = [4 * extra + (8 if version >= 79 else 4 * _classes(dex)) for dex in dexes]
    table = sum(4 + len(name) + 8 for name in names) + sum(after)
    at = len(head) + table
    at += -at % 4
    body, places = b"", []
    for dex in dexes:
        places.append(at + len(body))
        body += dex + bytes(-len(dex) % 4)
    rows = b""
    for name, place, dex, more in zip(names, places, dexes, after, strict=True):
        inside = place if version <= 88 else 8
        rows += struct.pack("<I", len(name)) + name + dex[8:12] + struct.pack("<I", inside) + bytes(more)
    data = head + rows
    return data + bytes(-len(data) % 4) + (body if version <= 88 else b"")


def _with(dex: bytes, classes: int) -> bytes:
    return dex[:96] + classes.to_bytes(4, "little") + dex[100:]


def _classes(dex: bytes) -> int:
    return int.from_bytes(dex[96:100], "little")


def elf(oatdata: bytes, *, wide: bool = True, symbols: bool = True) -> bytes:
    """A shared library whose second page begins with *oatdata*, which a dynamic symbol names."""
    strings, section_names = b"\0oatdata\0oatlastword\0", b"\0.dynsym\0.dynstr\0.rodata\0.shstrtab\0"
    entry = "<IBBHQQ" if wide else "<IIIBBH"

    def symbol(name: int, value: int, size: int) -> bytes:
        fields = (name, 0x11, 0, 3, value, size) if wide else (name, value, size, 0x11, 0, 3)
        return struct.pack(entry, *fields)

    base = 0x70000000
    last = base + _PAGE + len(oatdata) - 4
    table = symbol(0, 0, 0) + symbol(1, base + _PAGE, len(oatdata)) + symbol(9, last, 4)
    header, segment = (64, 56) if wide else (52, 32)
    table_at = header + segment
    strings_at = table_at + len(table)
    names_at = _PAGE + len(oatdata)
    sections_at = names_at + len(section_names)
    sections_at += -sections_at % 8
    sections = [
        (0, 0, 0, 0, 0, 0, 0),
        (1, 11, base + table_at, table_at, len(table), 2, struct.calcsize(entry)),
        (9, 3, base + strings_at, strings_at, len(strings), 0, 0),
        (17, 1, base + _PAGE, _PAGE, len(oatdata), 0, 0),
        (25, 3, 0, names_at, len(section_names), 0, 0),
    ]
    shape = "<IIQQQQIIQQ" if wide else "<10I"
    rows = b"".join(
        struct.pack(shape, name, kind, 2 if address else 0, address, at, size, link, 0, 8, each)
        for name, kind, address, at, size, link, each in sections
    )
    head = _elf_header(header, segment, sections_at, len(sections) if symbols else 0, wide=wide)
    whole = names_at
    if wide:
        head += struct.pack("<IIQQQQQQ", 1, 4, 0, base, base, whole, whole, _PAGE)
    else:
        head += struct.pack("<8I", 1, 0, base, base, whole, whole, 4, _PAGE)
    if not symbols:
        return head.ljust(_PAGE, b"\0") + oatdata
    out = (head + table + strings).ljust(_PAGE, b"\0") + oatdata + section_names
    return out.ljust(sections_at, b"\0") + rows


def _elf_header(header: int, segment: int, sections_at: int, sections: int, *, wide: bool) -> bytes:
    ident = b"\x7fELF" + bytes((2 if wide else 1, 1, 1, 3)) + bytes(8)
    fields = (3, 183 if wide else 40, 1, 0, header, sections_at if sections else 0)
    rest = (0, header, segment, 1, 64 if wide else 40, sections, max(0, sections - 1))
    return ident + struct.pack("<HHIQQQI6H" if wide else "<HHIIIII6H", *fields, *rest)
