"""What every answer carries, whatever it is, and how answers are counted."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from audit.web.house import House

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ALWAYS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    # no-referrer has Chromium send "Origin: null" with the page's own forms
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), serial=()",
    "X-Frame-Options": "DENY",
}
_A_YEAR = "max-age=31536000"


def put(headers: MutableHeaders, *, tls: bool) -> None:
    """Put into *headers* what every answer carries; what a page says of caching stays."""
    for name, value in _ALWAYS.items():
        headers[name] = value
    if tls:
        headers["Strict-Transport-Security"] = _A_YEAR
    headers.setdefault("Cache-Control", "no-store")


class Headers:
    """Puts them on every answer of the application within."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app, self._house = app, house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with them."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                put(MutableHeaders(scope=message), tls=self._house.doors.tls)
                self._house.count(scope, message["status"])
            await send(message)

        await self._app(scope, receive, with_headers)
