"""The terminal interface, driven with keys over a scripted client at the door of the operations."""

from __future__ import annotations

import asyncio
import datetime
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from textual import events

from assistant import page
from assistant.errors import AssistantError, DaemonError, LaunchError
from assistant.tui import words
from assistant.tui.app import KwslabApp, needs_ascii
from assistant.tui.passage import quoted_lines

UTF8 = {"TERM": "xterm-256color"}
ANSWER = {
    "answer": (
        "You ran 3 jobs last week.\n\n2026-11-12  Small spoken set, no noise.   HM 68.37\n"
        "2026-11-13  꽃 four / forward  HM 70.10"
    ),
    "citations": [
        {
            "note": "Server",
            "heading": "2026/11/12",
            "link": "[[Server#2026/11/12]]",
            "quote": "Small spoken set, no noise.",
        },
        {"note": "Experiments", "heading": "2026/11/13", "link": "[[Experiments#2026/11/13]]", "quote": "HM 70.10"},
        {"note": "", "heading": "", "link": "r20261122-k3fa9q", "quote": ""},
    ],
    "rows": [],
    "figures": [],
    "plan": {},
    "coverage": {"text": "Searched 9 Nov to 15 Nov in 12 notes and 17 runs; index 4 s old."},
    "answered": True,
}
SECTION = {
    "note": "Server.md",
    "heading": "2026/11/12",
    "link": "[[Server#2026/11/12]]",
    "start": 180,
    "end": 184,
    "text": "- [x] Small spoken set, no noise.\n  > Code : [[spoken_set]]\n> [!fail] Not this one.",
}
RUNNING = {
    "id": "r20261122-k3fa9q",
    "source": "launched",
    "date": "2026-11-22",
    "title": "Small spoken set, `noise_prob` 0.4",
    "status": "running",
    "argv": ["python", "-m", "fskws", "train", "-noise_prob", "0.4"],
    "metrics": {"loss": {"last": 0.41, "best": 0.4}},
}
LOGGED = {
    "id": "n20261103-abcdef",
    "source": "logged",
    "date": "2026-11-03",
    "title": "Transformer layer with `loss_lpc` 0.5 again",
    "status": "finished",
    "argv": ["python", "train.py", "trans"],
    "metrics": {"accuracy": [97.6, 90.1], "seen": [97.2], "unseen": [81.5], "harmonic_mean": [88.66]},
    "verdicts": ["fail: Wrong code, supports were drawn from the test list."],
    "link": "Experiments#2026/11/03:42",
    "note_links": ["[[Experiments#2026/11/03]]", "[[Server#2026/11/03]]"],
}
SUGGESTION = {
    "id": "s20261122-aaaaaa",
    "title": "`noise_prob` 0.4 on the small spoken set",
    "hypothesis": "0.8 covers the short words; 0.4 keeps the gain.",
    "evidence": [{"link": "[[November#2026/11/22]]", "text": "Try `noise_prob` 0.4"}, "n20261116-bbbbbb"],
    "parent": "n20261116-bbbbbb",
    "diff": {"noise_prob": {"from": "0.8", "to": "0.4"}},
    "argv": ["python", "-m", "fskws", "train", "-noise_prob", "0.4", "-words", "four, forward"],
    "prediction": {"text": "harmonic mean above 71.2 after the last session"},
    "cost": "about 2 min on this machine",
    "closes": ["[[November#2026/11/22]]"],
    "novelty": 1.0,
}
COMMAND = "python -m fskws train -noise_prob 0.4 -words 'four, forward'"
INFO = {"pid": 1, "version": "0.1.0", "vault": "/home/lab/notes", "indexed_at": None}
GOING_ON = {**RUNNING, "epoch": 3, "epochs": 12, "eta_seconds": 95.0}
STATUS = {"runs": [GOING_ON], "gpus": {"state": "no driver", "gpus": []}, "words": []}


