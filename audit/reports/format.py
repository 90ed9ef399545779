"""What a report format is, and what may be asked of it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence

from audit.model.record import record
from audit.model.report import Report


@record
class Options:
    """How to render; all that a renderer knows beside the reports.

    key: the station's secret, under which identifiers are masked; see `audit.reports.redact`
    reveal: show identifiers instead
    verbose: everything about notes and passes too, not a line each
    width: columns of the terminal
    ansi: the reader understands escape sequences; colour: and wants colours; links: and opens
        addresses (OSC 8)
    ascii: the reader's encoding has no shapes beyond ASCII
    as_list: JSON is an array however many units there are
    """

    key: bytes
    reveal: bool = False
    verbose: bool = False
    width: int = 80
    ansi: bool = False
    colour: bool = False
    links: bool = False
    ascii: bool = False
    as_list: bool = False


Render = Callable[[Sequence[Report], Options], str]


@record
class Format:
    """One way of writing reports.

    module: holds ``render(reports, options) -> str``, pure; imported when used, since each brings its library
    suffix: of a file that holds it; media_type: as in HTTP
    """

    name: str
    title: str
    module: str
    suffix: str
    media_type: str

    def render(self, reports: Sequence[Report], options: Options) -> str:
        """Write *reports* as they are; `audit.reports.render` masks identifiers first."""
        render: Render = importlib.import_module(self.module).render
        return render(reports, options)
