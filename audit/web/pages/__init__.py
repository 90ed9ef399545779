"""The pages there are: each module has a tuple ``PAGES``, and a line here."""

from __future__ import annotations

from audit.web.page import Page

PAGES: tuple[Page, ...] = ()