class ScriptedClient:
    """Stands in for a client: each operation gives a value, raises an error, or is a function of its parameters."""

    def __init__(self, **script: Any) -> None:
        self.script: dict[str, Any] = {
            "info": INFO,
            "status": STATUS,
            "ask": ANSWER,
            "section": SECTION,
            "runs": [RUNNING, LOGGED],
            "show": LOGGED,
            "logs": {"text": "", "offset": 0, "ended": True},
            "next": [SUGGESTION],
            "launch": {"id": RUNNING["id"]},
            "stop": RUNNING,
            **script,
        }
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.lock = threading.Lock()

    def call(self, name: str, params: dict[str, Any] | None = None, on_event: Any = None) -> Any:
        """One operation."""
        with self.lock:
            self.calls.append((name, params or {}))
        said = self.script[name]
        if callable(said):
            said = said(params or {}, on_event or (lambda event: None))
        if isinstance(said, Exception):
            raise said
        return said

    def called(self, name: str) -> list[dict[str, Any]]:
        """The parameters of every call of an operation."""
        with self.lock:
            return [params for called, params in self.calls if called == name]


class Screen:
    """A running app with a pilot, and ways to read what it shows."""

    def __init__(self, app: KwslabApp, pilot: Any) -> None:
        self.app, self.pilot = app, pilot

    def text(self, top: bool = True) -> str:
        """Everything visible, row by row, as the terminal would show it."""
        screen = self.app.screen
        rows = screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in rows)

    async def press(self, *keys: str) -> None:
        """Presses keys one after the other; each has been handled when the next one comes."""
        for key in keys:
            await self._send(key, None)

    async def type(self, text: str) -> None:
        for character in text:
            await self._send({" ": "space", "?": "question_mark"}.get(character, character), character)

    async def _send(self, key: str, character: str | None) -> None:
        # Pilot.press waits until the process is idle, which takes long on a busy machine.
        self.app.post_message(events.Key(key, character))
        for _ in range(3):  # from app to screen to widget to its pane
            await self.pilot.pause(0)

    async def until(self, holds: Callable[[], bool], seconds: float = 8.0) -> None:
        """Waits for something to be shown or called; fails with the screen when it does not come."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"it did not come:\n{self.text()}"
            await self.pilot.pause(0.01)

    async def sees(self, *texts: str) -> None:
        await self.until(lambda: all(text in self.text() for text in texts))


def drive(
    client: ScriptedClient, scenario: Callable[[Screen], Any], size: tuple[int, int] = (80, 24), **options: Any
) -> None:
    """Runs the app without a terminal and lets the scenario press its keys."""

    async def run() -> None:
        app = KwslabApp(client, beat_seconds=0.2, environ=options.pop("environ", UTF8), cwd="/home/lab/project")
        async with app.run_test(size=size, notifications=True) as pilot:
            await scenario(Screen(app, pilot))

    asyncio.run(run())


# -- Ask ---------------------------------------------------------------------------------------------------------------


def test_question_shows_the_composed_answer_at_once_then_sentences_and_citations():
    """The composed text stands before the operation is over; sentences follow as they come; the result ends it."""
    go_on = [threading.Event(), threading.Event()]

    def ask(params, on_event):
        on_event({"type": "composed", "answer": "Three runs are in the notes."})
        go_on[0].wait(8)
        on_event({"type": "sentence", "text": "They differ in noise_prob."})
        go_on[1].wait(8)
        return ANSWER

    client = ScriptedClient(ask=ask)

    async def scenario(screen):
        await screen.type("what did I run?")
        await screen.press("enter")
        await screen.sees("> what did I run?", "Three runs are in the notes.")
        assert "differ" not in screen.text()
        go_on[0].set()
        await screen.sees("Three runs are in the notes.", "They differ in noise_prob.")
        go_on[1].set()
        await screen.sees("You ran 3 jobs last week.", "꽃 four / forward", "index 4 s old.", "Citations (3)")
        await screen.sees("[1] Server > 2026/11/12  Small spoken set", "[3] r20261122-k3fa9q")

    drive(client, scenario)
    assert client.called("ask") == [{"question": "what did I run?", "conversation": "desk"}]


def test_composed_event_may_carry_the_whole_answer():
    """A composed event with citations shows them while the model still works."""
    go_on = threading.Event()

    def ask(params, on_event):
        on_event({"type": "composed", "answer": ANSWER})
        go_on.wait(8)
        return ANSWER

    async def scenario(screen):
        await screen.type("runs")
        await screen.press("enter")
        await screen.sees("You ran 3 jobs", "Citations (3)", "a model may still word it")
        go_on.set()
        await screen.until(lambda: "may still" not in screen.text())

    drive(ScriptedClient(ask=ask), scenario)


def test_citation_opens_the_passage_with_the_notes_lines():
    """Down goes to the citations, Enter opens the passage with its line numbers, Esc leads back."""
    client = ScriptedClient()

    async def scenario(screen):
        await screen.type("q")
        await screen.press("enter")
        await screen.sees("Citations (3)")
        await screen.press("down", "enter")
        await screen.sees(
            "Server > 2026/11/12 (lines 181-183)", ">181 - [x] Small spoken set", "183 > [!fail] Not this"
        )
        await screen.press("escape")
        await screen.sees("You ran 3 jobs")
        await screen.press("down", "down", "enter")
        await screen.sees("Transformer layer with", "[!] fail: Wrong code")
        await screen.press("escape", "escape")
        await screen.until(lambda: screen.app.focused is not None and screen.app.focused.id == "question")

    drive(client, scenario)
    assert client.called("section") == [{"link": "Server#2026/11/12"}]
    assert client.called("show") == [{"id": "r20261122-k3fa9q"}]


def test_headings_are_no_markup():
    """A heading, a link or a note that looks like markup is shown as it stands, wherever it stands."""
    odd = "[/b] 2026/11/12 [red]x"
    cited = {"note": "Server", "heading": odd, "link": f"[[Server#{odd}]]", "quote": odd}
    answer = {**ANSWER, "answer": f"{odd} and \x1b]0;owned\x07more", "citations": [cited]}
    client = ScriptedClient(ask=answer, section={**SECTION, "heading": odd, "text": odd})

    async def scenario(screen):
        await screen.type("q")
        await screen.press("enter")
        await screen.sees("Citations (1)", f"{odd} and more")
        await screen.press("down", "enter")
        await screen.sees(f"Server > {odd} (lines ", f">180 {odd}")
        await screen.press("escape")

    drive(client, scenario)


def test_up_brings_earlier_questions_back():
    """Up and Down walk through the questions and return to what was being typed."""

    async def scenario(screen):
        line = screen.app.query_one("#question")
        for text in ("one", "two"):
            await screen.type(text)
            await screen.press("enter")
            await screen.sees(f"> {text}", "You ran 3 jobs")
        await screen.type("dra")
        shown = []
        for key in ("up", "up", "up", "down", "down"):
            await screen.press(key)
            shown.append(line.value)
        assert shown == ["two", "one", "one", "two", "dra"]

    drive(ScriptedClient(), scenario)


def test_answer_of_an_older_question_is_not_shown():
    """A second question replaces the first even when the first one's answer comes later."""
    first = threading.Event()

    def ask(params, on_event):
        if params["question"] == "slow":
            first.wait(8)
            return {"answer": "the slow answer"}
        return {"answer": "the quick answer"}

    async def scenario(screen):
        await screen.type("slow")
        await screen.press("enter")
        await screen.type("quick")
        await screen.press("enter")
        await screen.sees("the quick answer")
        first.set()
        await screen.until(lambda: not any(t.name == "call-ask" for t in threading.enumerate()))
        await screen.pilot.pause()
        assert "the slow answer" not in screen.text()

    drive(ScriptedClient(ask=ask), scenario)


