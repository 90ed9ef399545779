"""Bytes in, endpoints out."""

from __future__ import annotations

from audit.endpoints.part import Limits, Part
from audit.endpoints.read import read_code

__all__ = ["Limits", "Part", "read_code"]
