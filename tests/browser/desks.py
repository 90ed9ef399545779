"""The desk most of these tests stand at: twelve units of all kinds, a golden one, a key, an inspector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Browser

from audit.lab.spec import Auth, PackageSpec, UnitSpec
from audit.model.record import record
from tests.browser.desk import Running, crates, program, station, with_key
from tests.browser.looking import Cookies, Seen, let_in, seen
from tests.contracts.crates import Bench, bench, connects, unit

PASSWORD = "correct horse battery staple"
TWICE = "LABTWICE0405"
GOLDEN = "golden X20"
EXTRA = "org.example.preloaded"
MODEL = "Nokia 7 plus"


def _with_extra(spec: UnitSpec) -> UnitSpec:
    extra = PackageSpec(path="/product/app/Preloaded", version_code=7, version_name="7.0", uid=10_407)
    return replace(spec, packages={**spec.packages, EXTRA: extra})


SPECS = (
    _with_extra(unit("clean-global", 0)),
    unit("clean-global", 1),
    unit("clean-global", 2),
    unit("clean-global", 3, auth=Auth.PROMPT, allow_after_s=2.0),
    unit("fixed-2019", 4, serial=TWICE),
    unit("fixed-2019", 5, serial=TWICE),
    unit("incident-2019", 6, latency_ms={"": 40}),
    unit("colombian-lock", 7),
    unit("dormant-eu", 8),
    unit("reflashed-xiaomi", 9),
    unit("work-profile", 10),
    unit("slow", 11, latency_ms={"": 60}),
)
VERDICTS = {
    "clean-global": "PASS",
    "fixed-2019": "PASS",
    "incident-2019": "FAIL",
    "colombian-lock": "FAIL",
    "dormant-eu": "REVIEW",
    "reflashed-xiaomi": "REVIEW",
    "work-profile": "INCONCLUSIVE",
    "slow": "PASS",
}
"""By the name of a unit: what the lab says of it by itself, for Norway."""
LOOKED_AT = (0, 1, 4, 5)
"""They would pass by themselves: one carries what no other does, one is in no manifest, two are twins."""
MISSING, UNEXPECTED = "LABNEVERSEEN01", "clean-global"


@record
class Desk:
    """A station with what is plugged in at it. cookies: of who sits there; home: of the station"""

    rig: Bench
    running: Running
    cookies: Cookies
    home: Path

    @property
    def wanted(self) -> dict[str, str]:
        """The verdict of each unit among the others and by the manifest, by its place."""
        alone = {one.address: VERDICTS[one.spec.id] for one in self.rig.units if one.spec.id in VERDICTS}
        return alone | {self.rig.units[number].address: "REVIEW" for number in LOOKED_AT}

    def place(self, name: str) -> str:
        """Where the last unit of that name is plugged in."""
        return next(one.address for one in reversed(self.rig.units) if one.spec.id == name)

    @contextmanager
    def seen(self, browser: Browser, **more: object) -> Iterator[Seen]:
        """A browser of who sits there, which nothing may go wrong in."""
        with seen(browser, self.running.url, self.cookies, **more) as one:  # type: ignore[arg-type] # passed on
            yield one

    def manifest(self) -> Path:
        """A list of what should be there: one is missing, and two units are not in it, one of them a twin."""
        path = self.home / "lot-7.csv"
        rows = [f"{one.serial};{one.identity.imei[0]};NO" for one in SPECS if one not in (SPECS[1], SPECS[5])]
        path.write_text("\r\n".join(["Serial No;IMEI;Market", *rows, f"{MISSING};;NO", ""]), "utf-8")
        return path

    def crate(self, one: Seen, **fields: str | Path) -> str:
        """A crate that has just begun, whatever was on the bench before; its name."""
        self.clear(one)
        for plugged in self.rig.units:
            plugged.trusted.clear()  # somebody revoked the authorisations
        name = f"lot {len(list(crates(self.home).glob('lot *')))}"
        one.begin(name, **(fields or {"manifest": self.manifest()}))
        one.page.locator("[data-crate], .trouble").wait_for()
        trouble = one.page.locator(".trouble")
        assert trouble.count() == 0, trouble.inner_text()
        return name

    def clear(self, one: Seen) -> None:
        """End what is on the bench."""
        one.go()
        if one.page.locator("#bench").count():
            one.end()

    def whole(self, one: Seen) -> None:
        """A crate whose units are all done; the one that is there, or a new one. The wall is open then."""
        one.go()
        bench = one.page.locator("#bench")
        if not bench.count() or not one.page.locator("[data-crate^='lot ']").count():
            self.crate(one)
        one.until_done(len(SPECS))


@contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    """One that runs until the block ends."""
    home = with_key(folder / "home")
    golden, password = folder / "golden.json", folder / "password"
    password.write_text(PASSWORD, "utf-8")
    program(home, "station", "users", "add", "kari", "--role", "inspector", "--password-file", password)
    with bench([unit("clean-global", 99)]) as rig:
        program(
            home,
            "baseline",
            "save",
            "-o",
            golden,
            "--name",
            GOLDEN,
            "--transport",
            "tcp",
            *connects(rig.addresses),
        )
    with bench(SPECS) as rig, station(home, rig.addresses, "--baseline", golden) as running:
        yield Desk(rig=rig, running=running, cookies=let_in(running), home=home)
