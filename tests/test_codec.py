from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import codec
from audit.errors import BadInput
from audit.model.evidence import Artifact, Gap, Kind, Snapshot, Source, SourceKind, Topic, UnitId
from audit.model.report import Report
from tests.reports import samples

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_ARTIFACTS = st.builds(
    Artifact,
    kind=st.sampled_from(Kind),
    origin=_TEXT,
    data=st.binary() | _TEXT.map(str.encode),
    stderr=st.binary(),
    exit_code=st.none() | st.integers(0, 255),
    truncated=st.booleans(),
    user=st.none() | st.integers(0, 99),
    argument=st.none() | _TEXT,
)
_GAPS = st.builds(Gap, topic=st.sampled_from(Topic), reason=_TEXT, fix=_TEXT, origin=_TEXT)
_SNAPSHOTS = st.builds(
    Snapshot,
    unit=st.builds(UnitId, serial=st.none() | _TEXT, model=st.none() | _TEXT),
    source=st.builds(Source, kind=st.sampled_from(SourceKind), detail=_TEXT),
    acquired_at=st.none() | _TEXT,
    tool_version=_TEXT,
    artifacts=st.lists(_ARTIFACTS, max_size=4).map(tuple),
    gaps=st.lists(_GAPS, max_size=2).map(tuple),
)
_SMALL = Snapshot(
    unit=UnitId(serial="X1"),
    source=Source(kind=SourceKind.LIVE),
    acquired_at=None,
    tool_version="0.1.0",
    artifacts=(
        Artifact(kind=Kind.GETPROP, origin="getprop", data="[a]: [\u00e5]\r\n".encode(), exit_code=0),
        Artifact(kind=Kind.PACKAGES, origin="pm list packages", data=b"\xff\x00", user=10),
    ),
    gaps=(Gap(topic=Topic.USERS, reason="refused", fix="ask"),),
)


@settings(max_examples=80)
@given(_SNAPSHOTS)
def test_a_snapshot_comes_back_as_it_was(snapshot: Snapshot) -> None:
    """Every byte of every artifact survives, and what is written fits the schema."""
    text = codec.to_json(snapshot)
    assert codec.from_json(Snapshot, text, where="f") == snapshot
    assert codec.to_json(codec.from_json(Snapshot, text, where="f")) == text


@pytest.mark.parametrize("record", [_SMALL, *samples.ALL.values()])
def test_what_is_written_fits_the_schema(record: Snapshot | Report) -> None:
    """Snapshots and reports validate against the schema of their type."""
    schema = codec.schema(type(record))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(codec.to_json(record)))


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b"plain\r\n", {"text": "plain\r\n"}),
        ("\u00e5".encode(), {"text": "\u00e5"}),
        (b"\xff\xfe", {"base64": "//4="}),
        (b"\xed\xa0\x80", {"base64": "7aCA"}),
        (b"", {"text": ""}),
    ],
)
def test_bytes_say_how_they_are_written(data: bytes, form: dict[str, str]) -> None:
    """UTF-8 that comes back exactly is text, everything else base64."""
    snapshot = replace(_SMALL, artifacts=(replace(_SMALL.artifacts[0], data=data),))
    assert json.loads(codec.to_json(snapshot))["artifacts"][0]["data"] == form


def test_the_head_names_the_shape_and_sets_are_sorted() -> None:
    """The first key is the schema's name, keys stand as declared, and equal reports give equal text."""
    assert next(iter(json.loads(codec.to_json(_SMALL)))) == "schema"
    assert json.loads(codec.to_json(_SMALL))["schema"] == "adb-audit/snapshot/1"
    assert json.loads(codec.to_json(samples.INCIDENT))["schema"] == "adb-audit/report/1"
    assert json.loads(codec.to_json(samples.INCIDENT))["region"]["markets"] == ["DE", "NO", "SE"]


def test_a_path_that_is_no_text_can_still_be_written() -> None:
    """A lone surrogate, as Python reads a path that is no UTF-8, is spelt out and stops nothing."""
    text = codec.to_json(replace(_SMALL, source=Source(kind=SourceKind.FOLDER, detail="a\udcffb")))
    assert codec.from_json(Snapshot, text, where="f").source.detail == "a\\udcffb"


def _edited(**changes: object) -> str:
    return json.dumps(json.loads(codec.to_json(_SMALL)) | changes)


