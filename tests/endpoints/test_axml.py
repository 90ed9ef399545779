from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.endpoints.axml import Document, is_binary_xml, read_axml, read_document
from audit.endpoints.part import Limits
from tests.build.axml import IDS, Node, Ref, chunk, node, pool, write_axml

LIMITS = Limits()
SAMPLE = node(
    "manifest",
    {"package": "com.example", "android:versionCode": 7, "android:versionName": "1.7"},
    node("application", {"android:label": Ref(id=0x7F010000), "android:debuggable": True}),
    node("domain", {"includeSubdomains": "true"}, "http://a.example.org/x"),
)


def read(data: bytes, limits: Limits = LIMITS) -> Document:
    """Read *data* as "x.xml"."""
    return read_document(data, where="x.xml", limits=limits)


@pytest.mark.parametrize("utf8", [True, False])
def test_elements_attributes_and_text_are_read(*, utf8: bool) -> None:
    """Names, parents, depths, typed values and text come out as they were written, in either encoding."""
    document = read(write_axml(SAMPLE, utf8=utf8))
    assert [(e.name, e.parent, e.depth, e.text) for e in document.elements] == [
        ("manifest", -1, 0, ""),
        ("application", 0, 1, ""),
        ("domain", 0, 1, "http://a.example.org/x"),
    ]
    root, application, _ = document.elements
    version = root.by_id(IDS["versionCode"])
    label = application.by_id(IDS["label"])
    package = root.by_name("package")
    assert version is not None
    assert (version.kind, version.data) == (0x10, 7)
    assert label is not None
    assert (label.kind, label.data) == (1, 0x7F010000)
    assert package is not None
    assert package.text == "com.example"
    assert not document.part.troubles


def test_addresses_are_found_with_their_place() -> None:
    """A string of the pool is found where its bytes are."""
    data = write_axml(SAMPLE)
    (found,) = [f for f in read_axml(data, where="x.xml", limits=LIMITS).found if f.value.startswith("http:")]
    assert found.where == "x.xml"
    assert found.offset is not None
    assert data[found.offset + 2 :].startswith(b"http://a.example.org/x\0")


def test_an_attribute_counts_by_its_id_not_by_its_name() -> None:
    """Renaming an attribute's string hides nothing, as it hides nothing from Android."""
    data = write_axml(SAMPLE).replace(b"\x0bversionCode\0", b"\x0bzzzzzzzzzzz\0")
    version = read(data).elements[0].by_id(IDS["versionCode"])
    assert version is not None
    assert (version.name, version.data) == ("zzzzzzzzzzz", 7)


def _start(data: bytearray, number: int) -> int:
    """Where the *number*-th start element chunk lies."""
    at = -1
    for _ in range(number + 1):
        at = data.index(struct.pack("<HH", 0x0102, 16), at + 1)
    return at


def test_longer_attributes_and_a_gap_before_them_are_followed() -> None:
    """The place and size of attributes that an element states are what counts."""
    data = bytearray(write_axml(SAMPLE))
    at = _start(data, 0)
    size = struct.unpack_from("<I", data, at + 4)[0]
    rows = [bytes(data[at + 36 + 20 * n : at + 56 + 20 * n]) for n in range(3)]
    body = (
        data[at + 8 : at + 24]
        + struct.pack("<HHHHHH", 28, 24, 3, 0, 0, 0)
        + b"J" * 8
        + b"J".join(row + b"JJJ" for row in rows)
        + b"J"
    )
    wider = (
        bytes(data[:at])
        + struct.pack("<HHI", 0x102, 16, 8 + len(body))
        + bytes(body)
        + bytes(data[at + size :])
    )
    document = read(struct.pack("<HHI", 3, 8, len(wider)) + wider[8:])
    assert [a.name for a in document.elements[0].attributes] == ["versionCode", "versionName", "package"]
    assert not document.part.troubles


TRICKS = {
    "wrong magic": lambda d: b"\x00\x00" + d[2:],
    "size beyond the end": lambda d: d[:4] + struct.pack("<I", len(d) + 999) + d[8:],
    "bytes after the end": lambda d: d + b"PADDING!",
    "unknown chunk before the pool": lambda d: d[:8] + chunk(0x0999, b"", b"abcd") + d[8:],
    "a second pool": lambda d: (
        d[:8]
        + d[8 : 8 + struct.unpack_from("<I", d, 12)[0]]
        + pool(["x"])
        + d[8 + struct.unpack_from("<I", d, 12)[0] :]
    ),
}


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS.keys())
def test_what_android_reads_is_read(trick: Callable[[bytes], bytes]) -> None:
    """Tricks that stop other readers, but not Android, do not hide the manifest."""
    data = trick(write_axml(SAMPLE))
    if len(data) > len(write_axml(SAMPLE)) and not data.endswith(b"PADDING!"):
        data = data[:4] + struct.pack("<I", len(data)) + data[8:]
    document = read(data)
    assert [e.name for e in document.elements] == ["manifest", "application", "domain"]


def test_a_count_of_strings_that_cannot_be_is_told_and_the_rest_is_read() -> None:
    """A string count beyond the pool is a trouble with its place, not the end."""
    data = bytearray(write_axml(SAMPLE))
    struct.pack_into("<I", data, 16, 0x7FFFFFFF)
    document = read(bytes(data))
    assert document.elements[0].name == "manifest"
    assert next((t.reason.split(";")[0], t.offset) for t in document.part.troubles) == (
        "string pool claims 2147483647 strings",
        8,
    )


def test_deep_nesting_ends_as_a_trouble() -> None:
    """Elements beyond the depth allowed are not followed, and the place is told."""
    root = node("a")
    for _ in range(100):
        root = Node(tag="a", attributes={}, children=(root,))
    document = read(write_axml(root))
    assert len(document.elements) == LIMITS.depth
    assert document.part.troubles[0].reason == "elements nested more than 64 deep"


def test_many_elements_end_as_a_trouble() -> None:
    """More elements than allowed are not kept."""
    document = read(write_axml(node("a", {}, *(node("b") for _ in range(50)))), Limits(entries=20))
    assert len(document.elements) == 20
    assert document.part.troubles[0].reason == "more than 20 elements"


def test_overlapping_strings_cannot_blow_up() -> None:
    """A pool whose every string is the same long one is given up, not decoded thousands of times over."""
    count = 5000
    head = struct.pack("<IIIII", count, 0, 0x100, 28 + 4 * count, 0)
    body = struct.pack(f"<{count}I", *range(count)) + bytes([0xFF, 0xFF, 0xFF, 0xFF]) + b"a" * 32767 + b"\0"
    document = read(chunk(3, b"", chunk(1, head, body)))
    assert "overlap" in document.part.troubles[-1].reason


def test_only_binary_xml_is_taken_for_it() -> None:
    """Text begins otherwise."""
    assert is_binary_xml(write_axml(SAMPLE))
    assert not is_binary_xml(b"<?xml version='1.0'?>")


@given(st.data())
def test_damaged_files_never_raise(data: st.DataObject) -> None:
    """Whatever is cut off or flipped, there is an answer; what is cut shows."""
    whole = bytearray(write_axml(SAMPLE, utf8=data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(whole[: data.draw(st.integers(0, len(whole)))]))


@given(st.integers(0, len(write_axml(SAMPLE)) - 1))
def test_a_cut_file_says_so(length: int) -> None:
    """A file that ends early always has a trouble."""
    assert read(write_axml(SAMPLE)[:length]).part.troubles
