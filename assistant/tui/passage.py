"""The passage that a citation or a piece of evidence names, with the note's own line numbers."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Footer, Static

from assistant.tui import words
from assistant.tui.calls import Called, Operations, start

_WORD = re.compile(r"\w+")


class PassageScreen(ModalScreen[None]):
    """Over everything else until it is closed; the lines that the answer quotes are marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter", "dismiss", "Close", key_display="esc"),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("pageup,b", "scroll(-12)", "Page up", show=False),
        Binding("pagedown,space", "scroll(12)", "Page down", show=False),
        Binding("home,g", "edge(True)", "Start", show=False),
        Binding("end,G", "edge(False)", "End", show=False),
        Binding("x", "none", "Scroll", key_display="up/down"),
    ]

    def __init__(self, client: Operations, link: str, quote: str = "") -> None:
        super().__init__()
        self.client, self.link, self.quote = client, words.bare_link(link), quote

    def compose(self) -> ComposeResult:
        with Vertical(id="passage"), VerticalScroll(id="passage-view", can_focus=True):
            yield Static("opening...", id="passage-text", markup=False)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#passage").border_title = Content(words.fit(self.link, max(self.app.size.width - 8, 10)))
        self.query_one("#passage-view").focus()
        if words.is_run(self.link):
            start(self, self.client, "show", {"id": self.link}, ("show",))
        else:
            start(self, self.client, "section", {"link": self.link}, ("section",))

    def on_called(self, message: Called) -> None:
        text = self.query_one("#passage-text", Static)
        if message.error is not None:
            text.update(Text(words.error_words(message.error), "bold red"))
        elif not isinstance(message.result, dict):
            text.update(Text(f"There is nothing at {self.link}. The note may have changed; ask again.", "bold red"))
        elif message.key == ("show",):
            text.update(facts_text(message.result))
        else:
            self._show_section(message.result)

    def _show_section(self, section: dict[str, Any]) -> None:
        heading = words.plain(section.get("heading"))
        lines = words.plain(section.get("text")).splitlines() or ["(empty)"]
        start = section.get("start")
        number = start if isinstance(start, int) else 1
        if heading and lines[0].lstrip("# ").rstrip() != heading:
            number += 1  # `start` is the heading's line, the text begins below it.
        title = words.plain(section.get("note")).removesuffix(".md") + (f" > {heading}" if heading else "")
        last = number + len(lines) - 1
        self.query_one("#passage").border_title = Content(
            words.fit(f"{title or self.link}  (lines {number}-{last})", max(self.app.size.width - 8, 10))
        )
        marked = quoted_lines(lines, self.quote)
        target = re.search(r":(\d+)$", self.link)
        if target and not marked and number <= int(target[1]) <= last:
            marked = {int(target[1]) - number}
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(justify="right", style="dim", no_wrap=True)
        grid.add_column()
        for offset, line in enumerate(lines):
            style = "bold" if offset in marked else ""
            grid.add_row(f"{'>' if offset in marked else ' '}{number + offset}", Text(line, style or note_style(line)))
        self.query_one("#passage-text", Static).update(grid)
        if marked and min(marked) > 3:
            self.call_after_refresh(
                self.query_one("#passage-view").scroll_to, y=min(marked) - 2, animate=False, force=True
            )

    def action_scroll(self, lines: int) -> None:
        """Scrolls by so many lines."""
        self.query_one("#passage-view").scroll_relative(y=lines, animate=False)

    def action_edge(self, start: bool) -> None:
        """Goes to the first or the last line."""
        view = self.query_one("#passage-view")
        if start:
            view.scroll_home(animate=False)
        else:
            view.scroll_end(animate=False)

    def action_none(self) -> None:
        """Stands in the footer for the arrow keys."""


def quoted_lines(lines: list[str], quote: str) -> set[int]:
    """The lines (from 0) that hold the quote's words; none when most of the quote is not there."""
    wanted = set(_WORD.findall(quote.lower()))
    if not wanted:
        return set()
    pieces = {line.strip().lower() for line in quote.splitlines() if line.strip()}
    exact = {n for n, line in enumerate(lines) if line.strip() and line.strip().lower() in pieces}
    if exact:
        return exact
    found = set()
    for number, line in enumerate(lines):
        has = _WORD.findall(line.lower())
        if len(has) >= 3 and sum(word in wanted for word in has) >= 0.8 * len(has):
            found.add(number)
    return found


def note_style(line: str) -> str:
    """A little colour for what matters in a note: headings, verdicts, code fences."""
    if line.startswith("#"):
        return "bold blue"
    lowered = line.lower()
    if any(f"[!{kind}]" in lowered for kind in words.AGAINST):
        return "bold red"
    if "[!success]" in lowered:
        return "green"
    if line.startswith("```"):
        return "dim"
    return ""


def facts_text(record: dict[str, Any]) -> Text:
    """A record for reading."""
    return Text("\n").join(Text(line, style) for style, line in words.run_facts(record) if line)
