"""What the station page refuses, as a table of attacks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from audit.errors import BadInput, NotReady, NoUnit, TransportError, UsageError
from audit.history.troubles import HistoryError
from audit.web import forms, headers
from audit.web.access import Role
from audit.web.app import application
from audit.web.doors import Doors
from audit.web.page import Page
from audit.web.pages import PAGES
from audit.web.services import Services
from tests.web.benches import HOSTILE
from tests.web.visiting import BASE, PASSWORD, Site, log_in, token, visit

_SECRET = "the bug's own words"
_PARAMETER = re.compile(r"\{[^}]*\}")
_STREAM = "/events"


async def _bug(_request: Request, _services: Services) -> Response:
    raise RuntimeError(_SECRET)


async def _echo(request: Request, _services: Services) -> Response:
    form = await forms.read(request)
    files = [f"{one.name} {one.path} {one.path.stat().st_size}" for one in form.uploads.values()]
    return PlainTextResponse("\n".join([*files, form.line("a"), repr(form.raw("b"))]))


async def _raising(request: Request, _services: Services) -> Response:
    errors = {
        "usage": UsageError("no", fix="do"),
        "bad": BadInput("no", where=f"/there/{HOSTILE}", fix="do"),
        "none": NoUnit("no"),
        "not-ready": NotReady("no"),
        "transport": TransportError("no"),
        "history": HistoryError("no"),
    }
    raise errors[request.path_params["which"]]


ODD = (
    Page(path="/bug", answer=_bug, name="bug", needs=None),
    Page(path="/echo", answer=_echo, name="echo", method="POST", limit_bytes=4096),
    Page(path="/raise/{which}", answer=_raising, name="raise"),
)


def odd(services: Services, doors: Doors) -> Starlette:
    """All pages, and some that nobody has."""
    return application(services, doors, pages=(*PAGES, *ODD))


def _filled(path: str) -> str:
    return _PARAMETER.sub(lambda found: "1" if found[0].endswith(":int}") else "x", path)


async def _ask(client: httpx.AsyncClient, page: Page) -> httpx.Response:
    return await client.request(
        page.method, _filled(page.path), data={"a": "b"} if page.method == "POST" else None
    )


def _secured(answer: httpx.Response) -> None:
    assert answer.headers["content-security-policy"] == headers.CSP
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert answer.headers["cache-control"] in {"no-store", "no-cache"}


def test_no_page_below_its_role(tmp_path: Path) -> None:
    """No page answers anybody whose role is less than it needs, nor does anything of what it was sent."""

    async def work(site: Site) -> None:
        stranger = site.browser()
        stranger.headers["Accept"] = "*/*"
        clients = {role: await site.guest(role) for role in Role}
        for page in PAGES:
            if page.needs is None:
                continue
            assert (await _ask(stranger, page)).status_code == 401, page
            for role, client in clients.items():
                if not role.may(page.needs):
                    answer = await _ask(client, page)
                    assert answer.status_code == 403, (page, role)
                    assert page.needs.value in answer.text
                    _secured(answer)
        assert not site.services.bench.asked  # type: ignore[union-attr]  # it has one

    visit(tmp_path, work)


def test_every_page_at_its_role(tmp_path: Path) -> None:
    """Whoever has the role of a page gets past the door, so that refusals above are for the role."""

    async def work(site: Site) -> None:
        admin = await site.guest(Role.ADMIN)
        for page in PAGES:
            if page.method == "GET" and page.path != _STREAM:
                answer = await _ask(admin, page)
                assert answer.status_code in {200, 303, 404, 400, 409}, (
                    page,
                    answer.status_code,
                    answer.text,
                )
                _secured(answer)

    visit(tmp_path, work)


FOREIGN_HOST = [
    "evil.example",
    "localhost.evil.example",
    "evil.example:8000",
    "localhost@evil",
    "",
    "[::2]",
    "a" * 5000,
    "127.0.0.2",
]


def test_foreign_host(tmp_path: Path) -> None:
    """A request to another name is answered 400, for every kind of address."""

    async def work(site: Site) -> None:
        for host in FOREIGN_HOST:
            client = await site.guest(Role.ADMIN)
            for path in ("/", "/login", "/static/station.css", "/healthz", "/metrics", "/nowhere"):
                answer = await client.get(path, headers={"Host": host})
                assert answer.status_code == 400, path
                _secured(answer)

    visit(tmp_path, work)


OWN_HOST = ["localhost", "LOCALHOST:1", "127.0.0.1:8000", "[::1]:8000", "localhost.", "bench.lan:8443"]


def test_own_host(tmp_path: Path) -> None:
    """Its own names are known however they are written."""

    async def work(site: Site) -> None:
        for host in OWN_HOST:
            assert (await site.browser().get("/login", headers={"Host": host})).status_code == 200

    visit(tmp_path, work, doors=lambda doors: replace(doors, hosts=("bench.lan",)))


FOREIGN = (
    {"Origin": "null"},
    {"Origin": "http://evil.example"},
    {"Origin": "http://localhost:9000"},
    {"Origin": "https://localhost:8000"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"X-CSRF-Token": ""},
    {"X-CSRF-Token": "0" * 64},
    {"X-CSRF-Token": "é"},
)


def test_foreign_form(tmp_path: Path) -> None:
    """A form of another page is refused by every page that takes one, whatever its sender got right."""

    async def work(site: Site) -> None:
        for sent in FOREIGN:
            admin = await site.guest(Role.ADMIN)
            for page in PAGES:
                if page.method == "POST":
                    raw = {name.encode(): value.encode() for name, value in sent.items()}
                    answer = await admin.post(_filled(page.path), headers=raw, data={"name": "x"})
                    assert answer.status_code == 403, page
                    assert "nothing was done" in answer.text
            assert (await admin.get("/account")).status_code == 200

    visit(tmp_path, work)


def test_token_of_another_session(tmp_path: Path) -> None:
    """A token in the form is as good as in a header, but only the one of the session."""

    async def work(site: Site) -> None:
        admin, other = await site.guest(Role.ADMIN), await site.guest(Role.OPERATOR)
        mine, theirs = admin.headers.pop("X-CSRF-Token"), other.headers["X-CSRF-Token"]
        assert (await admin.post("/logout", data={})).status_code == 403
        assert (await admin.post("/logout", data={"csrf": theirs})).status_code == 403
        assert (await admin.post("/logout", data={"csrf": mine}, headers={"Origin": BASE})).status_code == 303
        assert (await admin.get("/account")).status_code == 303

    visit(tmp_path, work)


def test_other_site_reads_nothing(tmp_path: Path) -> None:
    """Another page of this host may send somebody here, but has nothing of it as a part of itself."""

    async def work(site: Site) -> None:
        admin = await site.guest(Role.ADMIN)
        other = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}
        assert (await admin.get("/history", headers=other)).status_code == 403
        assert (
            await admin.get("/history", headers=other | {"Sec-Fetch-Mode": "navigate"})
        ).status_code == 200

    visit(tmp_path, work)


TRAVERSAL = [
    "/static/../app.py",
    "/static/..%2fapp.py",
    "/static/%2e%2e/%2e%2e/etc/passwd",
    "/static/..%5c..%5capp.py",
    "/static//etc/passwd",
    "/static/station.css%00.js",
    "/static/",
    "/static/.",
    "/unit/..%2f..%2f..%2fetc%2fpasswd",
    "/unit/%2e%2e",
    "/unit/" + "A" * 5000,
    "/unit/%00",
    "/unit/%ff%fe",
]


def test_traversal(tmp_path: Path) -> None:
    """No address leads to a file that is not meant to be seen."""

    async def work(site: Site) -> None:
        for path in TRAVERSAL:
            admin = await site.guest(Role.ADMIN)
            url = httpx.URL(BASE).copy_with(raw_path=path.encode())
            answer = await admin.get(url)
            assert answer.status_code in {400, 404}, answer.text
            assert "root:" not in answer.text
            _secured(answer)

    visit(tmp_path, work)


async def _endless(sent: list[int]) -> AsyncIterator[bytes]:
    while True:
        sent.append(1)
        yield b"x" * 1024


def test_oversized(tmp_path: Path) -> None:
    """Whoever sends more than a page takes is stopped at once, whether they said how much it is or not."""

    async def work(site: Site) -> None:
        client = await site.guest(Role.OPERATOR)
        for page in (one for one in site.house.pages if one.method == "POST"):
            if page.needs not in {None, Role.OPERATOR}:
                continue
            path = _filled(page.path)
            said = {
                "Content-Length": str(page.limit_bytes + 1),
                "Content-Type": "multipart/form-data; boundary=b",
            }
            answer = await client.post(path, headers=said, content=b"--b\r\n")
            assert answer.status_code == 413, page
            assert answer.headers["connection"] == "close"
            del client.headers["X-CSRF-Token"]
            sent: list[int] = []
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = await client.post(path, headers=kind, content=_endless(sent))
            assert answer.status_code in {413, 400}, page  # one field may not be as large as a file
            assert answer.headers["connection"] == "close"
            assert len(sent) <= page.limit_bytes // 1024 + 2
            client.headers["X-CSRF-Token"] = await token(client)

    visit(tmp_path, work, make=odd)


ODD_LENGTH = ["-1", "1e9", "\uff19", "9" * 40, "0x10", "1, 1"]


def test_odd_length(tmp_path: Path) -> None:
    """A length that is none is refused."""

    async def work(site: Site) -> None:
        for length in ODD_LENGTH:
            client = await site.guest(Role.OPERATOR)
            answer = await client.post("/echo", headers={b"Content-Length": length.encode()}, content=b"a=b")
            assert answer.status_code in {400, 413}

    visit(tmp_path, work, make=odd)


def test_many_parts(tmp_path: Path) -> None:
    """More fields or files than a form may have are refused, and so is what is no form at all."""

    async def work(site: Site) -> None:
        client = await site.guest(Role.OPERATOR)
        del client.headers["X-CSRF-Token"]
        many = "&".join(f"a{n}=" for n in range(forms.MOST_FIELDS + 1))
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert (await client.post("/echo", headers=kind, content=many)).status_code == 400
        files = {f"f{n}": ("n", b"") for n in range(forms.MOST_FILES + 1)}
        assert (await client.post("/echo", files=files)).status_code == 400
        broken = {"Content-Type": "multipart/form-data"}
        assert (await client.post("/echo", headers=broken, content=b"--x")).status_code == 400
        broken = {"Content-Type": "multipart/form-data; boundary=b; charset=rot13"}
        assert (await client.post("/echo", headers=broken, content=b"--b\r\nnonsense")).status_code in {
            400,
            403,
        }

    visit(tmp_path, work, make=odd)


def test_uploads_are_gone_afterwards(tmp_path: Path) -> None:
    """A file lies in a private folder under a name of ours, and is gone when its page has answered."""

    async def work(site: Site) -> None:
        client = await site.guest(Role.OPERATOR)
        sent: dict[str, Any] = {
            "file": ("../../evil\r\n/x.CSV", b"12345", "text/csv"),
            "other": ("x.<img>", b"1"),
        }
        answer = await client.post("/echo", files=sent, data={"a": " line\r\n\x1b[2J ", "b": "p\u202e"})
        first, second, line, raw = answer.text.splitlines()
        name, path, size = first.rsplit(" ", 2)
        assert size == "5"
        assert path.endswith("/upload-0.csv")
        assert "/" not in name
        assert second.split()[1].endswith("/upload-1")
        assert line == "line [2J"
        assert raw == repr("p\u202e")
        assert not Path(path).parent.exists()

    visit(tmp_path, work, make=odd)


def test_slow_sender(tmp_path: Path) -> None:
    """Whoever does not come to an end is not waited for."""

    async def dripping() -> AsyncIterator[bytes]:
        yield b"a="
        await asyncio.sleep(60)
        yield b"b"

    async def work(site: Site) -> None:
        client = await site.guest(Role.OPERATOR)
        del client.headers["X-CSRF-Token"]
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await client.post("/echo", headers=kind, content=dripping())
        assert answer.status_code == 408

    visit(tmp_path, work, make=odd, doors=lambda doors: replace(doors, patience_s=0.05))


def test_bug_shows_nothing(tmp_path: Path) -> None:
    """A fault of the program is a page without a word of it, with every header, counted as one."""

    async def work(site: Site) -> None:
        answer = await site.browser().get("/bug")
        assert answer.status_code == 500
        assert _SECRET not in answer.text
        assert "Traceback" not in answer.text
        _secured(answer)
        assert site.house.statuses["GET", 500] == 1

    visit(tmp_path, work, make=odd)


@pytest.mark.parametrize(
    ("which", "status"),
    [("usage", 400), ("bad", 400), ("none", 404), ("not-ready", 409), ("transport", 503), ("history", 503)],
)
def test_trouble_is_a_page(tmp_path: Path, which: str, status: int) -> None:
    """An error says what, where and the fix, under the status of its class, and nothing of it is markup."""

    async def work(site: Site) -> None:
        answer = await (await site.guest(Role.OPERATOR)).get(f"/raise/{which}")
        assert answer.status_code == status
        assert "<img" not in answer.text
        assert "\u202e" not in answer.text
        _secured(answer)

    visit(tmp_path, work, make=odd)


OTHER_METHODS = ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW", "CONNECT"]


def test_other_methods(tmp_path: Path) -> None:
    """A method that a page does not know is answered 405, with those it knows."""

    async def work(site: Site) -> None:
        for method in OTHER_METHODS:
            admin = await site.guest(Role.ADMIN)
            answer = await admin.request(method, "/login")
            assert answer.status_code == 405
            assert {one.strip() for one in answer.headers["allow"].split(",")} == {"GET", "HEAD", "POST"}
            _secured(answer)

    visit(tmp_path, work)


ODD_COOKIES = [
    "",
    "x",
    "é",
    "a=b; adb-audit-8000=",
    'adb-audit-8000="\\"; x',
    "adb-audit-8000=" + "A" * 9000,
    "\xff=\xff",
]


def test_odd_cookies(tmp_path: Path) -> None:
    """A cookie that means nothing is nobody's."""

    async def work(site: Site) -> None:
        for cookie in ODD_COOKIES:
            answer = await site.browser().get("/", headers={b"Cookie": cookie.encode("latin-1")})
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/login")

    visit(tmp_path, work)


