"""A Dask cluster: its scheduler is named by address, its workers have this program installed.

The scheduler's and the workers' security is Dask's own: ``tls://`` with certificates as Dask's configuration
names them (``distributed.comm.tls``). Whoever may talk to a scheduler may run code on its workers.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import pickle
import re
import secrets
import time
import warnings
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Self

from audit import __version__
from audit.errors import AuditError, UsageError
from audit.fleet.engine import FleetLost, Job, Trouble
from audit.fleet.local import LIMIT_S
from audit.model.text import clean_line

if TYPE_CHECKING:
    from types import TracebackType

CONNECT_S = 10.0
JOIN_S = 30.0
"""How long to wait for a first worker, and, when all went away, for one that comes back."""
_EACH = 4
"""Tasks handed over for each thread of a worker: one under way, the others on their way there or back."""
_LOOK_S = 1.0
_CLOSE_S = 3.0
_LOG = logging.getLogger(__name__)
_ADDRESS = re.compile(r"(?:tcp|tls)://(?:[^\s/:\[\]]+|\[[0-9a-fA-F:.%\w]+\]):\d{1,5}")
_SAME = ("python", "distributed", "dask", "adb-audit")
_ON_WORKERS = "install the same versions of Python, Dask and adb-audit there, for example the same image"
_GO_ON = "start the scheduler and its workers again, and repeat the command; what is kept is not kept twice"


class Cluster:
    """The workers of the scheduler at *address*, those that join later too.

    limit_s: for one task; join_s: see `JOIN_S`; connect_s: how long the scheduler may take to answer
    """

    def __init__(
        self,
        address: str,
        job: Job,
        *,
        limit_s: float = LIMIT_S,
        join_s: float = JOIN_S,
        connect_s: float = CONNECT_S,
    ) -> None:
        self._address, self._job = checked_address(address), job
        self._limit_s, self._join_s, self._connect_s = limit_s, join_s, connect_s
        self._name = f"adb-audit-{secrets.token_hex(8)}"
        self._numbers = itertools.count()
        self._client: Any = None
        self._workers: dict[str, int] = {}
        self._lost: asyncio.Future[FleetLost] | None = None
        self._left = AsyncExitStack()

    async def __aenter__(self) -> Self:
        _check_there(self._address)
        async with AsyncExitStack() as stack:
            stack.enter_context(_quiet())
            self._lost = asyncio.get_running_loop().create_future()
            self._client = await _connected(self._address, self._connect_s)
            stack.push_async_callback(self._leave)
            await self._prepared()
            looking = asyncio.create_task(self._look())
            stack.push_async_callback(_ended, looking)
            self._left = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._left.aclose()

    @property
    def width(self) -> int:
        """A few for each thread of each worker there is now."""
        return _EACH * sum(self._workers.values())

    @property
    def name(self) -> str:
        """For people."""
        threads = sum(self._workers.values())
        return f"{threads} process{'es' if threads != 1 else ''} of {len(self._workers)} Dask worker" + (
            "s" if len(self._workers) != 1 else ""
        )

    async def run(self, task: object) -> object:
        """See `audit.fleet.engine.Engine.run`. Nothing of it stays on the cluster once it is answered."""
        from distributed import KilledWorker  # noqa: PLC0415 - of an extra

        from audit.fleet.dask_worker import work  # noqa: PLC0415 - of an extra

        future = self._client.submit(
            work,
            self._name,
            pickle.dumps(task),
            key=f"{self._name}-{next(self._numbers)}",
            pure=False,
        )
        try:
            return pickle.loads(await self._or_lost(future.result()))  # noqa: S301 - who joins a cluster trusts it
        except KilledWorker as error:
            allowed = getattr(error, "allowed_failures", 3)
            return Trouble(
                what=f"more than {allowed} workers of the cluster ended while they had it",
                fix="judge it alone to see why; a worker may have too little memory for it",
            )
        finally:
            future.release()

    async def _or_lost(self, answer: Any) -> bytes:  # noqa: ANN401 - distributed ships no types
        """*answer*, unless the cluster is lost first."""
        from distributed import CancelledError  # noqa: PLC0415 - of an extra
        from distributed.comm.core import CommClosedError  # noqa: PLC0415 - of an extra

        if self._lost is None:
            raise RuntimeError("not entered")
        waiting = asyncio.ensure_future(answer)
        try:
            await asyncio.wait((waiting, self._lost), return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return bytes(waiting.result())
            raise self._lost.result()
        except (CancelledError, CommClosedError) as error:
            raise self._gone() from error
        finally:
            waiting.cancel()

    def _gone(self) -> FleetLost:
        error = FleetLost("the scheduler is gone", where=self._address, fix=_GO_ON)
        self._say_lost(error)
        return error

    async def _prepared(self) -> None:
        """All workers checked and sent the job; begun again where one went away meanwhile.

        What the scheduler passes on to all of them ends where one of them does, with its connection.
        """
        until = time.monotonic() + self._join_s
        while True:
            try:
                await self._first_workers()
                self._check(await self._client.get_versions(packages=["adb-audit"]))
                await self._send_job()
            except OSError as error:
                if time.monotonic() > until or self._client.status != "running":
                    raise self._gone() from error
                await asyncio.sleep(_LOOK_S)
            else:
                return

    async def _first_workers(self) -> None:
        until = time.monotonic() + self._join_s
        while not self._workers:
            self._workers = await self._client.nthreads()
            if not self._workers:
                if time.monotonic() > until:
                    raise AuditError(
                        f"the scheduler has had no worker for {self._join_s:g} seconds",
                        where=self._address,
                        fix=f"start some on machines with adb-audit: dask worker {self._address}",
                    )
                await asyncio.sleep(min(_LOOK_S, self._join_s))

    async def _look(self) -> None:
        """Keep count of the workers, and say it when there is nobody any more."""
        since = time.monotonic()
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                async with asyncio.timeout(self._join_s):
                    self._workers = await self._client.nthreads()
            except (OSError, TimeoutError):
                self._gone()
                return
            if self._workers:
                since = time.monotonic()
            elif time.monotonic() - since > self._join_s:
                self._say_lost(
                    FleetLost(
                        f"all workers went away, and none came back in {self._join_s:g} seconds",
                        where=self._address,
                        fix=_GO_ON,
                    )
                )
                return

    def _say_lost(self, error: FleetLost) -> None:
        if self._lost is not None and not self._lost.done():
            self._lost.set_result(error)

    def _check(self, told: dict[str, Any]) -> None:
        """Raises AuditError where not all run the same; a pickle does not say of which version."""
        ours = _versions(told["client"])
        others = {"the scheduler": told["scheduler"]}
        others |= {f"the worker {where}": versions for where, versions in told["workers"].items()}
        wrong = [line for who, versions in others.items() for line in _differences(who, ours, versions)]
        if wrong:
            more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            raise AuditError(
                f"not all run the same: {'; '.join(wrong[:3])}{more}", where=self._address, fix=_ON_WORKERS
            )

    async def _send_job(self) -> None:
        from audit.fleet.dask_worker import Hands  # noqa: PLC0415 - of an extra

        answers = await self._client.register_plugin(Hands(self._job, self._limit_s), name=self._name)
        for where, answer in answers.items():
            if answer.get("status") != "OK":
                why = clean_line(str(answer.get("exception_text", answer)))[:300]
                raise AuditError(f"cannot do this work: {why}", where=clean_line(where), fix=_ON_WORKERS)

    async def _leave(self) -> None:
        client = self._client
        try:
            async with asyncio.timeout(_CLOSE_S):
                if self._lost is not None and not self._lost.done():
                    await client.unregister_worker_plugin(self._name)
        except (OSError, TimeoutError, ValueError):
            _LOG.debug("the job could not be taken back; workers rest by themselves")
        await _closed(client)


def checked_address(address: str) -> str:
    """*address* when it can be a scheduler's; UsageError otherwise."""
    if _ADDRESS.fullmatch(address) is None:
        raise UsageError(
            f"{clean_line(address)[:100]!r} is no scheduler's address",
            fix="give tcp://HOST:PORT, or tls://HOST:PORT, as the scheduler prints it when it starts",
        )
    return address