def test_error_is_shown_and_the_question_kept():
    """An error stands where the answer would; the question is there to be asked again; no traceback."""
    client = ScriptedClient(ask=AssistantError("the index is being made anew; ask again in a moment."))

    async def scenario(screen):
        await screen.type("why")
        await screen.press("enter")
        await screen.sees("the index is being made anew; ask again in a moment.")
        assert screen.app.query_one("#question").value == "why"
        assert "Traceback" not in screen.text()
        client.script["ask"] = ANSWER
        await screen.press("enter")
        await screen.sees("You ran 3 jobs")

    drive(client, scenario)


def test_long_answer_scrolls_from_the_question_line():
    """Page Down moves a long answer while the cursor stays in the question."""
    long = "\n".join(f"line {n} 한국어 문장" for n in range(200))

    async def scenario(screen):
        await screen.type("q")
        await screen.press("enter")
        await screen.sees("line 3 ")
        await screen.press(*["pagedown"] * 4)
        await screen.until(lambda: "line 70 " in screen.text() and "line 3 " not in screen.text())

    drive(ScriptedClient(ask={"answer": long}), scenario)


# -- Runs --------------------------------------------------------------------------------------------------------------


def test_runs_show_table_output_and_retracted_results():
    """A table with status and key metric; the output of a launched run; what the notes say of a logged one."""

    def logs(params, on_event):
        text = "epoch 1\repoch 2\nloss \x1b[31m0.5\x1b[0m\n" if params["offset"] < 0 else ""
        return {"text": text, "offset": 30, "ended": False}

    client = ScriptedClient(logs=logs)

    async def scenario(screen):
        await screen.press("escape", "2")
        await screen.sees("11-22  r-k3fa9q", "Small spoken set, noise_prob 0.4", "running", "loss 0.41", "! HM 88.66")
        await screen.sees("Output of r20261122-k3fa9q: epoch 3 of 12, about 1 min to go")
        await screen.sees("epoch 2", "loss 0.5")
        assert "epoch 1\n" not in screen.text()
        await screen.until(lambda: {"id": RUNNING["id"], "offset": 30} in client.called("logs"))
        await screen.press("down")
        await screen.sees("Written down in Experiments#2026/11/03:42", "[!] fail: Wrong code", "Unseen: 81.5")

    drive(client, scenario)
    assert {params["id"] for params in client.called("logs")} == {RUNNING["id"]}


