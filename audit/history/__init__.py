"""The station's history: every report, what it was judged from, and the chain of sign-offs.

SQLite in the user's data folder, or PostgreSQL where several stations share one. Importing this costs
SQLAlchemy: commands do so when they need it.
"""

from __future__ import annotations

from audit.history.answers import Carried, Pruned, Size, Tac
from audit.history.history import History

__all__ = ["Carried", "History", "Pruned", "Size", "Tac"]
