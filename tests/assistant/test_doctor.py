"""What doctor says of the daemon's parts."""

from __future__ import annotations

import pytest

from assistant import doctor


class Daemon:
    """Answers `info` as a daemon does."""

    def __init__(self, **facts) -> None:
        self.facts = {
            "pid": 7,
            "since": "2026-03-14T09:00:00",
            "indexed_at": "2026-03-14T09:00:05",
            "notes": 3,
            "chunks": 9,
            "vectors": "ready",
            "words": [],
            **facts,
        }

    def call(self, name):
        assert name == "info"
        return self.facts


@pytest.mark.parametrize(
    ("watching", "why", "part"),
    [
        ("events", "", ("ok", "a saved note is known at once", "")),
        (
            "polling",
            "no events for /v (inotify watch limit reached); raise fs.inotify.max_user_watches for instant updates",
            (
                "warn",
                "looking at all notes each second: no events for /v (inotify watch limit reached); raise "
                "fs.inotify.max_user_watches for instant updates",
                "then start the daemon anew: kwslab daemon stop",
            ),
        ),
        (
            "polling",
            "/v lies on nfs4, where changes from elsewhere cause no event",
            (
                "warn",
                "looking at all notes each second: /v lies on nfs4, where changes from elsewhere cause no event",
                "",
            ),
        ),
    ],
    ids=["events", "exhausted", "remote"],
)
def test_doctor_says_how_the_vault_is_watched(watching, why, part):
    """Polling is told with its reason and what to do about it."""
    parts = {found["part"]: found for found in doctor._daemon(Daemon(watching=watching, why_polling=why))}
    assert parts["daemon"]["state"] == "ok"
    assert (parts["watching"]["state"], parts["watching"]["message"], parts["watching"].get("todo", "")) == part
