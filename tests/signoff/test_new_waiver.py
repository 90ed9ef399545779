"""One waiver more for a file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import BadWaivers
from audit.model.text import clean_line
from audit.model.waivers import Waiver
from audit.signoff.new_waiver import FIELDS, Added, Refused, added, next_id
from audit.signoff.waivers import parse_waivers

CHECKS = frozenset({"client-market", "build"})
GIVEN = {
    "id": "W-1",
    "check": "build",
    "model": "M",
    "reason": "R",
    "approver": "A",
    "expires": "2031-01-31",
}
_REST = b'reason = "R"\napprover = "A"\nexpires = 2031-01-31'
FILES = (
    b"",
    b"\n\n",
    b"# nothing yet",
    b'[[waiver]]\nid = "W-9"\ncheck = "build"\nmodel = """\nM"""\n' + _REST + b" # so",
    b'\xef\xbb\xbf[[waiver]]\r\nid = "W-9"\r\ncheck = "build"\r\nunit = "S"\r\n' + _REST + b"\r\n",
)
TEXT = st.text(max_size=40) | st.text(alphabet="\\\"'\n\t\x00\x7f#=[]{}W-19. ", max_size=40)


@given(data=st.sampled_from(FILES), said=st.fixed_dictionaries(dict.fromkeys(FIELDS, TEXT)))
def test_whatever_is_written_is_read_back_or_refused(data: bytes, said: dict[str, str]) -> None:
    """What was there stays, byte for byte; no text becomes anything but the value of its field."""
    before = parse_waivers(data, "", CHECKS)
    for tried in (said, {**GIVEN, "reason": said["reason"]}, {**GIVEN, "subject": said["subject"]}):
        made = added(data, tried, "waivers.toml", CHECKS)
        if isinstance(made, Refused):
            assert made.fields
            assert set(made.fields) <= {"", *FIELDS}
            continue
        assert made.data.startswith(data.rstrip(b"\r\n"))
        *old, new = parse_waivers(made.data, "", CHECKS)
        assert tuple(old) == before
        for name in FIELDS:
            assert getattr(new, name) == clean_line(tried.get(name, "")).strip()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"id": "w-9"}, "id"),
        ({"check": "nope"}, "check"),
        ({"model": ""}, ""),
        ({"model": "*"}, "model"),
        ({"reason": ""}, "reason"),
        ({"approver": "a" * 301}, "approver"),
        ({"expires": "2031-02-30"}, "expires"),
    ],
)
@pytest.mark.parametrize("data", FILES[-2:])
def test_what_is_wrong_is_told_by_its_field(data: bytes, changed: dict[str, str], field: str) -> None:
    """Whatever stands before it in the file."""
    made = added(data, GIVEN | changed, "waivers.toml", CHECKS)
    assert isinstance(made, Refused)
    assert field in made.fields
    assert not [one for told in made.fields.values() for one in told if one.startswith("line ")] or not field


def test_nothing_is_added_to_a_file_that_does_not_hold() -> None:
    """It would count no more than what is there."""
    with pytest.raises(BadWaivers):
        added(b'[[waiver]]\nid = "W-9"\n', GIVEN, "waivers.toml", CHECKS)


def test_a_file_of_comments_keeps_them() -> None:
    """And the new one comes after them."""
    made = added(b"# ours", GIVEN, "waivers.toml", CHECKS)
    assert isinstance(made, Added)
    assert made.data.startswith(b'# ours\n\n[[waiver]]\nid = "W-1"\n')
    assert b"expires = 2031-01-31\n" in made.data


@pytest.mark.parametrize(
    ("ids", "wanted"), [((), "W-1"), (("W-1", "w-7", "other"), "W-8"), (("W-x",), "W-1")]
)
def test_the_next_id_is_offered(ids: tuple[str, ...], wanted: str) -> None:
    """Of those that are numbered."""
    given_ = [Waiver(id=id_, check="", reason="", approver="", expires="") for id_ in ids]
    assert next_id(given_) == wanted
