from __future__ import annotations

from pathlib import Path

import pytest

from audit.errors import BadInput
from audit.model.evidence import Topic
from audit.parse.facts import read_facts
from audit.sources.firmware import read_firmware
from tests.build import phone_image
from tests.build.erofs_writer import erofs
from tests.build.ext4_writer import ext4
from tests.build.phone_image import CLIENT, SERVER


@pytest.mark.parametrize("size", [512, 4096])
@pytest.mark.parametrize("kind", ["ext4", "erofs"])
def test_no_part_of_an_image_can_be_wiped_unseen(tmp_path: Path, kind: str, size: int) -> None:
    """Whatever is lost, the client and its server are found, or it is said that something is missing."""
    files = dict(phone_image.by_partition(phone_image.phone())["system"])
    image = ext4(files) if kind == "ext4" else erofs(files)
    path = tmp_path / "system.img"
    outcomes = set()
    for at in range(0, len(image), size):
        if any(image[at : at + size]):
            path.write_bytes(image[:at] + bytes(size) + image[at + size :])
            outcomes.add(_outcome(path))
    assert outcomes <= {"refused", "whole", "told"}
    assert "told" in outcomes


def _outcome(path: Path) -> str:
    try:
        facts = read_facts(read_firmware(path, workers=1))
    except BadInput:
        return "refused"
    if {gap.topic for gap in facts.gaps} & {Topic.PACKAGES, Topic.ENDPOINTS}:
        return "told"
    found = CLIENT in facts.packages and any(one.value == SERVER for one in facts.endpoints)
    return "whole" if found else "lost unseen"
