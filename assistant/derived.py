"""Keeps what is made from all notes and runs together, as long as what it was made from stays the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Made = TypeVar("Made")

#: Values kept of each name: that of today, and of some other days that were asked for.
_KEPT = 4


class Derived:
    """Values by name and key. Two callers that want the same one make it once: the second waits for the first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._making: dict[str, threading.RLock] = {}
        self._values: dict[str, OrderedDict[Hashable, Any]] = {}

    def get(self, name: str, key: Hashable, make: Callable[[], Made]) -> Made:
        """The value of a name for a key, made when it is not there.

        Args: key: what it depends on, such as the store's revision, read before anything that `make` reads.
        """
        with self._lock:
            making = self._making.setdefault(name, threading.RLock())
            values = self._values.setdefault(name, OrderedDict())
        with making:
            if key not in values:
                values[key] = make()
                while len(values) > _KEPT:
                    values.popitem(last=False)
            values.move_to_end(key)
            found: Made = values[key]
            return found

    def last(self, name: str) -> Any:
        """The value made last under a name, for whatever key; None when there is none."""
        values = self._values.get(name)
        return next(reversed(values.values()), None) if values else None
