"""Who gets in, and for how long."""

from __future__ import annotations

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import BadInput, UsageError
from audit.web.access import Role
from audit.web.doors import check_bind, is_loopback
from audit.web.entrance import VALID_S, Entrance
from audit.web.sessions import MOST_OF_ONE, Sessions
from audit.web.throttle import Throttle, network_of
from audit.web.users import LONGEST, SHORTEST, Users
from tests.web.visiting import PASSWORD, Site, log_in, quick, token, visit


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now_s = 1_000_000.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now_s


def test_beyond_this_computer(tmp_path: Path) -> None:
    """Beyond loopback the page is served with TLS and a login, or not at all."""
    users = tmp_path / "users.json"
    for host in ("localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]", "::ffff:127.0.0.1"):
        assert is_loopback(host)
        check_bind(host, tls=False, users=None)
    for host in ("0.0.0.0", "::", "192.0.2.1", "bench.lan", "", "127.0.0.1.evil.example"):
        assert not is_loopback(host)
        with pytest.raises(UsageError, match="TLS") as told:
            check_bind(host, tls=False, users=users)
        assert "--tls-cert" in told.value.fix
        with pytest.raises(UsageError, match="log in"):
            check_bind(host, tls=True, users=users)
    users.touch()
    check_bind("0.0.0.0", tls=True, users=users)


def test_token_is_good_once() -> None:
    """The way in for whoever sits there is open once, for a while, and only to the very token."""
    clock = Clock()
    entrance = Entrance("me", now=clock)
    first, second, third = (entrance.path().partition("=")[2] for _ in range(3))
    assert not entrance.take("")
    assert not entrance.take(first[:-1])
    assert entrance.take(first)
    assert not entrance.take(first)
    clock.now_s += VALID_S - 1
    assert entrance.take(second)
    clock.now_s += 2
    assert not entrance.take(third)


def test_token_at_the_page(tmp_path: Path) -> None:
    """A token lets one browser of this computer in as admin; another one, or one elsewhere, it does not."""

    async def work(site: Site) -> None:
        entrance = site.doors.entrance
        assert entrance is not None
        path = entrance.path()
        assert (await site.browser(address="192.0.2.1").get(path)).status_code == 404
        mine = site.browser()
        assert (await mine.head(path)).status_code == 200
        answer = await mine.get(path)
        assert answer.status_code == 303
        for word in ("HttpOnly", "SameSite=strict", "Path=/"):
            assert word in answer.headers["set-cookie"]
        assert "Secure" not in answer.headers["set-cookie"]
        assert (await mine.get("/trail")).status_code == 200
        assert (await site.browser().get(path)).status_code == 403
        assert (await site.browser().get("/enter")).status_code == 403
        trail = await site.services.archive.ask(lambda history: history.actions())
        assert [(one.what, one.who) for one in trail] == [("enter", "somebody")]

    visit(tmp_path, work)


def test_tokens_cannot_be_tried_for_long(tmp_path: Path) -> None:
    """Whoever tries tokens has to wait."""

    async def work(site: Site) -> None:
        client = site.browser()
        answers = {(await client.get("/enter?token=x")).status_code for _ in range(25)}
        assert answers == {403, 429}

    visit(tmp_path, work)


def test_cookie_over_tls(tmp_path: Path) -> None:
    """Over TLS the cookie is for TLS and this host alone, and browsers are told to come back that way."""

    async def work(site: Site) -> None:
        client = site.browser(base="https://localhost:8443")
        answer = await log_in(client, "admin")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-adb-audit-8443=")
        assert "Secure" in cookie
        assert "max-age=" in answer.headers["strict-transport-security"]

    visit(tmp_path, work, doors=lambda doors: replace(doors, tls=True))


def test_new_session_at_login(tmp_path: Path) -> None:
    """A login gives a new session, and the one before it holds no longer."""

    async def work(site: Site) -> None:
        client = await site.guest(Role.OPERATOR)
        before = dict(client.cookies)
        sent = {"csrf": client.headers["X-CSRF-Token"], "name": "admin", "password": PASSWORD}
        answer = await client.post("/login", data=sent)
        assert answer.status_code == 303
        after = dict(client.cookies)
        assert before["adb-audit-8000"] != after["adb-audit-8000"]
        old = site.browser()
        old.cookies.set("adb-audit-8000", before["adb-audit-8000"])
        assert (await old.get("/account")).status_code == 303
        assert "Admin" in (await client.get("/account")).text

    visit(tmp_path, work)


