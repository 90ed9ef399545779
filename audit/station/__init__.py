"""What a bench does: it works one crate after the other, keeps what comes of them, and passes it on.

Nothing here knows of a page or a terminal; `audit.web` and `audit.cli` look on and ask.
"""
