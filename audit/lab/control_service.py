"""``python -m audit.lab.control_service``: a Frida server, in a process of its own.

The class that frida-server is made of (frida-core, server/server.vala), on a free port of loopback, for a
virtual unit to stand before. Reads one line of JSON from standard input (``token``, ``fault``), prints one
(``port`` or ``error``), and ends on SIGTERM or when standard input does.
"""

from __future__ import annotations

import json
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from audit.lab.front import stand_before

_TRIES = 5
_MOST_BYTES = 4096


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _control_service(frida: Any, parameters: Any) -> tuple[Callable[[], None], Callable[[], None]]:  # noqa: ANN401
    """Start and stop of a control service, as this version of the binding lets one be made.

    The generated wrapper of 17.21 to 17.26 knows no constructor that may fail, and says so; the class beneath
    it can be made.
    """
    try:
        service = frida.ControlService(parameters)
    except NotImplementedError:
        native = frida._frida  # noqa: SLF001  # there is no public way, see above
        native.ControlService.__init__ = lambda self, *_, **__: native.GObject.__init__(self)
        service = native.ControlService.new(parameters._impl, native.ControlServiceOptions())  # noqa: SLF001
        invoke = frida._invoke  # noqa: SLF001
        return (lambda: invoke(service.start, ())), (lambda: invoke(service.stop, ()))
    return service.start, service.stop


def _serve(token: str) -> tuple[int, Callable[[], None]]:
    """Start the server; its port, and what stops it. Raises ImportError without frida."""
    import frida  # noqa: PLC0415  # this process alone pays for it

    refused: Exception | None = None
    for _ in range(_TRIES):
        port = _free_port()
        authentication = ("token", token) if token else None
        parameters = frida.EndpointParameters(address="127.0.0.1", port=port, authentication=authentication)
        start, stop = _control_service(frida, parameters)
        try:
            start()
        except frida.AddressInUseError as trouble:
            refused = trouble
        else:
            return port, stop
    raise OSError(f"no free port: {refused}")


def _keep_silent() -> tuple[int, Callable[[], None]]:
    """Take connections and say nothing."""
    listener = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                kept.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1]), listener.close


def _begin(token: str, fault: str) -> tuple[int, Callable[[], None]]:
    """What was asked for: its port, and what stops it."""
    if fault == "silent":
        return _keep_silent()
    port, stop = _serve(token)
    front, close = stand_before(port, other_version=fault == "wrong-version")

    def stop_both() -> None:
        close()
        stop()

    return front, stop_both


def main() -> int:
    """Serve until told to stop; 1 when there is no server to be had."""
    told = json.loads(sys.stdin.readline(_MOST_BYTES) or "{}")
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    try:
        port, stop = _begin(str(told.get("token", "")), str(told.get("fault", "")))
    except (ImportError, AttributeError, OSError) as trouble:
        sys.stdout.write(json.dumps({"error": f"{type(trouble).__name__}: {trouble}"}) + "\n")
        return 1
    sys.stdout.write(json.dumps({"port": port}) + "\n")
    sys.stdout.flush()

    def watch_input() -> None:
        while sys.stdin.readline(_MOST_BYTES):
            pass
        over.set()

    threading.Thread(target=watch_input, daemon=True).start()
    over.wait()
    stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