def test_runs_follow_what_changes():
    """A run that ends changes its line by itself, and the cursor stays on the run it was on."""
    client = ScriptedClient()

    async def scenario(screen):
        await screen.press("escape", "2")
        await screen.sees("running", "finished")
        await screen.press("down")
        await screen.sees("Written down in")
        ended = {**RUNNING, "status": "failed", "cause": "out of GPU memory"}
        newest = {**RUNNING, "id": "r20261122-zzzzzz", "title": "A newer one"}
        client.script["runs"] = [newest, ended, LOGGED]
        await screen.sees("A newer one", "failed", "Written down in")
        await screen.press("up")
        await screen.sees("failed: out of GPU memory")

    drive(client, scenario)


def test_output_is_followed_until_somebody_scrolls_up():
    """New lines are shown as they come; after a scroll up the view stays where it is; f follows again."""
    written = [f"line {n}\n" for n in range(40)]

    def logs(params, on_event):
        start = max(params["offset"], 0)
        return {"text": "".join(written[start:]), "offset": len(written), "ended": False}

    async def scenario(screen):
        await screen.press("escape", "2")
        await screen.sees("line 39")
        written.append("line 40\n")
        await screen.sees("line 40")
        await screen.press("tab", "up", "up", "up")
        await screen.until(lambda: "line 40" not in screen.text())
        written.append("line 41\n")
        await screen.until(lambda: screen.app.query_one("#runs")._offset == 42)
        await screen.pilot.pause()
        assert "line 41" not in screen.text()
        await screen.press("f")
        await screen.sees("line 41")

    drive(ScriptedClient(logs=logs), scenario)


