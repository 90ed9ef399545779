"""Which unit is not like the others of its model: counts, and nothing that had to be known before.

    census = Census()
    for portrait in portraits: census.count(portrait)
    for portrait in portraits: findings = census.findings_for(portrait, policy, name="…")
    crate = census.crate_findings()

counting     how often each trait has each value, by deviation from the first unit
lots         the units of one model, and of each of its builds
judge        in what a unit differs from what a clear majority has
splits       where there is no majority but sides
findings     differences of a unit to findings; notes: those that ask nobody; wording: what they are called
about_crate  what is said of no single unit
"""

from __future__ import annotations

from audit.crate.outliers.census import Census
from audit.crate.outliers.counting import MINIMUM_UNITS
from audit.crate.outliers.notes import CHECK

__all__ = ["CHECK", "MINIMUM_UNITS", "Census"]
