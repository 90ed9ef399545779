"""How a record is declared: frozen, slotted, keyword-only, one way for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def record(cls: type[T]) -> type[T]:
    """Turn *cls* into an immutable value: equal by content, never changed after it is made."""
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)
