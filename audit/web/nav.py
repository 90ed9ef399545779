"""The links on top of every page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audit.model.record import record
from audit.web.access import Visitor
from audit.web.page import Page


@record
class Link:
    """A link on top. here: whether it is the page that is shown"""

    title: str
    url: str
    here: bool


_LINKS = (
    ("Wall", "/"),
    ("Crate", "/crate"),
    ("Crates", "/crates"),
    ("History", "/history"),
    ("Waivers", "/waivers"),
    ("Trail", "/trail"),
    ("Account", "/account"),
)


def links(pages: Iterable[Page], visitor: Visitor | None, path: str, *, bench: bool) -> Iterator[Link]:
    """Those that lead to a page which is there, and which *visitor* may see."""
    found = {page.path: page for page in pages if page.method == "GET"}
    for title, url in _LINKS:
        page = found.get(url)
        if page is None or (page.bench and not bench):
            continue
        if page.needs is None or (visitor is not None and visitor.role.may(page.needs)):
            yield Link(title=title, url=url, here=path == url or (url != "/" and path.startswith(url + "/")))
