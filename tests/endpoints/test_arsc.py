from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.endpoints.arsc import open_table, read_arsc
from audit.endpoints.part import Limits
from tests.build.arsc import Layout, Resources
from tests.build.axml import Ref

LIMITS = Limits()
RESOURCES = Resources(
    package="com.example.overlay",
    values={
        "bool": {"use_https": False},
        "string": {"title": "Überschrift", "server_url": "http://zzhc.vnet.cn", "alias": Ref(id=0x7F020001)},
        "xml": {"config": "res/a1.xml", "other": "res/b2.xml"},
    },
)
ARRAYS = Resources(
    package="com.example",
    values={
        "string": {"title": "x"},
        "array": {"none": ["a"], "servers": ["q", "http://one.example.org/", "http://two.example.org/"]},
    },
)


@pytest.mark.parametrize("utf8", [True, False])
@pytest.mark.parametrize("layout", Layout)
def test_an_address_is_found_with_the_name_of_its_resource(layout: Layout, *, utf8: bool) -> None:
    """In every layout and encoding the server of an overlay is told with the resource that holds it."""
    data = RESOURCES.write(utf8=utf8, layout=layout)
    part = read_arsc(data, where="resources.arsc", limits=LIMITS)
    (found,) = [f for f in part.found if f.value == "http://zzhc.vnet.cn"]
    assert found.where == "resources.arsc string/server_url"
    assert found.offset is not None
    encoded = "http://zzhc.vnet.cn".encode("utf-8" if utf8 else "utf-16-le")
    assert data[found.offset + 2 :].startswith(encoded)
    assert not part.troubles


def test_an_address_in_an_array_is_named_after_the_array() -> None:
    """The rows of an array have no names of their own."""
    part = read_arsc(ARRAYS.write(), where="resources.arsc", limits=LIMITS)
    places = {f.value: f.where for f in part.found}
    assert places["http://one.example.org/"] == "resources.arsc array/servers"
    assert places["http://two.example.org/"] == "resources.arsc array/servers"


def test_bytes_that_look_like_a_value_by_chance_name_nothing() -> None:
    """A find is named only by an entry its type lists."""
    data = RESOURCES.write()
    at = data.index(struct.pack("<HHIHBBI", 8, 0, 2, 8, 0, 3, 1))
    start = data.rindex(struct.pack("<HH", 0x201, 84), 0, at)
    table = data.index(struct.pack("<III", 0, 16, 32), start)
    hidden = data[: table + 4] + b"\xff\xff\xff\xff" + data[table + 8 :]
    found = [f for f in read_arsc(hidden, where="r", limits=LIMITS).found if f.value == "http://zzhc.vnet.cn"]
    assert [f.where for f in found] == ["r"]


@pytest.mark.parametrize("layout", Layout)
def test_resources_are_looked_up(layout: Layout) -> None:
    """Strings, numbers and references to references come out as what they stand for."""
    table = open_table(RESOURCES.write(layout=layout), where="r", limits=LIMITS)
    url = table.value(RESOURCES.id("string", "server_url"))
    alias = table.value(RESOURCES.id("string", "alias"))
    secure = table.value(RESOURCES.id("bool", "use_https"))
    assert url is not None
    assert url.text == "http://zzhc.vnet.cn"
    assert alias == url
    assert secure is not None
    assert (secure.kind, secure.truth) == (0x12, False)
    assert table.value(0x7F020099) is None
    assert table.value(0x7F990000) is None
    assert list(table.files("xml")) == ["res/a1.xml", "res/b2.xml"]


def test_the_value_for_everybody_counts_before_that_of_a_language() -> None:
    """A translation that comes first in the table does not hide the default."""
    data = bytearray(RESOURCES.write())
    start = data.index(struct.pack("<HH", 0x201, 84), data.index(struct.pack("<BBHI", 2, 0, 0, 3)))
    size = struct.unpack_from("<I", data, start + 4)[0]
    german = data[start : start + size].replace(
        struct.pack("<HBBI", 8, 0, 3, 1), struct.pack("<HBBI", 8, 0, 3, 0)
    )
    german[20 + 8 : 20 + 10] = b"de"
    package = data.index(struct.pack("<HH", 0x200, 288))
    for at in (4, package + 4):
        struct.pack_into("<I", data, at, struct.unpack_from("<I", data, at)[0] + size)
    table = open_table(bytes(data[:start] + german + data[start:]), where="r", limits=LIMITS)
    value = table.value(RESOURCES.id("string", "server_url"))
    assert value is not None
    assert value.text == "http://zzhc.vnet.cn"
    assert not table.part().troubles