def test_stop_asks_first():
    """s asks; n does nothing; y stops that run; a run that is over is not stopped."""
    client = ScriptedClient()

    async def scenario(screen):
        await screen.press("escape", "2")
        await screen.sees("r-k3fa9q")
        await screen.press("s")
        await screen.sees("End this run and all its processes?")
        await screen.press("enter", "n")
        await screen.sees("r-k3fa9q")
        assert client.called("stop") == []
        await screen.press("s", "y")
        await screen.until(lambda: client.called("stop") == [{"id": RUNNING["id"]}])
        await screen.sees("was stopped.")
        await screen.press("down", "s")
        await screen.sees("is not running (finished)")

    drive(client, scenario)


def test_empty_runs_say_what_to_do():
    """Without any run the view says where runs come from and how to start one."""

    async def scenario(screen):
        await screen.press("escape", "2")
        await screen.sees("No runs yet.", "kwslab run -- python train.py")

    drive(ScriptedClient(runs=[]), scenario)


# -- Next --------------------------------------------------------------------------------------------------------------


def test_suggestion_shows_why_and_the_exact_command():
    """Hypothesis, change, evidence, prediction and command are shown; e opens the evidence."""
    client = ScriptedClient()

    async def scenario(screen):
        await screen.press("escape", "3")
        await screen.sees("1. `noise_prob` 0.4", "Hypothesis: 0.8 covers", "noise_prob: 0.8 -> 0.4", COMMAND)
        await screen.sees("harmonic mean above 71.2", "about 2 min", "[[November#2026/11/22]] Try `noise_prob` 0.4")
        await screen.press("e")
        await screen.sees("(lines 181-183)")

    drive(client, scenario)
    assert client.called("section") == [{"link": "November#2026/11/22"}]


def test_launch_asks_first_and_no_does_nothing():
    """l shows the exact command; Enter, n and Esc start nothing."""
    client = ScriptedClient()

    async def scenario(screen):
        await screen.press("escape", "3")
        await screen.sees(COMMAND)
        for no in ("n", "escape"):
            await screen.press("l")
            await screen.sees("Start this command now?", COMMAND, "y = yes")
            await screen.press("enter", no)
            await screen.sees("Hypothesis")
        assert client.called("launch") == []

    drive(client, scenario)


def test_launch_starts_after_yes_and_shows_the_run():
    """y launches that suggestion once and the new run is chosen in Runs."""
    client = ScriptedClient(runs=[LOGGED])

    def launch(params, on_event):
        client.script["runs"] = [LOGGED, RUNNING]
        return {"id": RUNNING["id"]}

    client.script["launch"] = launch

    async def scenario(screen):
        await screen.press("escape", "3")
        await screen.sees(COMMAND)
        await screen.press("l", "y")
        await screen.sees("Output of r20261122-k3fa9q", "running")

    drive(client, scenario)
    assert client.called("launch") == [{"id": SUGGESTION["id"], "cwd": "/home/lab/project", "env": UTF8}]


def test_failed_launch_is_told():
    """A launch that fails says why and stays in the view."""
    client = ScriptedClient(launch=LaunchError("python was not found; set [project] python."))

    async def scenario(screen):
        await screen.press("escape", "3")
        await screen.sees(COMMAND)
        await screen.press("l", "y")
        await screen.sees("Not launched: python was not found; set [project] python.", "Hypothesis")

    drive(client, scenario)


def test_empty_suggestions_say_what_to_do():
    """Without suggestions the view says what they are made from."""

    async def scenario(screen):
        await screen.press("escape", "3")
        await screen.sees("Nothing to propose yet.", "- [ ] Try `noise_prob` 0.4")

    drive(ScriptedClient(next=[]), scenario)


# -- the daemon --------------------------------------------------------------------------------------------------------


def test_lost_daemon_is_told_and_heals():
    """Losing the daemon shows a banner in every view; it goes by itself, and the next question is answered."""
    client = ScriptedClient()

    async def scenario(screen):
        await screen.sees("1 running")
        lost = DaemonError("the daemon was lost while it worked on 'info' (). Runs go on without it.")
        before = dict(client.script)
        client.script.update(dict.fromkeys(("info", "status", "ask", "runs", "next"), lost))
        await screen.sees("daemon lost, reconnecting...")
        await screen.type("q")
        await screen.press("enter")
        await screen.sees("the daemon was lost while it worked on 'info'")
        await screen.press("escape", "2")
        await screen.sees("daemon lost, reconnecting...")
        client.script.update(before)
        await screen.until(lambda: "daemon lost" not in screen.text())
        await screen.sees("r-k3fa9q")
        await screen.press("1", "enter")
        await screen.sees("You ran 3 jobs")

    drive(client, scenario)


