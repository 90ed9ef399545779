"""Debian trixie's adbd, Google's own daemon, unpacked into a folder and run in a network of its own.

The packages come from wherever this machine gets its own: its source entry is read and only the suite's name
is changed. Nothing is installed. The daemon listens on every address, so it runs in a network namespace that
has a loopback interface and nothing else.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

ADBD = "usr/lib/android-sdk/platform-tools/adbd"
_APPLETS = ("cat", "echo", "false", "head", "id", "ls", "seq", "sleep", "true", "wc")
_DEVICES = {"null": (1, 3), "zero": (1, 5), "urandom": (1, 9), "ptmx": (5, 2)}


class Unavailable(Exception):
    """This machine cannot run the real daemon; the text says why."""


def unpacked(folder: Path) -> Path:
    """The root folder of a runnable adbd below *folder*, fetched when it is not there yet."""
    if os.geteuid() != 0:
        raise Unavailable("the real adbd needs root (chroot and a network namespace)")
    for program in ("apt-get", "dpkg", "unshare"):
        if shutil.which(program) is None:
            raise Unavailable(f"the real adbd is fetched with {program}, which this machine lacks")
    root = folder / "root"
    if not (root / "ready").exists():
        _fetch(folder)
        _furnish(root)
        (root / "ready").touch()
    return root


def _source_entry() -> str:
    """This machine's own Debian entry with the suite changed to trixie."""
    for path in (Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))):
        if not path.is_file():
            continue
        text = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("#"))
        if path.suffix == ".sources":
            for stanza in re.split(r"\n\s*\n", text):
                if re.search(r"^Suites:\s*(bookworm|trixie|forky|sid)\b", stanza, re.MULTILINE):
                    return re.sub(r"(?m)^Suites:.*$", "Suites: trixie", stanza)
        for line in text.splitlines():
            found = re.match(r"deb\s+(\[[^]]*\]\s+)?(\S+)\s+(bookworm|trixie|sid)\s+(.*)", line)
            if found:
                signed = re.search(r"signed-by=(\S+?)[\s\]]", found[1] or "")
                key = f"Signed-By: {signed[1]}\n" if signed else ""
                return f"Types: deb\nURIs: {found[2]}\nSuites: trixie\nComponents: {found[4]}\n{key}"
    raise Unavailable("this machine has no Debian package source to derive trixie's from")


def _fetch(folder: Path) -> None:
    for part in ("etc", "state/lists/partial", "cache/archives/partial", "root"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "etc" / "trixie.sources").write_text(_source_entry() + "\n")
    (folder / "state" / "status").touch()
    config = folder / "apt.conf"
    config.write_text(
        f'Dir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "{folder}/etc";\n'
        f'Dir::State "{folder}/state";\nDir::State::status "{folder}/state/status";\n'
        f'Dir::Cache "{folder}/cache";\nAPT::Install-Recommends "0";\nAPT::Sandbox::User "root";\n'
    )
    environment = os.environ | {"APT_CONFIG": str(config)}
    for command in (
        ["apt-get", "-qq", "update"],
        ["apt-get", "-qq", "-y", "--download-only", "install", "adbd", "busybox-static", "mksh"],
    ):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        if done.returncode != 0:
            raise Unavailable(f"{' '.join(command)} failed: {done.stderr.strip()[-200:]}")
    for package in sorted((folder / "cache" / "archives").glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(package), str(folder / "root")], check=True, timeout=60)


def _furnish(root: Path) -> None:
    """What adbd expects of a phone: /system/bin with a shell, a few programs, device nodes."""
    for name in ("bin", "lib", "lib64", "sbin"):
        link = root / name
        if not link.exists():
            link.symlink_to(f"usr/{name}")
    for part in ("system/bin", "tmp", "dev/pts", "data/local/tmp"):
        (root / part).mkdir(parents=True, exist_ok=True)
    for shell in ("usr/bin/sh", "system/bin/sh"):
        (root / shell).symlink_to("/usr/bin/mksh")
    for name in _APPLETS:
        (root / "system/bin" / name).symlink_to("/usr/bin/busybox")
    for name, (major, minor) in _DEVICES.items():
        node = root / "dev" / name
        if not node.exists():
            os.mknod(node, 0o20666, os.makedev(major, minor))
            node.chmod(0o666)
    getprop = root / "system/bin/getprop"
    getprop.write_text('#!/system/bin/sh\necho "[ro.product.model]: [Debian adbd]"\n')
    getprop.chmod(0o755)
