"""From options to the engine that does the work, and the options themselves, spelt once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from audit.fleet import Engine, Job

Scheduler: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        show_default=False,
        help="Let the workers of this Dask scheduler do it: tcp://HOST:PORT or tls://HOST:PORT.",
    ),
]
Workers: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--workers",
        metavar="N",
        min=1,
        max=256,
        show_default=False,
        help="Processes here; by itself one for each processor.",
    ),
]
Timeout: TypeAlias = Annotated[
    float,
    typer.Option("--timeout", metavar="SECONDS", min=1.0, help="Give an input up that takes longer."),
]
LIMIT_S = 600.0


def engine(job: Job, *, scheduler: str | None, workers: int | None, limit_s: float) -> Engine:
    """The cluster asked for, else this machine. Raises UsageError for an address that is none."""
    from audit.errors import UsageError
    from audit.fleet import Local

    if scheduler is None:
        return Local(job, workers, limit_s=limit_s)
    if workers is not None:
        raise UsageError(
            "--workers is for this machine, and --scheduler has workers of its own",
            fix="leave one of them out",
        )
    from audit.fleet.cluster import Cluster

    return Cluster(scheduler, job, limit_s=limit_s)


def processors() -> int:
    """How many this machine has."""
    import os

    return os.cpu_count() or 1
