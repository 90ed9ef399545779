"""Which units should be there: the file that lists them, and the units held against it.

read        a CSV file or workbook to a Manifest, or every problem in it at once
match       which row a unit is
reconcile   present, missing, unexpected, or not to be told
cloned      units that share an identifier, with or without a manifest
findings    what follows, for each unit and for the crate

`read_manifest` is imported from `audit.crate.manifest.read`: who judges a unit needs no reader of files.
"""

from __future__ import annotations

from audit.crate.manifest.match import ManifestIndex, Match, row_for

__all__ = ["ManifestIndex", "Match", "row_for"]