LOGIN_LEADS_NOWHERE_ELSE = [
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "\\/evil",
    "/\tx",
    "/x\r\nSet-Cookie: a=b",
    "javascript:x",
]


def test_login_leads_nowhere_else(tmp_path: Path) -> None:
    """Whatever an address says, a login leads to a page of this station, and splits no header."""

    async def work(site: Site) -> None:
        for to in LOGIN_LEADS_NOWHERE_ELSE:
            client = site.browser()
            csrf = await token(client, "/login")
            sent = {"csrf": csrf, "name": "admin", "password": PASSWORD, "to": to}
            answer = await client.post("/login", data=sent)
            assert answer.status_code == 303
            assert answer.headers["location"] == "/"
            assert "a" not in answer.cookies
            again = await client.get("/login", params={"to": to})
            assert again.headers["location"] == "/"

    visit(tmp_path, work)


def test_many_logins(tmp_path: Path) -> None:
    """After a few failures a name has to wait, also with the right password; other names need not."""

    async def work(site: Site) -> None:
        client = site.browser()
        answers = [(await log_in(client, "admin", "wrong")).status_code for _ in range(7)]
        assert answers[:5] == [401] * 5
        assert answers[-1] == 429
        refused = await log_in(client, "admin")
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 300
        _secured(refused)
        assert (await log_in(site.browser(), "operator")).status_code == 303
        trail = await site.services.archive.ask(lambda history: history.actions())
        assert [one.what for one in trail].count("login-refused") == len([a for a in answers if a == 401])

    visit(tmp_path, work)


