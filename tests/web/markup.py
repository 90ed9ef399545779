"""What a page is made of, to see that nothing of a unit became part of it."""

from __future__ import annotations

from html.parser import HTMLParser

_MAY_RUN = ("javascript:", "data:text", "vbscript:")


class Parts(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.texts: list[str] = []
        self.ids: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name in ("href", "src", "action"):
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_data(self, data: str) -> None:
        """Note it."""
        self.texts.append(data)

    @property
    def text(self) -> str:
        """All that is read."""
        return " ".join(" ".join(self.texts).split())


def harmless(page: str) -> Parts:
    """The parts of *page*, none of which runs anything or is styled in place, and each id is there once."""
    parts = Parts(page)
    assert not {name for name in parts.attributes if name.startswith("on") or name == "style"}
    assert not parts.tags & {"img", "iframe", "object", "embed", "style", "base"}
    assert not [link for link in parts.links if link.strip().lower().startswith(_MAY_RUN)]
    assert len(set(parts.ids)) == len(parts.ids)
    assert "<script>" not in page
    return parts
