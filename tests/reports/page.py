"""Reads a page as a browser would take it, for tests of the HTML report."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """What a page shows, and every element and attribute in it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element and its attributes."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Note what is shown."""
        self._words.append(data)

    @property
    def text(self) -> str:
        """All that is shown."""
        return "".join(self._words)


def read_page(text: str) -> Page:
    """The page in *text*."""
    page = Page()
    page.feed(text)
    return page