def test_a_reference_to_itself_ends() -> None:
    """A circle of references is no value."""
    circle = Resources(package="c", values={"string": {"a": Ref(id=0x7F010001), "b": Ref(id=0x7F010000)}})
    assert open_table(circle.write(), where="r", limits=LIMITS).value(0x7F010000) is None


def test_something_else_is_told() -> None:
    """What is no table has a trouble at its start."""
    (trouble,) = read_arsc(b"PK\3\4 and so on", where="r", limits=LIMITS).troubles
    assert trouble.offset == 0
    assert "not a resource table" in trouble.reason


def test_an_empty_table_is_told() -> None:
    """Nothing is not an empty table."""
    assert read_arsc(b"", where="r", limits=LIMITS).troubles


@given(st.integers(0, len(RESOURCES.write()) - 1))
def test_a_cut_table_says_so(length: int) -> None:
    """A table that ends early always has a trouble."""
    assert read_arsc(RESOURCES.write()[:length], where="r", limits=LIMITS).troubles


@given(st.data())
def test_damaged_tables_never_raise(data: st.DataObject) -> None:
    """Whatever is flipped or cut, there is an answer to every question."""
    layout = data.draw(st.sampled_from(Layout))
    whole = bytearray(RESOURCES.write(utf8=data.draw(st.booleans()), layout=layout))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    table = open_table(bytes(whole[: data.draw(st.integers(0, len(whole)))]), where="r", limits=LIMITS)
    table.part()
    list(table.files("xml"))
    table.value(RESOURCES.id("string", "alias"))


def _many_slices(flags: int, claimed: int) -> bytes:
    """Build a table whose one type has thousands of configurations that each claim many entries."""
    body = struct.pack("<HHIBBHIII", 0x201, 24, 24, 1, flags, 0, claimed, 24, 4) * 5000
    whole = RESOURCES.write()
    at = whole.index(struct.pack("<HHI", 0x202, 16, 16 + 4))
    package = whole.index(struct.pack("<HH", 0x200, 288))
    out = bytearray(whole[:at] + body + whole[at:])
    for place in (4, package + 4):
        struct.pack_into("<I", out, place, struct.unpack_from("<I", out, place)[0] + len(body))
    return bytes(out)


@pytest.mark.parametrize("flags", [0, 1, 2])
def test_entries_that_are_claimed_and_not_there_cost_nothing(flags: int) -> None:
    """A count of entries beyond its chunk is cut to what fits, so that no answer takes long."""
    table = open_table(_many_slices(flags, 0xFFFFFFFF), where="r", limits=LIMITS)
    list(table.files("bool"))
    assert table._left > 990_000


def test_looking_up_is_bounded() -> None:
    """Thousands of look-ups among thousands of configurations end as a trouble."""
    table = open_table(_many_slices(0, 0), where="r", limits=LIMITS)
    for entry in range(2000):
        table.value(0x7F010000 | entry)
    assert "resolving takes more than" in table.troubles[-1].reason


def test_names_that_cannot_be_decoded_leave_the_find() -> None:
    """A damaged pool of names costs the name of the resource, not the address."""
    data = bytearray(RESOURCES.write())
    package = data.index(struct.pack("<HH", 0x200, 288))
    keys = package + struct.unpack_from("<I", data, package + 8 + 4 + 256 + 8)[0]
    struct.pack_into("<I", data, keys + 20, 0x7FFFFFFF)
    part = read_arsc(bytes(data), where="r", limits=LIMITS)
    assert "http://zzhc.vnet.cn" in {found.value for found in part.found}
    assert part.troubles
