"""The pages there are: each module has a tuple ``PAGES``, and a line here."""

from __future__ import annotations

from audit.web.page import Page
from audit.web.pages import account, crate, manifest, wall

PAGES: tuple[Page, ...] = (
    *wall.PAGES,
    *crate.PAGES,
    *manifest.PAGES,
    *account.PAGES,
)
