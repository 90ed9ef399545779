"""Files to read: an APK of 10 MB, and the tree of an image of 2 GB, proportioned like a phone's of Android 9.

The counts by kind are those of a public listing of such an image (418 vdex, 346 odex, 283 APKs, 112 jars
among 3,564 files); sizes are drawn so that the whole comes to 2 GB. Content is generated: strings as code has
them, and random bytes where a phone has pictures and machine code.
"""

from __future__ import annotations

import random
import string
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.build.apk import make_apk
from tests.build.dex import write_dex
from tests.build.oat import elf
from tests.build.vdex import hold

SEED = 20190321
_WORDS = ("".join(random.Random(SEED + n).choices(string.ascii_lowercase, k=3 + n % 9)) for n in range(4000))  # noqa: S311 - content, no secret
WORDS = tuple(_WORDS)


def strings(count: int, seed: int) -> list[str]:
    """*count* strings as dex files have them: types, methods, sentences, and a URL in every few hundred."""
    draw = random.Random(seed)  # noqa: S311 - content, no secret
    return [_string(draw, n) for n in range(count)]


def _string(draw: random.Random, number: int) -> str:
    words = draw.choices(WORDS, k=4)
    kind = number % 400
    if kind == 0:
        return f"https://{words[0]}.{words[1]}.com/{words[2]}/{number}"
    if kind == 1:
        return f"http://{words[0]}{number}.example.net:8080/{words[1]}?id="
    if kind < 160:
        return f"Lcom/{words[0]}/{words[1]}/{words[2].title()}${number};"
    if kind < 320:
        return f"{words[0]}{words[1].title()}{words[2].title()}{number}"
    return f"{' '.join(words)} %s: {number}"


def apk_10mb(folder: Path) -> bytes:
    """An APK of about 10 MB: code with 48,000 methods, and pictures.

    Assembled by Debian's smali (libsmali-java) where it is, so that the code is whole; else its strings
    alone, which flatters readers that decode every method.
    """
    draw = random.Random(SEED)  # noqa: S311 - content, no secret
    code = _assembled(folder) if SMALI.exists() else write_dex(strings(120_000, SEED))
    pictures = {f"res/drawable/p{n}.png": draw.randbytes(60_000) for n in range(130)}
    home = {"home": "https://home.acme.example/"}
    return make_apk("com.acme.large", dex=[code], files=pictures, strings=home)


def size_mb(path: Path) -> str:
    """Size of a file in millions of bytes."""
    return f"{path.stat().st_size / 1e6:.1f}"


def _assembled(folder: Path) -> bytes:
    sources, made = folder / "smali", folder / "classes.dex"
    texts = iter(text.replace('"', "") for text in strings(160_000, SEED) if not text.startswith("L"))
    for number in range(4000):
        package = f"com/{WORDS[number % 97]}/{WORDS[number % 31]}"
        methods = "".join(_METHOD.format(name=f"m{m}", one=next(texts), two=next(texts)) for m in range(12))
        head = f".class public L{package}/C{number};\n.super Ljava/lang/Object;\n"
        _write(sources / package / f"C{number}.smali", (head + methods).encode())
    words = [
        "java",
        "-cp",
        "/usr/share/java/*",
        "org.jf.smali.Main",
        "assemble",
        "-o",
        str(made),
        str(sources),
    ]
    subprocess.run(words, check=True, timeout=300, stdout=subprocess.DEVNULL)
    return made.read_bytes()


SMALI = Path("/usr/share/java/smali.jar")
_METHOD = """.method public {name}(Ljava/lang/String;I)Ljava/lang/String;
    .registers 6
    const-string v0, "{one}"
    const-string v1, "{two}"
    invoke-virtual {{v0, v1}}, Ljava/lang/String;->concat(Ljava/lang/String;)Ljava/lang/String;
    move-result-object v2
    if-lez p2, :end
    invoke-virtual {{v2, p1}}, Ljava/lang/String;->concat(Ljava/lang/String;)Ljava/lang/String;
    move-result-object v2
    :end
    return-object v2
.end method
"""


def write_tree(root: Path, *, files: int = 4000, size_bytes: int = 2 << 30) -> None:
    """Write the tree of an image below *root*."""
    draw = random.Random(SEED)  # noqa: S311 - content, no secret
    code = [write_dex(strings(count, SEED + count)) for count in (500, 4_000, 16_000, 40_000, 64_000)]
    (root / "system").mkdir(parents=True)
    (root / "system/build.prop").write_text(
        "ro.build.version.sdk=28\nro.product.brand=ACME\nro.product.model=ACME One\n", encoding="utf-8"
    )
    left, blob = files - 1, draw.randbytes(4 << 20)
    for path, data in _files(draw, code, blob):
        left -= 1
        size_bytes -= len(data)
        _write(root / path, data)
    each = max(size_bytes // left, 0)
    for number in range(left):
        size = int(each * (0.5 + draw.random()))
        data = (blob * (size // len(blob) + 1))[:size] if size > len(blob) else blob[:size]
        _write(root / f"vendor/lib64/lib{number}.so", b"\x7fELF" + data[4:])


def _files(draw: random.Random, code: list[bytes], blob: bytes) -> Iterator[tuple[str, bytes]]:
    for number in range(283):
        name = f"App{number:03}"
        weight = draw.choice((0, 0, 1, 1, 2, 2, 3, 3, 4))
        pictures = {"res/raw/p.bin": blob[: draw.randrange(20_000, 3_500_000)]}
        # two of three system APKs are stripped: their code is beside them
        stripped = number % 3 != 0
        dex = [] if stripped else [code[weight]]
        yield (
            f"system/app/{name}/{name}.apk",
            make_apk(f"com.acme.app{number:03}", dex=dex, files=pictures, strings={"s": f"text {number}"}),
        )
        if stripped:
            yield f"system/app/{name}/oat/arm64/{name}.vdex", hold([code[weight]], version=10)
            yield (
                f"system/app/{name}/oat/arm64/{name}.odex",
                elf(b"oat\n138\0" + bytes(200) + blob[: draw.randrange(9_000, 900_000)]),
            )
    for number in range(112):
        made = make_apk(f"com.acme.jar{number}", dex=[code[draw.randrange(4)]])
        yield f"system/framework/j{number:03}.jar", made
    for number in range(230):
        made = hold([code[draw.randrange(5)]], version=10)
        yield f"system/framework/oat/arm64/j{number:03}.vdex", made
    for number in range(379):
        text = "".join(f'<item name="{w}" value="{number}"/>\n' for w in draw.choices(WORDS, k=300))
        yield f"system/etc/c{number:03}.xml", f"<?xml version='1.0'?><a>{text}</a>".encode()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
