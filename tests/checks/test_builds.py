from __future__ import annotations

import pytest

from audit.checks.builds import Standing, standing

FIXED = ("00WW_3_39B_SP03", "00WW_3_22C_SP05")


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ("00WW_3_39B_SP03", Standing.FIXED),
        ("00WW_3_22C_SP05", Standing.FIXED),
        ("00WW_3_22C", Standing.EARLIER),
        ("00WW_3_22C_SP04", Standing.EARLIER),
        ("00WW_3_22C_SP06", Standing.LATER),
        ("00WW_3_39B", Standing.EARLIER),
        ("00WW_3_39B_SP10", Standing.LATER),
        ("00WW_2_77A", Standing.EARLIER),
        ("00WW_4_10C", Standing.LATER),
        ("00WW_3_30A", Standing.UNCLEAR),
        ("00CN_3_340", Standing.UNCLEAR),
        ("PPR1.180610.011", Standing.UNCLEAR),
        ("00WW", Standing.UNCLEAR),
        ("", Standing.UNCLEAR),
    ],
)
def test_a_build_beside_the_fixed_ones(build: str, expected: Standing) -> None:
    """Later builds are not accused, earlier ones are, and what cannot be compared is said to be unclear."""
    assert standing(build, FIXED) is expected
