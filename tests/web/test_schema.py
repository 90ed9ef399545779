"""Whatever the interface may be sent, and more: no fault of the program comes of it."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok

from audit.model.history import Query
from audit.web.access import Role
from audit.web.describe import describe
from audit.web.headers import CSP
from audit.web.pages import PAGES
from audit.web.serve import serve
from tests.web.benches import HOSTILE, shown
from tests.web.visiting import Site, visit

_WEB = Path(__file__).parents[2] / "audit" / "web"
_INPUT = re.compile(r'<(?:input|select|textarea|button)[^>]*?\bname="(?P<name>\w+)"')
_FILE = re.compile(r'<input(?=[^>]*type="file")[^>]*?\bname="(?P<name>\w+)"')
_ASKED = re.compile(r'(?:query_params\.get|\.line|\.lines|\.text|\.raw|\.upload)\(\s*"(?P<name>\w+)"')
_STREAM, _LAST = "/events", "/logout"
_DOORS = ("/login", "/enter", _LAST)
_HEADERS = {"Accept": "text/html", "X-Forwarded-For": "192.0.2.1"}


def _found(pattern: re.Pattern[str], ending: str) -> tuple[str, ...]:
    """What the templates and handlers of all pages call what is sent to them."""
    texts = (path.read_text() for path in sorted(_WEB.rglob(f"*.{ending}")))
    return tuple(sorted({one["name"] for text in texts for one in pattern.finditer(text)}))


def _description(names: list[str]) -> dict[str, Any]:
    """The interface: names of what there is are among what is sent, and files where they are asked for."""
    fields = tuple(sorted({*_found(_INPUT, "j2"), *_found(_ASKED, "py")}))
    told = describe(PAGES, query=fields, fields=fields)
    known = {"anyOf": [{"enum": [*names, HOSTILE, "..", "%2e%2e"]}, {"type": "string"}]}
    for operations in told["paths"].values():
        for operation in operations.values():
            for one in operation["parameters"]:
                if one["in"] == "path" and one["schema"] == {"type": "string"}:
                    one["schema"] = known
            content = operation.get("requestBody", {"content": {}})["content"]
            if "multipart/form-data" in content:
                schema = content["multipart/form-data"]["schema"]
                files = {one: {"type": "string", "format": "binary"} for one in _found(_FILE, "j2")}
                content["multipart/form-data"]["schema"] = {
                    **schema,
                    "properties": {**schema["properties"], **files},
                }
    return told


@contextmanager
def _served(folder: Path) -> Iterator[tuple[str, dict[str, str], list[str]]]:
    """The address of a page in a thread of its own, headers of its admin, names of what it has."""
    up: list[tuple[str, dict[str, str], list[str]]] = []
    ready, stop = threading.Event(), threading.Event()

    async def work(site: Site) -> None:
        client = await site.guest(Role.ADMIN)
        ended = asyncio.Event()
        cookies = [f"adb-audit-PORT={value}" for name, value in client.cookies.items() if "form" not in name]
        ids = await site.services.archive.ask(lambda history: [one.id for one in history.search(Query())])

        def tell(url: str) -> None:
            cookie = cookies[0].replace("PORT", url.rpartition(":")[2])
            sent = {**_HEADERS, "Cookie": cookie, "X-CSRF-Token": client.headers["X-CSRF-Token"]}
            up.append((url, sent, [*shown(site.services).values(), *ids]))
            ready.set()

        async def wait() -> None:
            await asyncio.to_thread(stop.wait)
            ended.set()

        waiting = asyncio.create_task(wait())
        await serve(site.app, host="127.0.0.1", port=0, tls=None, ready=tell, stop=ended)
        await waiting

    thread = threading.Thread(target=visit, args=(folder, work), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield up[0]
    finally:
        stop.set()
        thread.join(30)


def _thrown(folder: Path, examples: int) -> set[int]:
    """The statuses that come of so many examples for each page, but for the stream; leaving is the last."""
    seen: set[int] = set()
    with _served(folder) as (url, headers, names):
        schema = schemathesis.openapi.from_dict(_description(names))
        operations: list[Any] = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
        for operation in sorted(operations, key=lambda one: one.path == _LAST):
            if operation.path == _STREAM:
                continue

            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy())
            def no_fault(case: Any) -> None:  # noqa: ANN401 - generic over what only schemathesis knows
                answer = case.call(base_url=url, headers=headers, allow_redirects=False, timeout=20)
                assert answer.status_code != 500, (case.as_curl_command(), answer.text)
                assert answer.headers["content-security-policy"] == [CSP]
                if case.operation.path not in _DOORS:
                    seen.add(answer.status_code)

            no_fault()
    return seen


def test_no_fault_comes_of_anything(tmp_path: Path) -> None:
    """Every page, with what fits its description: never a fault of the program, and the door was open."""
    seen = _thrown(tmp_path, 3)
    assert {200, 303, 400, 404} <= seen
    assert not seen & {401, 403}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_fault_comes_of_much(tmp_path: Path) -> None:
    """The same, with many more examples."""
    assert 200 in _thrown(tmp_path, 60)