def test_daemon_that_does_not_answer_is_told(monkeypatch):
    """A call that hangs is told of, and forgotten when it comes back."""
    monkeypatch.setattr("assistant.tui.app.PATIENCE_SECONDS", 0.3)
    hung, go_on = threading.Event(), threading.Event()

    def info(params, on_event):
        if hung.is_set():
            go_on.wait(8)
        return INFO

    async def scenario(screen):
        await screen.sees("1 running")
        hung.set()
        await screen.sees("daemon lost, reconnecting... no answer for")
        go_on.set()
        await screen.until(lambda: "daemon lost" not in screen.text())

    drive(ScriptedClient(info=info), scenario)


def test_daemon_that_was_started_again_is_told():
    """A daemon that died and was replaced between two looks is told of once."""
    client = ScriptedClient()

    async def scenario(screen):
        await screen.sees("1 running")
        client.script["info"] = {**INFO, "pid": 2}
        await screen.sees("The daemon was lost", "Runs went on")

    drive(client, scenario)


def test_first_screen_does_not_wait_for_the_daemon():
    """The views are there, and can be typed into, while the daemon is still starting."""
    started = threading.Event()

    def info(params, on_event):
        started.wait(8)
        return INFO

    async def scenario(screen):
        await screen.sees("kwslab | connecting...", "1 Ask", "Ask:", "Enter asks.")
        await screen.type("hello")
        await screen.sees("hello")
        started.set()
        await screen.sees("/home/lab/notes")

    drive(ScriptedClient(info=info), scenario)


@pytest.mark.parametrize(
    "bad", [None, "words", 7, [None, 3, {"id": None}], {"unknown": 1}, [{"id": "x", "metrics": 5}]]
)
def test_strange_results_end_nothing(bad):
    """Results of the wrong form are survived in every view."""
    client = ScriptedClient(**dict.fromkeys(("info", "status", "ask", "section", "runs", "show", "next", "logs"), bad))

    async def scenario(screen):
        await screen.type("q")
        await screen.press("enter")
        await screen.until(lambda: "looking through" not in screen.text())
        for key in ("escape", "2", "enter", "escape", "3", "enter", "escape", "1"):
            await screen.press(key)
        assert "Traceback" not in screen.text()
        await screen.sees("1 Ask")

    drive(client, scenario)


def test_unknown_error_is_named():
    """An error of no known kind is shown with its name, without a traceback."""

    async def scenario(screen):
        await screen.press("escape", "2")
        await screen.sees("KeyError: 'boom'")

    drive(ScriptedClient(runs=KeyError("boom")), scenario)


def test_words_of_the_daemon_are_shown():
    """What the daemon has to say once appears."""

    async def scenario(screen):
        await screen.sees("the index was broken; it is made")

    drive(ScriptedClient(status={**STATUS, "words": ["the index was broken; it is made anew"]}), scenario)


# -- the frame ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 15)])
def test_layout_fits(size):
    """In each view header, tabs and every key of the footer are whole, within the screen."""

    async def scenario(screen):
        await screen.type("q")
        await screen.press("enter")
        await screen.sees("Citations")
        for keys in ((), ("escape",), ("2",), ("3",)):
            await screen.press(*keys)
            await screen.pilot.pause(0.1)
            rows = screen.text().split("\n")
            assert len(rows) == size[1]
            assert rows[0].startswith(" kwslab | ")
            assert "1 Ask" in rows[1]
            assert "^q Quit" in rows[-1]
            assert "^t View" in rows[-1]

    drive(ScriptedClient(), scenario, size=size)


