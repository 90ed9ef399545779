"""Is this word a host name? Code is full of dotted words that are not: packages, files, properties, keys."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# ISO 3166-1 country codes delegated as top-level domains, and the generic ones that name servers in practice.
_COUNTRIES = _words(
    "ac ad ae af ag ai al am ao ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by "
    "bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu "
    "fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il "
    "im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly "
    "ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu "
    "nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl sm "
    "sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va "
    "vc ve vg vi vn vu wf ws ye yt za zm zw"
)
_GENERIC = _words("com net org edu gov mil int arpa biz info mobi name pro asia cat tel")
_NEWER = _words(
    "app art bid blog chat click cloud club design dev digital email fun games global group host icu ink "
    "life link live ltd media mobile network news ninja online page plus pub red run sale services shop "
    "site space store studio support systems team tech technology today tools top video vip website wiki "
    "win work works world xyz zone"
)
TOP_LEVEL = _COUNTRIES | _GENERIC | _NEWER

# Names of two labels are believed under these only; "order.no", "build.info", "page.to" are keys.
_SHORT = _words("com net org biz cn ru eu de fr jp kr uk br hk tw vn ua kz nl cz gov edu")

# Endings that are also words of code or of files: "libfoo.so", "user.id", "script.py", "com.x.y.app".
_WORDS = _NEWER | _words(
    "ac ad ai al am as at be by cat cc cd cf cm co do gl gs id im in info int io is it km la lc li ly md "
    "me mm mo mobi ml ms my na name no pa pl pm pro ps pub py re rs sc sh so st tel tf tm to tv us vi ws "
    "arpa"
)

# The first word of a Java package or of a library's own keys. "cn.c2dms.com" is a host all the same: country
# codes are looked at apart.
_ROOTS = _words(
    "com org net edu gov io info biz java javax jdk sun kotlin kotlinx android androidx dalvik libcore "
    "junit okhttp3 okhttp okio retrofit2 rx reactivex dagger gnu scala groovy intel schemas vnd system"
)

# Words servers are called by: with one of them in front, an ending that is also a word is believed.
_SERVERS = _words(
    "www www2 www3 wap m api apis app apps dm fota ota update upgrade push log logs data cdn img static "
    "dl download mail smtp imap pop pop3 ftp mqtt ntp time stun turn xmpp gw gateway server srv auth "
    "login account accounts register reg report stat stats track tracker analytics adlog ads config conf "
    "cloud sdk test dev mobile"
)

_LABELS = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,10}")
_WITH_PORT = re.compile(r"(?P<host>[^:]+)(?::(?P<port>[1-9][0-9]{0,4}))?")


def split_port(word: str) -> tuple[str, int | None] | None:
    """``host:port`` as its two parts, the port None where none is stated; None if *word* is neither."""
    found = _WITH_PORT.fullmatch(word)
    if found is None:
        return None
    port = None if found["port"] is None else int(found["port"])
    return None if port is not None and port > 0xFFFF else (found["host"], port)


def is_host(word: str) -> bool:
    """Whether *word* ("zzhc.vnet.cn", "dm.wo.com.cn:6001") names a server, as far as its form can tell.

    Lower case only, under a known top-level domain, and neither a reversed domain (``com.android.phone``)
    nor a file or key (``libc.so``, ``user.id``). A port settles what the ending leaves open. When in doubt
    between a host and a key, three labels are needed, and for endings that are words of code a server's
    word in front.
    """
    parts = split_port(word)
    if parts is None or _LABELS.fullmatch(parts[0]) is None:
        return False
    labels = parts[0].split(".")
    if labels[-1] not in TOP_LEVEL or _is_reversed(labels):
        return False
    if parts[1] is not None:
        return True
    if labels[-1] in _WORDS and labels[-1] not in _SHORT:
        return labels[0] == "www" or (labels[0] in _SERVERS and len(labels) > 2)
    return len(labels) > 2 or labels[-1] in _SHORT


def _is_reversed(labels: list[str]) -> bool:
    """Whether the labels read as a package: the top-level domain first."""
    first, last = labels[0], labels[-1]
    if first in _ROOTS:
        return True
    if first not in _COUNTRIES:
        return False
    # "cn.jpush.android.net" is a package, "cn.c2dms.com" and "us.battle.net" are hosts.
    return (last in {"net", "io", "app"} and len(labels) > 3) or last in _WORDS
