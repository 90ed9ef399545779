"""Small valid files of every format that is read: what fuzzing starts from."""

from __future__ import annotations

from tests.build.apk import make_apk
from tests.build.compact import write_compact
from tests.build.dex import write_container, write_dex
from tests.build.oat import write_oat, write_odex
from tests.build.vdex import write_empty, write_vdex

_TEXTS = (
    "http://zzhc.vnet.cn",
    "dm.wo.com.cn:6001",
    "smsto:10659401",
    "898603,898611",
    "persist.radio.x",
    "é😀\0",
)
_TWO = (_TEXTS, ("https://a.example.com/x", "1.2.3.44", "[2001:db8::1]:80"))
_PARTS, _SHARED = write_compact(_TWO)

SEEDS = {
    "dex-035": write_dex(_TEXTS),
    "dex-041": write_container(_TWO),
    "compact": write_compact([_TEXTS])[0][0] + write_compact([_TEXTS])[1],
    **{f"vdex-{version:03d}": write_vdex(_TWO, version=version) for version in (6, 10, 19, 21, 27)},
    "vdex-empty": write_empty(2),
    **{f"oat-{version:03d}": write_oat(_TWO, version=version, wide=version > 64) for version in (39, 64, 79)},
    "odex": write_odex(_TEXTS),
    "apk": make_apk("org.example", dex=[write_dex(_TEXTS)]),
    "xml": b"<a><SMS_NUMBER>41020</SMS_NUMBER><PORT>1</PORT><b c='http://a.example.com'/><!-- x --></a>",
    "json": b'{"server": "zzhc.vnet.cn", "sms_number": "41020", "sms_port": 26680}',
    "properties": "ro.url=http://a.example.com\nsms.number=10655459\n".encode("utf-16"),
}