def test_many_names_from_one_address(tmp_path: Path) -> None:
    """Whoever tries one password for many names has to wait as well; other addresses need not."""

    async def work(site: Site) -> None:
        client = site.browser(address="192.0.2.7")
        answers = [(await log_in(client, f"n{n}", "wrong")).status_code for n in range(24)]
        assert 429 in answers
        assert (await log_in(site.browser(address="192.0.2.8"), "admin")).status_code == 303

    visit(tmp_path, work)


def test_markup_in_names(tmp_path: Path) -> None:
    """What somebody gives for a name is text on the page, in the trail, and in no header."""

    async def work(site: Site) -> None:
        answer = await log_in(site.browser(), HOSTILE, "wrong")
        assert answer.status_code == 401
        assert "<img" not in answer.text
        site.users.add("odd", Role.OPERATOR, PASSWORD, shown=HOSTILE)
        assert (await log_in(site.browser(), "odd")).status_code == 303
        admin = await site.guest(Role.ADMIN)
        trail = (await admin.get("/trail")).text
        assert "login-refused" in trail
        assert "<img" not in trail
        assert "&lt;img" in trail
        assert "\u202e" not in trail

    visit(tmp_path, work)


@pytest.mark.parametrize("number", ["9" * 5000, "0", "-1", "1x", "\u0661", "<img>"])
def test_odd_numbers_in_addresses(tmp_path: Path, number: str) -> None:
    """A number nobody has is answered like any other address where nothing is, to strangers too."""

    async def work(site: Site) -> None:
        path = f"/report/{'a' * 64}/record-{number}.dsse"
        stranger = site.browser()
        assert (await stranger.get(path)).status_code == 303
        answer = await (await site.guest(Role.OPERATOR)).get(path)
        assert answer.status_code == 404
        assert "<img>" not in answer.text

    visit(tmp_path, work)


def test_paths_are_for_the_admin(tmp_path: Path) -> None:
    """Where the history lies on this computer is told to who looks after it, and nobody else."""

    async def work(site: Site) -> None:
        for role in Role:
            answer = await (await site.guest(role)).get("/report/a")
            assert answer.status_code == 400
            assert (str(tmp_path) in answer.text) == (role is Role.ADMIN)

    visit(tmp_path, work)


def test_a_password_in_the_wrong_field_is_not_kept(tmp_path: Path) -> None:
    """The trail names those there are; what else was typed for a name may be a secret."""

    async def work(site: Site) -> None:
        client = site.browser()
        await log_in(client, PASSWORD, "x")
        await log_in(client, Role.OPERATOR.value, "x")
        actions = await site.services.archive.ask(lambda history: tuple(history.actions()))
        assert [(one.what, one.who, one.about) for one in actions] == [
            ("login-refused", "operator", "operator"),
            ("login-refused", "unknown name", "unknown name"),
        ]

    visit(tmp_path, work)
