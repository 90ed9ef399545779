"""Templates to pages, and where a form leads."""

from __future__ import annotations

from functools import cache
from importlib import resources
from urllib.parse import quote

from jinja2 import Environment, FunctionLoader
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from audit.reports import html
from audit.web.access import Role
from audit.web.house import house_of, visit_of
from audit.web.nav import links

FORM_FIELD = "csrf"
_LONGEST_SAID = 500


def render(request: Request, template: str, *, status: int = 200, **told: object) -> HTMLResponse:
    """*template* of audit/web/templates, filled with what is *told*, and with what every page has.

    ``visitor`` (None = nobody is logged in), ``csrf`` (a token) and ``csrf_field()`` (the field every
    form needs), ``services_name``, ``nav`` (`Link`), ``said`` (what the last form came to), ``has_bench``,
    ``path``, ``can(role)`` (a word or a `Role`). Templates of audit/reports can be imported by their names.
    """
    text = environment().get_template(template).render(**_context(request), **told)
    return HTMLResponse(text, status_code=status)


def see(request: Request, url: str, *, said: str = "") -> Response:
    """Have the browser get *url*, an address of this station, and say there what came of a form."""
    visit = visit_of(request)
    if said and visit is not None:
        house_of(request).sessions.say(visit.session, said[:_LONGEST_SAID])
    return RedirectResponse(local(url), status_code=303)


def local(url: str, otherwise: str = "/") -> str:
    """*url* if it is an address of this station, from its root; nobody is sent elsewhere."""
    is_path = url.startswith("/") and url[1:2] not in ("/", "\\")
    return quote(url, safe="/?#=&%:;,+@!$'()*~[]") if is_path and url.isprintable() else otherwise


@cache
def environment() -> Environment:
    """As that of reports, whose templates it knows too; made once."""
    made = html.environment().overlay(loader=FunctionLoader(_source))
    made.globals = {**made.globals, "FORM_FIELD": FORM_FIELD}
    return made


def _source(name: str) -> str:
    found = resources.files("audit.web").joinpath("templates", name)
    return found.read_text("utf-8") if found.is_file() else html.file(name)


def _context(request: Request) -> dict[str, object]:
    house, visit = house_of(request), visit_of(request)
    visitor = visit.visitor if visit else None
    csrf = visit.csrf if visit else getattr(request.state, "csrf", "")
    path = request.url.path

    def csrf_field() -> Markup:
        return Markup('<input type="hidden" name="{}" value="{}">').format(FORM_FIELD, csrf)

    def can(role: str | Role) -> bool:
        return visitor is not None and visitor.role.may(Role(role))

    has_bench = house.services.bench is not None
    return {
        "visitor": visitor,
        "csrf": csrf,
        "csrf_field": csrf_field,
        "services_name": house.services.name,
        "nav": tuple(links(house.pages, visitor, path, bench=has_bench)),
        "said": house.sessions.said(visit.session) if visit else "",
        "can": can,
        "has_bench": has_bench,
        "path": path,
    }
