"""Keeps what is worked out of a run record: thousands of records are asked the same things with every question."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

from fskws.runs import Record

Made = TypeVar("Made")

#: Records kept a function; beyond it all are forgotten, and made again as they are asked for.
_KEPT = 50_000


def per_record(make: Callable[[Record], Made]) -> Callable[[Record], Made]:
    """A function of one record that works each record out once, as long as it is the same object.

    The store gives a record that did not change as the same object. What is returned must not be changed by callers.
    """
    kept: dict[str, tuple[Record, Made]] = {}

    @functools.wraps(make)
    def remembered(record: Record) -> Made:
        known = kept.get(record.id)
        if known is not None and known[0] is record:
            return known[1]
        made = make(record)
        if len(kept) >= _KEPT:
            kept.clear()
        kept[record.id] = (record, made)
        return made

    return remembered