def test_ctrl_t_turns_through_the_views():
    """Ctrl+T works from inside the question line too."""

    async def scenario(screen):
        shown = []
        for _ in range(3):
            await screen.press("ctrl+t")
            shown.append(screen.app.query_one("#views").current)
        assert shown == ["runs", "next", "ask"]

    drive(ScriptedClient(), scenario)


def test_plain_terminal_gets_ascii_frames():
    """On a dumb terminal no frame character is outside ASCII."""

    async def scenario(screen):
        await screen.type("q")
        await screen.press("enter")
        await screen.sees("Citations (3)")
        assert screen.text().isascii()
        await screen.press("down", "enter")
        await screen.sees("(lines 181-183)")
        assert screen.text().isascii()
        await screen.press("escape", "escape", "escape", "3", "l")
        await screen.sees("Start this command now?")
        assert screen.text().isascii()

    long = {**ANSWER, "answer": "\n".join(f"line {n}" for n in range(37))}
    drive(ScriptedClient(ask=long), scenario, environ={"TERM": "vt100"})


def test_terminals_that_need_ascii(monkeypatch):
    """Old and dumb terminals and locales without Unicode get ASCII frames, others lines."""
    monkeypatch.setattr("locale.getpreferredencoding", lambda do_setlocale=True: "UTF-8")
    assert needs_ascii({"TERM": "dumb"})
    assert needs_ascii({})
    assert not needs_ascii({"TERM": "tmux-256color"})
    monkeypatch.setattr("locale.getpreferredencoding", lambda do_setlocale=True: "ANSI_X3.4-1968")
    assert needs_ascii({"TERM": "tmux-256color"})