_ARTIFACT = {"kind": "getprop", "origin": "o", "data": {"text": "x"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f.json:1:0: not valid JSON"),
        ('{"schema": \n nonsense}', "f.json:2:3: not valid JSON"),
        (codec.to_json(_SMALL)[:99], "f.json:1:99: not valid JSON"),
        ("[" * 100_000, "not valid JSON: recursion limit"),
        ('"\\ud800"', "not valid JSON"),
        ("[]", "f.json: no JSON object of the form adb-audit/snapshot/1"),
        ("null", "f.json: no JSON object"),
        ("{}", 'no "schema" in it'),
        (
            _edited(schema="adb-audit/snapshot/2"),
            "'adb-audit/snapshot/2'; this program reads adb-audit/snapshot/1",
        ),
        (codec.to_json(samples.NOTED), "'adb-audit/report/1'; this program reads adb-audit/snapshot/1"),
        (_edited(schema=["\u202e" * 500]), "this program reads"),
        (_edited(extra=1), "extra: nobody defined this key"),
        (_edited(artifacts=[_ARTIFACT, _ARTIFACT | {"kind": "x"}]), "artifacts[1].kind: "),
        (_edited(artifacts=[{"kind": "getprop", "origin": "o"}]), "artifacts[0].data: missing"),
        (_edited(artifacts=[_ARTIFACT | {"data": "x"}]), "artifacts[0].data: "),
        (_edited(artifacts=[_ARTIFACT | {"data": {}}]), "bytes are either text or base64"),
        (
            _edited(artifacts=[_ARTIFACT | {"data": {"text": "", "base64": ""}}]),
            "bytes are either text or base64",
        ),
        (_edited(artifacts=[_ARTIFACT | {"data": {"base64": "!"}}]), "artifacts[0].data: no base64"),
        (_edited(artifacts=[_ARTIFACT | {"user": "0"}]), "artifacts[0].user: "),
        (_edited(artifacts=[_ARTIFACT | {"truncated": 1}]), "artifacts[0].truncated: "),
        (_edited(artifacts=[{}] * 9), "more"),
        (_edited(tool_version=None), "tool_version: "),
    ],
)
def test_what_is_no_snapshot_is_refused_with_its_place(text: str, said: str) -> None:
    """Malformed, cut off, of another shape or version: each says the file, where in it, and what to do."""
    with pytest.raises(BadInput) as caught:
        codec.from_json(Snapshot, text, where="f.json")
    assert said in str(caught.value)
    assert str(caught.value).startswith("f.json")
    assert caught.value.fix
    assert len(str(caught.value)) < 2000
    assert "\u202e" not in str(caught.value)


def test_a_key_left_out_takes_its_default() -> None:
    """Fields that were added with a default are read from files written before them."""
    plain = json.loads(codec.to_json(_SMALL))
    del plain["gaps"]
    assert codec.from_json(Snapshot, json.dumps(plain), where="f").gaps == ()


def test_writing_and_hashing_import_no_pydantic() -> None:
    """An audit that shows its report pays nothing for reading files."""
    probe = (
        "import sys; from tests.test_codec import _SMALL; from audit import codec; before = set(sys.modules);"
        "codec.to_json(_SMALL); codec.digest(_SMALL); print(*set(sys.modules) - before)"
    )
    loaded = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True).stdout
    assert "pydantic" not in loaded
    probe = "import sys, audit.codec; print('pydantic' in sys.modules)"
    alone = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True).stdout
    assert alone.strip() == "False"


def test_the_digest_is_of_the_evidence_alone() -> None:
    """Unit, source, time, version and order of reading do not count; every byte and every gap does."""
    same = replace(
        _SMALL,
        unit=UnitId(serial="other"),
        source=Source(kind=SourceKind.SAVED, detail="elsewhere"),
        acquired_at="2026-01-01T00:00:00Z",
        tool_version="9",
        artifacts=_SMALL.artifacts[::-1],
    )
    assert codec.digest(same) == codec.digest(_SMALL)
    first = _SMALL.artifacts[0]
    others = [
        replace(_SMALL, gaps=()),
        replace(_SMALL, artifacts=_SMALL.artifacts[:1]),
        *(
            replace(_SMALL, artifacts=(changed, _SMALL.artifacts[1]))
            for changed in (
                replace(first, data=first.data + b"\n"),
                replace(first, stderr=b"x"),
                replace(first, data=b"", stderr=first.data),
                replace(first, exit_code=None),
                replace(first, truncated=True),
                replace(first, user=0),
                replace(first, argument=""),
                replace(first, origin="getprop "),
                replace(first, kind=Kind.BUILD_PROP),
            )
        ),
    ]
    assert len({codec.digest(snapshot) for snapshot in (_SMALL, *others)}) == len(others) + 1
