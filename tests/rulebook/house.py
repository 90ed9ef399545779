"""A small rulebook in files, to be broken one way at a time; invented names throughout."""

from __future__ import annotations

from pathlib import Path

from audit.errors import BadProfile
from audit.model.profiles import Rulebook
from audit.rulebook import load
from audit.rulebook.cache import Cache

MARKETS = """
[country]
CN = "China"
DE = "Germany"
NO = "Norway"
[[set]]
code = "WW"
title = "Worldwide"
meaning = "Everywhere but in mainland China."
all_except = ["CN"]
worldwide = true
sources = ["https://example.org/ww"]
"""

CLIENT = """
[[client]]
package = "com.acme.simactivate"
title = "ACME SIM activation"
role = "self-registration"
vendor = "ACME"
serves = ["CN"]
sends = ["IMEI"]
confidence = "high"
incident = "acme-2020"
why = "Registers the SIM with ACME's server for mainland China."
fix = "Flash the firmware built for the unit's own market."
sources = ["https://example.org/acme"]
[[client.endpoint]]
kind = "url"
to = "http://act.acme.example"
port = 80
cleartext = true
[client.armed_when]
all = [{ property = "persist.acme.on", equals = "1", default = "0", why = "its own switch" }]
any = [{ property = "gsm.sim.operator.numeric", in = ["46003"], per_slot = true }]
[[client.example]]
name = "in Germany, gate closed"
market = "DE"
packages = ["com.acme.simactivate"]
expect = "review"
"""

ADVISORY = """
[[advisory]]
id = "acme-2020"
title = "ACME phones calling home"
summary = "ACME phones sold in Europe registered in China."
models = ["ACME One"]
packages = ["com.acme.simactivate"]
fixed_builds = ["A_2"]
confidence = "high"
why = "The client of another market was left in the build."
fix = "Update to A_2 or later, then audit again."
dates = "2020"
sources = ["https://example.org/acme-2020"]
[[advisory.example]]
name = "an unfixed unit, client disabled"
market = "DE"
properties = { "ro.product.model" = "ACME One", "ro.build.display.id" = "A_1" }
disabled = ["com.acme.simactivate"]
expect = "review"
"""

REGION = """
oem = "acme"
title = "ACME"
why = "The product name ends in the market of the build."
sources = ["https://example.org/acme-region"]
[applies_to]
"ro.product.manufacturer" = ["ACME"]
[[signal]]
id = "product-name"
property = "ro.product.name"
pattern = '_(?P<region>ww|cn)$'
strength = "strong"
map = { ww = "WW", cn = "CN" }
meaning = "The product name ends in the market."
[[signal]]
id = "sales-code"
property = "ro.acme.code"
pattern = '^[A-Z]{3}$'
strength = "medium"
table = "acme-codes"
meaning = "The sales code of the unit."
[[example]]
name = "Chinese build"
properties = { "ro.product.manufacturer" = "ACME", "ro.product.name" = "one_cn" }
expect = "CN"
"""

TABLE = """
name = "acme-codes"
title = "ACME's sales codes"
licence = "CC0-1.0"
sources = ["https://example.org/codes"]
[codes]
NOR = ["NO"]
"""

POLICY = """
name = "default"
title = "For a phone in hand"
why = "Asks a person about clients that sleep."
accountable = ["self-registration"]
region_mismatch = "fail"
region_unknown = "review"
region_silent = "review"
contradiction = "review"
denied_version = "fail"
denied_unknown = "review"
posture = "pass"
[out_of_market]
dormant = "review"
present = "review"
armed = "fail"
attempted = "fail"
transmitted = "fail"
identifier-transmitted = "fail"
[elsewhere]
dormant = "pass"
present = "pass"
armed = "review"
attempted = "fail"
transmitted = "fail"
identifier-transmitted = "fail"
"""

DESTINATION = """
[[destination]]
id = "acme-home"
title = "ACME's own words"
when = [{ property = "ro.product.manufacturer", equals = "ACME" }]
markets = ["WW"]
allowed = ["DE"]
confidence = "medium"
why = "ACME says that its phones register in Germany and nowhere else."
sources = ["https://example.org/acme-home"]
"""

ANYCAST = """
[[anycast]]
operator = "ACME's resolver"
networks = ["192.0.2.0/24", "2001:db8::/32"]
sources = ["https://example.org/acme-anycast"]
"""

GOOD = {
    "markets.toml": MARKETS,
    "clients/acme.toml": CLIENT,
    "advisories/acme.toml": ADVISORY,
    "regions/acme.toml": REGION,
    "regions/tables/acme-codes.toml": TABLE,
    "policies/default.toml": POLICY,
    "destinations/acme.toml": DESTINATION,
    "anycast.toml": ANYCAST,
}


def write(folder: Path, files: dict[str, str] | None = None) -> Path:
    """The good rulebook in *folder*, with *files* added or replaced."""
    for name, text in (GOOD | (files or {})).items():
        path = folder / "profiles" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "profiles"


def read(folder: Path) -> Rulebook:
    """The rulebook in *folder*, with a cache of its own beside it."""
    return load(folder, cache=Cache(folder=folder.parent / "cache"))


def problems(folder: Path) -> tuple[str, ...]:
    """What is wrong with the rulebook in *folder*; none when it loads."""
    try:
        read(folder)
    except BadProfile as error:
        return error.problems
    return ()


def broken(folder: Path, name: str, old: str, new: str) -> tuple[str, ...]:
    """What is wrong once *old* in the file *name* of the good rulebook has become *new*."""
    assert old in GOOD[name], f"{old!r} does not stand in {name}"
    return problems(write(folder, {name: GOOD[name].replace(old, new, 1)}))