def test_interface_loads_nothing_heavy():
    """The first screen needs Textual and the standard library: no model, index, network or training code."""
    code = "import sys, assistant.tui.app; print([m for m in sys.modules if m.partition('.')[0] in %r])"
    heavy = (
        "torch",
        "chromadb",
        "httpx",
        "sentence_transformers",
        "llama_cpp",
        "numpy",
        "sqlite3",
        "starlette",
        "click",
    )
    done = subprocess.run([sys.executable, "-c", code % (heavy,)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# -- words -------------------------------------------------------------------------------------------------------------


def test_composed_answer_is_wrapped_to_the_screen():
    """Paragraphs are joined before they are wrapped anew, and what hangs below a row stays below it."""
    row = "2026-11-13  acc 73.135  HM 67.822     Small spoken set, `noise_prob` 0.8 and `lr_base` 0.005."
    text = "\n".join(
        [
            *textwrap.wrap("No run of last week with what you ask for is in the notes or in the run records. " * 2, 96),
            "",
            row,
            "            changed: lr_base 0.02 -> 0.005 (against 2026-11-12)",
            "[[Experiments#2026/11/13]]",
        ]
    )
    assert words.reflow(text, 60).split("\n") == [
        *textwrap.wrap("No run of last week with what you ask for is in the notes or in the run records. " * 2, 60),
        "",
        "2026-11-13  acc 73.135  HM 67.822     Small spoken set,",
        "            `noise_prob` 0.8 and `lr_base` 0.005.",
        "            changed: lr_base 0.02 -> 0.005 (against",
        "            2026-11-12)",
        "[[Experiments#2026/11/13]]",
    ]
    assert words.COMPOSED_WIDTH == page.WIDTH


def test_wrapping_counts_cells_and_cuts_only_what_must_be():
    """Wide characters count two; a word longer than the line is cut, nothing is lost."""
    assert words.wrap("음성 인식 모델", 9, 2) == ["음성 인식", "  모델"]
    assert words.wrap("x" * 25, 10, 2) == ["x" * 10, "  " + "x" * 8, "  " + "x" * 7]
    assert words.wrap("", 10, 2) == [""]


def test_log_tail_takes_pieces_cut_anywhere():
    """However an output is cut into pieces, the same lines are shown; progress bars show their last state."""
    output = "start\r\n 10%|#   |\r 50%|##  |\r100%|####|\nloss \x1b[1m0.3\x1b[0m\nfour\topen"
    whole = words.LogTail()
    whole.feed(output)
    assert whole.text() == "start\n100%|####|\nloss 0.3\nfour    open"
    for cut in range(1, len(output)):
        pieces = words.LogTail()
        pieces.feed(output[:cut])
        pieces.feed(output[cut:])
        assert pieces.text() == whole.text(), cut


def test_log_tail_keeps_the_last_lines_only():
    """An output without end does not grow in memory."""
    tail = words.LogTail(limit=3)
    for n in range(100):
        tail.feed(f"{n}\n")
    tail.feed("x" * 50_000)
    assert tail.lines == ["97", "98", "99"]
    assert len(tail.open) <= 20_000


def test_key_metric_fits_its_column():
    """Harmonic mean before accuracy before loss before anything else, in ten cells."""
    assert words.key_metric({"accuracy": [90.0, 80.123], "harmonic_mean": [70.5]}) == "HM 70.50"
    assert words.key_metric({"accuracy": [90.0, 80.123]}) == "acc 80.12"
    assert words.key_metric({"lr": {"last": 0.01}, "loss": {"last": 4.19675, "best": 4.0}}) == "loss 4.2"
    assert words.key_metric({"base_session_accuracy": {"last": 91.25}}) == "bas.. 91.2"
    assert words.key_metric({"loss": {"last": "nan"}}) == "loss nan"
    assert words.key_metric({"loss": {"last": None}}) == ""


def test_fit_counts_wide_characters():
    """Text is cut to terminal cells, not characters."""
    assert words.fit("four", 4) == "four"
    assert words.fit("음성인식 모델", 8) == "음성인.."
    assert words.fit("a  b\nc", 10) == "a b c"


def test_control_characters_do_not_reach_the_terminal():
    """Escape sequences in notes and outputs are taken out."""
    assert words.plain("a\x1b]0;title\x07b\x1b[2Jc\x00\x9bd") == "abcd"
    assert words.plain(None) == ""


def test_ages_are_told_in_words():
    """Seconds, minutes, hours, days; nonsense is nothing."""
    now = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)
    assert words.age("2026-11-22T11:59:48+00:00", now) == "12 s"
    assert words.age("2026-11-22T09:30:00+00:00", now) == "2 h"
    assert words.age(now.timestamp() - 240, now) == "4 min"
    assert words.age("2026-11-17T12:00:00+00:00", now) == "5 days"
    assert words.age("soon", now) == ""


def test_header_shortens_the_vault_first():
    """Index age, running runs and GPU state are never cut off by a long vault path."""
    now = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)
    info = {"vault": "/home/somebody/with/a/very/long/path/to/their/obsidian/vault", "indexed_at": now.timestamp() - 3}
    line = words.header(info, STATUS, now, 80)
    assert len(line) <= 80
    assert line.endswith("obsidian/vault | index 3 s old | 1 running | GPU no driver")


def test_gpu_states_are_told_apart():
    """Free cards are counted; no driver, a lost GPU and stale facts are different words."""

    def state(gpus):
        return words.gpu_state({"gpus": gpus})

    cards = [{"index": 0, "free": True}, {"index": 1, "free": False}]
    assert state({"state": "ok", "stale_for": 0.0, "gpus": cards}) == "1 of 2 free"
    assert state({"state": "ok", "stale_for": 12.0, "gpus": cards}) == "stale"
    assert state({"state": "driver mismatch", "gpus": []}) == "driver mismatch"
    assert state({"state": "GPU lost", "gpus": cards}) == "GPU lost"
    assert words.gpu_state(None) == "?"


def test_quoted_lines_are_found():
    """Lines that hold the quote are marked: exactly where they are verbatim, else by their words."""
    lines = ["## 2026/11/12", "- three and tree are mixed up", "  all the time.", "- other thing here"]
    assert quoted_lines(lines, "- other thing here") == {3}
    assert quoted_lines(lines, "three and tree are mixed up all the time.") == {1, 2}
    assert quoted_lines(lines, "nothing like it") == set()
    assert quoted_lines(lines, "") == set()
