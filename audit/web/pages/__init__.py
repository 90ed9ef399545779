"""The pages there are: each module has a tuple ``PAGES``, and a line here."""

from __future__ import annotations

from audit.web.page import Page
from audit.web.pages import (
    account,
    crate,
    crates,
    description,
    feed,
    golden,
    health,
    history,
    manifest,
    papers,
    signoff,
    trail,
    unit,
    waivers,
    wall,
)

PAGES: tuple[Page, ...] = (
    *wall.PAGES,
    *crate.PAGES,
    *crates.PAGES,
    *manifest.PAGES,
    *unit.PAGES,
    *signoff.PAGES,
    *papers.PAGES,
    *golden.PAGES,
    *waivers.PAGES,
    *history.PAGES,
    *trail.PAGES,
    *account.PAGES,
    *feed.PAGES,
    *health.PAGES,
    *description.PAGES,
)