def _versions(told: dict[str, Any] | None) -> dict[str, str]:
    packages: dict[str, Any] = (told or {}).get("packages") or {}
    found = {name: str(packages.get(name) or "not installed") for name in _SAME}
    # 3.11.7.final.0: the same minor version reads the same pickles
    return found | {"python": ".".join(found["python"].split(".")[:2])}


def _differences(who: str, ours: dict[str, str], told: dict[str, Any] | None) -> Iterator[str]:
    for name, version in _versions(told).items():
        here = __version__ if name == "adb-audit" else ours[name]
        if version != here:
            yield clean_line(f"{who} has {name} {version}, here it is {here}")


def _check_there(address: str) -> None:
    try:
        import distributed  # noqa: F401, PLC0415 - of an extra: only that it is there
    except ImportError as error:
        raise AuditError(
            "a Dask cluster needs the package distributed",
            where=address,
            fix="pip install 'adb-audit[fleet]'",
        ) from error


async def _connected(address: str, connect_s: float) -> Any:  # noqa: ANN401 - distributed says little of types
    from distributed import Client  # noqa: PLC0415 - of an extra

    make: Any = Client
    with warnings.catch_warnings():
        # told by `Cluster._check`, in fewer words and with what to do
        warnings.filterwarnings("ignore", message="Mismatched versions", category=UserWarning)
        client = make(address, asynchronous=True, set_as_default=False, timeout=connect_s)
        try:
            return await client
        except (OSError, TimeoutError) as error:
            await _closed(client)
            raise AuditError(
                f"no Dask scheduler answers there: {clean_line(str(error))[:200]}",
                where=address,
                fix="see that it runs and can be reached from here; it prints its address when it starts",
            ) from error
        except (TypeError, ValueError, RuntimeError) as error:  # no certificates configured, no port
            await _closed(client)
            raise AuditError(
                f"cannot be used: {clean_line(str(error))[:200]}",
                where=address,
                fix="for tls:// name the certificates in Dask's configuration: distributed.comm.tls",
            ) from error


async def _closed(client: Any) -> None:  # noqa: ANN401 - as above
    try:
        await client.close(timeout=_CLOSE_S)
    except (OSError, TimeoutError):
        _LOG.debug("the connection was left, not closed")


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask tells on standard error what is told here as data, or is expected: a worker that went away."""
    import distributed  # noqa: F401, PLC0415 - makes its loggers

    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
