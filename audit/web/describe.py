"""The pages as OpenAPI 3.1 has it: for tools that try what an interface does with whatever it may be sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from audit import __version__
from audit.web.page import Page
from audit.web.rendering import FORM_FIELD

COOKIE = "session"
_PARAMETER = re.compile(r"\{(?P<name>\w+)(:(?P<kind>\w+))?\}")
_KINDS = {"int": {"type": "integer", "minimum": 0}, "float": {"type": "number"}}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def describe(
    pages: Iterable[Page], *, query: Iterable[str] = (), fields: Iterable[str] = ()
) -> dict[str, Any]:
    """What *pages* take. query, fields: names that any of them may look for, beside those they declare."""
    query, fields = tuple(query), tuple(fields)
    paths: dict[str, Any] = {}
    for page in pages:
        path = _PARAMETER.sub(lambda found: "{" + found["name"] + "}", page.path)
        paths.setdefault(path, {})[page.method.lower()] = _operation(page, query, fields)
    return {
        "openapi": "3.1.0",
        "info": {"title": "adb-audit station", "version": __version__},
        "paths": paths,
        "components": {
            "securitySchemes": {COOKIE: {"type": "apiKey", "in": "cookie", "name": "adb-audit-PORT"}}
        },
    }


def _operation(page: Page, query: tuple[str, ...], fields: tuple[str, ...]) -> dict[str, Any]:
    found = [
        {"name": one["name"], "in": "path", "required": True, "schema": _KINDS.get(one["kind"], _TEXT)}
        for one in _PARAMETER.finditer(page.path)
    ]
    found += [{"name": name, "in": "query", "schema": _TEXT} for name in _names(page.query, query)]
    told: dict[str, Any] = {
        "operationId": f"{page.method} {page.path}",
        "summary": page.name,
        "parameters": found,
        "responses": {"default": {"description": "A page, a file, or the way to another page."}},
        "security": [] if page.needs is None else [{COOKIE: []}],
    }
    if page.method != "GET":
        told["requestBody"] = _body(_names(page.fields, (FORM_FIELD, *fields)))
    return told


_TEXT = {"type": "string"}


def _body(names: tuple[str, ...]) -> dict[str, Any]:
    schema = {"type": "object", "properties": dict.fromkeys(names, _TEXT), "required": [FORM_FIELD]}
    return {"required": True, "content": {form: {"schema": schema} for form in _FORMS}}


def _names(*some: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in some for name in names))
