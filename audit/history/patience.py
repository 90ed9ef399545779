"""Connections to a server over a network that may go silent: a network cut tells nobody."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator
from typing import Any

from sqlalchemy import Engine, event

from audit.model.record import record

_BUSY_S = 60
_END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = %s AND usename = current_user AND pid <> pg_backend_pid()"
)
_LOOK_S = 2
_CONNECT_S = 5


def _never() -> bool:
    return False


@record
class Network:
    """When to give up on a server.

    silent_s: after so long without a sign of life; given_up: asked often, at once when it says so
    """

    silent_s: float
    given_up: Callable[[], bool] = _never


def over_a_network(network: Network) -> dict[str, Any]:
    """What libpq and the server are told of a connection (PostgreSQL manual, "Parameter Key Words")."""
    # the server lets go of a station that is gone before the station itself gives up and comes again: it may
    # be in the middle of a transaction for which all others wait
    idle_ms = max(int(network.silent_s * 1000 * 2 / 3), 100)
    told = {
        "idle_in_transaction_session_timeout": idle_ms,
        "statement_timeout": _BUSY_S * 1000,
        "client_connection_check_interval": _LOOK_S * 1000,
        "tcp_keepalives_idle": max(idle_ms // 2000, 1),
        "tcp_keepalives_interval": max(idle_ms // 4000, 1),
        "tcp_keepalives_count": 3,
        "tcp_user_timeout": idle_ms,
    }
    return {
        "connect_timeout": _CONNECT_S,
        "keepalives": 1,
        "keepalives_idle": max(int(network.silent_s) // 2, 1),
        "keepalives_interval": max(int(network.silent_s) // 6, 1),
        "keepalives_count": 3,
        "tcp_user_timeout": int(network.silent_s * 1000),
        "options": " ".join(f"-c {name}={value}" for name, value in told.items()),
    }


def impatient(engine: Engine, network: Network) -> None:
    """Let connections of *engine* break off where nothing came or could be sent for too long.

    What TCP has for this is not enough: a proxy or a frozen server goes on acknowledging. Nor does the server
    count a station as idle in the middle of a message, so the next connection ends what is left of those.
    """
    made: list[Any] = []
    name = f"adb-audit {secrets.token_hex(8)}"
    dropped: list[None] = []

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, given: list[Any], named: dict[str, Any]) -> Any:  # noqa: ANN401 - a driver's own
        if not made:
            made.append(_kind(network, lambda: dropped.append(None)))
        connection = made[0].connect(*given, **(named | {"application_name": name}))
        if dropped:
            connection.execute(_END_OTHERS, [name])
            connection.commit()
            dropped.clear()
        return connection


def _kind(network: Network, dropped: Callable[[], None]) -> Any:  # noqa: ANN401 - psycopg is of an extra
    import psycopg  # noqa: PLC0415 - of an extra

    class Impatient(psycopg.Connection[Any]):
        """Every wait for the server goes through `wait`."""

        def wait(self, gen: Any, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - as it is declared there
            return super().wait(self._limited(gen), *given, **named)

        def _limited(self, gen: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
            """What *gen* yields and is sent; ready is 0 where only time went by."""
            heard = time.monotonic()
            try:
                wanted = next(gen)
                while True:
                    ready = yield wanted
                    if ready:
                        heard = time.monotonic()
                    elif network.given_up() or time.monotonic() - heard > network.silent_s:
                        self.close()
                        dropped()
                        raise psycopg.OperationalError(
                            f"nothing came from the server for {time.monotonic() - heard:.0f} s"
                        )
                    wanted = gen.send(ready)
            except StopIteration as end:
                return end.value

    return Impatient
