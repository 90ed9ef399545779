"""What a station tells Prometheus, in its text format (version 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audit import __version__
from audit.errors import AuditError
from audit.model.crate import Phase
from audit.model.report import Decision
from audit.station.bench import Bench
from audit.station.forwarding import Lag, State
from audit.web.house import House

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

KIND = "text/plain; version=0.0.4; charset=utf-8"


def metrics(house: House, *, history: bool) -> bytes:
    """How the station is now. history: whether it answers"""
    try:
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - of an extra
        from prometheus_client.registry import Collector  # noqa: PLC0415 - of an extra
    except ImportError as error:
        raise AuditError("metrics need prometheus-client", fix="pip install 'adb-audit[station]'") from error

    class Now(Collector):
        def collect(self) -> Iterator[Metric]:
            return _collected(house, history=history)

    registry = CollectorRegistry()
    registry.register(Now())
    return generate_latest(registry)


def _collected(house: House, *, history: bool) -> Iterator[Metric]:
    from prometheus_client.core import (  # noqa: PLC0415 - of an extra
        CounterMetricFamily,
        GaugeMetricFamily,
        InfoMetricFamily,
    )

    build = InfoMetricFamily("adb_audit_build", "The program that runs.")
    build.add_metric((), {"version": __version__})
    yield build
    yield GaugeMetricFamily("adb_audit_history_up", "Whether the history answers.", value=float(history))
    yield GaugeMetricFamily(
        "adb_audit_event_subscribers", "Pages that look on.", value=float(house.subscribers)
    )
    answers = CounterMetricFamily(
        "adb_audit_http_responses", "Answers by method and status.", labels=("method", "status")
    )
    for (method, status), number in sorted(house.statuses.items()):
        answers.add_metric((method, str(status)), float(number))
    yield answers
    if house.services.bench is not None:
        yield from _of_bench(house.services.bench)
    lag = house.services.lag
    told = None if lag is None else lag()
    if told is not None:
        yield from _of_forwarding(told)


def _of_bench(bench: Bench) -> Iterator[Metric]:
    from prometheus_client.core import (  # noqa: PLC0415 - of an extra
        GaugeMetricFamily,
        SummaryMetricFamily,
    )

    tiles = bench.tiles()
    results = [tile.result for tile in tiles if tile.result is not None]
    running = float(bench.head is not None)
    yield GaugeMetricFamily("adb_audit_crate_running", "Whether a crate is on the bench.", value=running)
    verdicts = GaugeMetricFamily("adb_audit_units", "Units of this crate by verdict.", labels=("verdict",))
    for decision in Decision:
        verdicts.add_metric((decision.value,), float(sum(one.decision is decision for one in results)))
    yield verdicts
    phases = GaugeMetricFamily("adb_audit_units_in", "Units plugged in, by phase.", labels=("phase",))
    for phase in Phase:
        phases.add_metric((phase.value,), float(sum(one.phase is phase and not one.gone for one in tiles)))
    yield phases
    yield SummaryMetricFamily(
        "adb_audit_unit_seconds",
        "From plugging in to the verdict, of the units of this crate.",
        count_value=len(results),
        sum_value=sum(one.took_s for one in results),
    )


def _of_forwarding(lag: Lag) -> Iterator[Metric]:
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - of an extra

    states = GaugeMetricFamily("adb_audit_forward_state", "How forwarding stands.", labels=("state",))
    for state in State:
        states.add_metric((state.value,), float(state is lag.state))
    yield states
    waiting = GaugeMetricFamily(
        "adb_audit_forward_pending", "What the central history has not got yet.", labels=("kind",)
    )
    for kind in ("reports", "records", "actions"):
        waiting.add_metric((kind,), float(getattr(lag, kind)))
    yield waiting
    if lag.oldest_s is not None or not lag.pending:
        yield GaugeMetricFamily(
            "adb_audit_forward_lag_seconds",
            "How long ago the oldest of it was judged or done; absent where that is not known.",
            value=lag.oldest_s or 0.0,
        )