def test_sessions_outlive_a_restart(tmp_path: Path) -> None:
    """A station that was killed and started anew knows its browsers; what it keeps lets nobody in."""
    kept: dict[str, str] = {}

    async def before(site: Site) -> None:
        client = await site.guest(Role.INSPECTOR)
        kept.update(client.cookies)

    async def after(site: Site) -> None:
        client = site.browser()
        client.cookies.update(kept)
        assert "Inspector" in (await client.get("/account")).text
        client.headers["X-CSRF-Token"] = await token(client)
        assert (await client.post("/logout")).status_code == 303

    async def later(site: Site) -> None:
        client = site.browser()
        client.cookies.update(kept)
        assert (await client.get("/account")).status_code == 303

    visit(tmp_path, before)
    path = tmp_path / "sessions.json"
    assert kept["adb-audit-8000"] not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    visit(tmp_path, after)
    visit(tmp_path, later)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"sessions":[{"sha256":1}]}', b"[" * 100_000])
def test_damaged_sessions(tmp_path: Path, content: bytes) -> None:
    """A file of sessions that makes no sense means that everybody logs in again."""
    path = tmp_path / "sessions.json"
    path.write_bytes(content)
    sessions = Sessions(path, idle_s=10, longest_s=100)
    assert sessions.all() == ()
    id_ = sessions.begin("me")
    assert Sessions(path, idle_s=10, longest_s=100).find(id_) is not None


def test_sessions_end() -> None:
    """A login ends when it is not used, any session in the end, or when the clock was set back."""
    clock = Clock()
    sessions = Sessions(idle_s=100, longest_s=1000, now=clock)
    login, local = sessions.begin("login"), sessions.begin("local", role=Role.ADMIN)
    clock.now_s += 99
    used = sessions.find(login)
    assert used is not None
    sessions.touch(used)
    clock.now_s += 99
    assert sessions.find(login) is not None
    clock.now_s += 2
    assert sessions.find(login) is None
    assert sessions.find(local) is not None
    clock.now_s += 799
    assert sessions.find(local) is not None
    clock.now_s += 2
    assert sessions.find(local) is None
    later = sessions.begin("later", role=Role.ADMIN)
    clock.now_s -= 3600
    assert sessions.find(later) is None


def test_sessions_are_bounded() -> None:
    """However often somebody logs in, only their latest sessions are kept."""
    sessions = Sessions(idle_s=100, longest_s=1000)
    ids = [sessions.begin("me") for _ in range(MOST_OF_ONE + 5)]
    assert len(sessions.all()) == MOST_OF_ONE
    assert sessions.find(ids[0]) is None
    assert sessions.find(ids[-1]) is not None


def test_expired_session_at_the_page(tmp_path: Path) -> None:
    """After its time a page leads to the login and back, a stream and a form are refused."""

    async def whole(site: Site) -> None:
        client = await site.guest(Role.ADMIN)
        site.house.sessions._idle_s = -1.0
        gone = await client.get("/account?a=b")
        assert gone.status_code == 303
        assert gone.headers["location"] == "/login?to=/account%3Fa%3Db"
        assert (await client.get("/events", headers={"Accept": "text/event-stream"})).status_code == 401
        assert (await client.post("/account", data={})).status_code == 401

    visit(tmp_path, whole)


def test_roles_change_at_once(tmp_path: Path) -> None:
    """Another role counts from the next request on, and who is removed or gets a password is out."""

    async def work(site: Site) -> None:
        admin, operator = await site.guest(Role.ADMIN), await site.guest(Role.OPERATOR)
        others = Users(site.folder / "users.json", hasher=quick)  # as another program does it
        assert (await admin.get("/trail")).status_code == 200
        others.give("admin", Role.OPERATOR)
        assert (await admin.get("/trail")).status_code == 403
        others.remove("admin")
        assert (await admin.get("/account")).status_code == 303
        others.add("admin", Role.ADMIN, PASSWORD)
        assert (await admin.get("/account")).status_code == 303
        others.set_password("operator", "another horse battery")
        assert (await operator.get("/account")).status_code == 303

    visit(tmp_path, work)


