"""``python -m tests.hooks.control_service PORT TOKEN``: Frida's own server, the part that is not Android's.

frida-server is `ControlService` behind a command line (frida-core server/server.vala). It runs in a
process of its own, says "ready" once it listens, and ends with its standard input.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def start(port: int, token: str) -> Any:  # noqa: ANN401 - frida's own
    """Listen on *port* of loopback for clients with *token*; the service, which has `stop`."""
    frida: Any = import_module("frida")
    parameters = frida.EndpointParameters(address="127.0.0.1", port=port, authentication=("token", token))
    try:
        service = frida.ControlService(parameters)
        service.start()
    except NotImplementedError:  # the binding of 17.21 to 17.26 makes none; the class beneath it does
        native = frida._frida
        native.ControlService.__init__ = lambda self, *_a, **_k: native.GObject.__init__(self)
        beneath = native.ControlService.new(parameters._impl, native.ControlServiceOptions())
        frida._invoke(beneath.start, ())
        return beneath
    return service


def main() -> None:
    """Serve until nobody holds the other end of standard input."""
    service = start(int(sys.argv[1]), sys.argv[2])
    print("ready", flush=True)  # noqa: T201 - the answer to whoever started this
    sys.stdin.read()
    del service


if __name__ == "__main__":
    main()
