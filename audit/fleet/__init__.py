"""One way to judge thousands of inputs: on the processors of this machine, or on a Dask cluster.

An `Engine` does tasks, as many at once as it has room for, and answers each as it is done; what a task is
made of, and what becomes of its answer, is not its business. Importing this costs neither library.
"""

from __future__ import annotations

from audit.fleet.engine import Done, Engine, FleetLost, Job, Trouble, results, trouble_of
from audit.fleet.local import Local

__all__ = ["Done", "Engine", "FleetLost", "Job", "Local", "Trouble", "results", "trouble_of"]