def test_own_password(tmp_path: Path) -> None:
    """Whoever knows the present password gives themselves another; their other sessions end, not this one."""
    new = "a staple of horses"

    async def work(site: Site) -> None:
        client, other = await site.guest(Role.OPERATOR), await site.guest(Role.OPERATOR)
        wrong = {"password": "x", "new": new, "again": new}
        assert (await client.post("/account", data=wrong)).status_code == 400
        short = {"password": PASSWORD, "new": "x", "again": "x"}
        answer = await client.post("/account", data=short)
        assert answer.status_code == 400
        assert str(SHORTEST) in answer.text
        twice = {"password": PASSWORD, "new": new, "again": PASSWORD}
        assert (await client.post("/account", data=twice)).status_code == 400
        right = {"password": PASSWORD, "new": new, "again": new}
        assert (await client.post("/account", data=right)).status_code == 303
        assert "was changed" in (await client.get("/account")).text
        assert "was changed" not in (await client.get("/account")).text
        assert (await other.get("/account")).status_code == 303
        assert (await log_in(site.browser(), "operator")).status_code == 401
        assert (await log_in(site.browser(), "OPERATOR", new)).status_code == 303

    visit(tmp_path, work)


def test_local_session_is_for_this_computer(tmp_path: Path) -> None:
    """What the token began holds on this computer alone, and only where tokens let anybody in."""

    async def work(site: Site) -> None:
        entrance = site.doors.entrance
        assert entrance is not None
        client = site.browser()
        await client.get(entrance.path())
        elsewhere = site.browser(address="192.0.2.1")
        elsewhere.cookies.update(client.cookies)
        assert (await elsewhere.get("/trail")).status_code == 303
        assert (await client.get("/trail")).status_code == 200
        site.house.doors = replace(site.doors, entrance=None)
        assert (await client.get("/trail")).status_code == 303

    visit(tmp_path, work)


def test_damaged_users_at_the_page(tmp_path: Path) -> None:
    """Where who may log in cannot be read, nobody is let in by it, and the page says whom to ask."""

    async def work(site: Site) -> None:
        client = await site.guest(Role.ADMIN)
        session = site.house.sessions.all()[0]
        assert site.house.still(session, Role.ADMIN)
        (site.folder / "users.json").write_bytes(b"{")
        for answer in (await client.get("/trail"), await site.browser().get("/login")):
            assert str(site.folder) not in answer.text
        assert (await client.get("/trail")).status_code == 503
        refused = await log_in(site.browser(), "admin")
        assert refused.status_code == 503
        assert "station users" in refused.text
        assert not site.house.still(session, Role.ADMIN)

    visit(tmp_path, work)


def test_users_file(tmp_path: Path) -> None:
    """Users are kept for their owner only, and no password among them."""
    path = tmp_path / "state" / "users.json"
    users = Users(path, hasher=quick)
    assert users.all() == ()
    users.add("Anna.B", Role.INSPECTOR, PASSWORD, shown="Anna\u202e B\r\n")
    users.add("ola", Role.OPERATOR, PASSWORD)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PASSWORD not in path.read_text()
    assert [(one.name, one.role, one.shown) for one in users.all()] == [
        ("anna.b", Role.INSPECTOR, "Anna B"),
        ("ola", Role.OPERATOR, "ola"),
    ]
    assert users.verify("ANNA.b", PASSWORD) is not None
    assert users.verify("anna.b", PASSWORD + "x") is None
    assert users.verify("nobody", PASSWORD) is None
    users.remove("ola")
    assert users.find("ola") is None
    with pytest.raises(UsageError, match="no user"):
        users.remove("ola")
    with pytest.raises(UsageError, match="there is a user"):
        users.add("anna.b", Role.ADMIN, PASSWORD)
    with pytest.raises(UsageError, match="called"):
        users.add("anna", Role.ADMIN, PASSWORD, shown="anna B")
    there = {one.name for one in tmp_path.joinpath("state").iterdir()}
    assert there - {".users.json.lock"} == {"users.json"}


