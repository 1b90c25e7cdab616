"""Open tasks over days: copies are one task, the newest state counts."""

from __future__ import annotations

import datetime
from pathlib import Path

from vault_sync.notes import parse_note
from vault_sync.tasks import grouped_tasks, open_tasks, task_key

IRREGULAR = Path(__file__).parents[1] / "vaults" / "irregular"


def october():
    return parse_note("October.md", (IRREGULAR / "October.md").read_text(encoding="utf-8"))


def test_open_tasks_of_the_example_month():
    """Finished, struck and later finished items are gone; ongoing and deferred ones stay, oldest day first."""
    assert [(task.state, task.text, task.category) for task in open_tasks([october()])] == [
        (" ", "Write the thesis.", "Plans"),
        (" ", "Seeds 1 and 2", "Experiments"),
        ("-", "09:30 : ==Read== the paper about [[Mixture of Prototypes]].", "Experiments"),
        (">", "Move the buffer to `dataset.py`", "Code"),
        (" ", "`loss_lpc` 1 with the Transformer head [!fail]", "Experiments"),
        (" ", "Call the lab.", "Tomorrow"),
    ]


def test_as_of_hides_later_copies():
    """A task finished under a later day was still open before that day."""
    texts = [task.text for task in open_tasks([october()], as_of=datetime.date(2024, 10, 8))]
    assert "Four seeds for the cosine head." in texts
    assert "Call the lab." not in texts


def test_copies_under_later_days_are_one_task():
    """Marks, links, clock time, case and punctuation do not make another task; the newest state counts."""
    note = parse_note(
        "May.md",
        "## 2024-05-02\n- [ ] 10:00 : Try `noise_prob` 0.4, maybe. [[Scratch]]\n"
        "## 2024-05-03\n- [-] try noise_prob 0.4 maybe\n",
    )
    (task,) = grouped_tasks([note])
    assert [copy.state for copy in task.copies] == [" ", "-"]
    assert [found.line for found in open_tasks([note])] == [4]
    assert task_key("~~Old~~ **plan**!") == "old plan"


def test_run_logs_hold_no_tasks():
    """Checkboxes of the Server note log runs."""
    note = parse_note("Server.md", "## 2024-05-02\n- [-] A run.\n")
    assert open_tasks([note]) == []
    assert len(open_tasks([note], logs=())) == 1