class _Slow:
    """A hasher during which somebody else does something."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._real, self._meanwhile = quick(), meanwhile

    def hash(self, password: str) -> str:
        """Of *password*."""
        self._meanwhile()
        return self._real.hash(password)


@pytest.mark.parametrize("gone", [False, True])
def test_what_an_admin_does_meanwhile_counts(tmp_path: Path, *, gone: bool) -> None:
    """Somebody who changes their password keeps no role that was taken, and does not come back."""
    path = tmp_path / "users.json"
    admin = Users(path, hasher=quick)
    admin.add("anna", Role.ADMIN, PASSWORD)

    def meanwhile() -> None:
        if gone:
            admin.remove("anna")
        else:
            admin.give("anna", Role.OPERATOR)

    anna = Users(path, hasher=lambda: cast("PasswordHasher", _Slow(meanwhile)))
    if gone:
        with pytest.raises(UsageError, match="no user"):
            anna.set_password("anna", PASSWORD + " 2")
        assert admin.all() == ()
    else:
        assert anna.set_password("anna", PASSWORD + " 2").role is Role.OPERATOR
        assert [one.role for one in admin.all()] == [Role.OPERATOR]
        assert admin.verify("anna", PASSWORD + " 2") is not None


def test_changes_at_once_are_all_kept(tmp_path: Path) -> None:
    """Of many that are made at once by several programs none is lost."""
    path = tmp_path / "users.json"
    names = [f"user-{n}" for n in range(16)]

    def add(name: str) -> None:
        Users(path, hasher=quick).add(name, Role.OPERATOR, PASSWORD)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, names))
    assert sorted(one.name for one in Users(path).all()) == sorted(names)


@pytest.mark.parametrize("name", ["", "a b", "../x", ".x", "é", "x" * 65, "x\n", "<x>"])
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    """A name to log in with is plain."""
    with pytest.raises(UsageError, match="is no name"):
        Users(tmp_path / "users", hasher=quick).add(name, Role.ADMIN, PASSWORD)


@pytest.mark.parametrize(
    "password",
    ["", "x" * (SHORTEST - 1), "x" * SHORTEST, "ababababababab", "x" * (LONGEST + 1), "anna anna anna!"],
)
def test_poor_passwords(tmp_path: Path, password: str) -> None:
    """What is easily guessed by trying is refused, with the reason."""
    with pytest.raises(UsageError) as told:
        Users(tmp_path / "users", hasher=quick).add("anna", Role.ADMIN, password)
    assert told.value.fix


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b'{"users": 1}', b'{"users": [{"name": "a"}]}', b"null", b"[" * 50_000]
)
def test_damaged_users(tmp_path: Path, content: bytes) -> None:
    """A file that makes no sense is an error that names it; nobody is let in, nothing is written over it."""
    path = tmp_path / "users.json"
    path.write_bytes(content)
    users = Users(path, hasher=quick)
    for call in (
        users.all,
        lambda: users.verify("a", PASSWORD),
        lambda: users.add("a", Role.ADMIN, PASSWORD),
    ):
        with pytest.raises(BadInput) as told:
            call()
        assert str(path) in told.value.where
    assert path.read_bytes() == content


def test_damaged_hash(tmp_path: Path) -> None:
    """A hash that is none is said to be so."""
    path = tmp_path / "users.json"
    users = Users(path, hasher=quick)
    users.add("anna", Role.ADMIN, PASSWORD)
    path.write_text(path.read_text().replace("$argon2id", "$nothing"))
    with pytest.raises(BadInput, match="hash"):
        users.verify("anna", PASSWORD)


def test_hash_is_made_anew(tmp_path: Path) -> None:
    """A hash of other parameters is replaced when its password is known, and the sessions stay."""
    path = tmp_path / "users.json"
    before = Users(path, hasher=quick).add("anna", Role.ADMIN, PASSWORD)
    stronger = Users(path, hasher=lambda: PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert stronger.verify("anna", "x" * SHORTEST) is None
    assert stronger.all()[0].hash == before.hash
    assert stronger.verify("anna", PASSWORD) is not None
    after = stronger.all()[0]
    assert "m=16,t=2" in after.hash
    assert after.since == before.since


def test_hashes_cost_something(tmp_path: Path) -> None:
    """Hashes are Argon2id with what OWASP asks for at least."""
    made = Users(tmp_path / "users.json").add("anna", Role.ADMIN, PASSWORD)
    assert made.hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_waits_grow() -> None:
    """After the free failures each wait is twice the one before, to a longest; success forgets them."""
    clock = Clock()
    throttle = Throttle(free=3, longest_s=60, now=clock)
    waits = []
    for _ in range(12):
        throttle.failed("a")
        waits.append(throttle.wait_s("a"))
        clock.now_s += throttle.wait_s("a")
    assert waits == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert throttle.wait_s("b") == 0
    throttle.failed("a")
    throttle.forget(["a"])
    assert throttle.wait_s("a") == 0


@given(st.lists(st.text(max_size=3)))
def test_throttle_is_bounded(keys: list[str]) -> None:
    """Whoever invents names costs no memory."""
    throttle = Throttle(free=1, most=5)
    for key in keys:
        throttle.failed(key)
        assert len(throttle) <= 5


def test_networks() -> None:
    """An IPv6 visitor is its network, since it has as many addresses as it likes."""
    assert network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert network_of("nonsense") == network_of("") == "unknown"
