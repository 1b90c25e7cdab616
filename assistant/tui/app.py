"""The terminal interface: three views over the daemon's operations. It holds no state that matters."""

from __future__ import annotations

import datetime
import locale
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.theme import Theme
from textual.widgets import ContentSwitcher, Footer, Static

from assistant.errors import DaemonError
from assistant.tui import words
from assistant.tui.ask import AskPane
from assistant.tui.calls import Operations, post
from assistant.tui.runs import RunsPane
from assistant.tui.suggestions import SuggestionsPane

VIEWS = (("ask", "1 Ask"), ("runs", "2 Runs"), ("next", "3 Next"))

#: Seconds without an answer after which the banner says so.
PATIENCE_SECONDS = 2.0

#: Only the terminal's own colours, and reverse video where something is chosen: readable on light and dark alike.
THEME = Theme(
    name="kwslab",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    accent="ansi_blue",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "border": "ansi_blue",
        "border-blurred": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-text-style": "reverse",
        "block-cursor-blurred-foreground": "ansi_default",
        "block-cursor-blurred-background": "ansi_default",
        "block-cursor-blurred-text-style": "underline",
        "block-hover-background": "ansi_default",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
        "input-selection-background": "ansi_cyan",
        "input-selection-foreground": "ansi_black",
        "screen-selection-background": "ansi_cyan",
        "screen-selection-foreground": "ansi_black",
        "footer-background": "ansi_default",
        "footer-foreground": "ansi_default",
        "footer-item-background": "ansi_default",
        "footer-key-background": "ansi_default",
        "footer-key-foreground": "ansi_blue",
        "footer-description-background": "ansi_default",
        "footer-description-foreground": "ansi_default",
        "scrollbar": "ansi_blue",
        "scrollbar-hover": "ansi_blue",
        "scrollbar-active": "ansi_blue",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
        "scrollbar-corner-color": "ansi_default",
    },
)


class PlainBars(ScrollBarRender):
    """Scroll bars of blanks with a background, where block characters cannot be shown."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


class Heard(Message, bubble=False):
    """The daemon answered."""

    def __init__(self, info: Any, status: Any) -> None:
        super().__init__()
        self.info, self.status = info, status


class Unheard(Message, bubble=False):
    """The daemon could not be asked."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


def needs_ascii(environ: Mapping[str, str]) -> bool:
    """Whether frames have to be drawn with ASCII: a plain terminal, or a locale without Unicode."""
    simple = environ.get("TERM", "") in ("", "dumb", "vt52", "vt100", "vt102", "vt220", "ansi", "cons25", "linux-m")
    return simple or "utf" not in locale.getpreferredencoding(False).lower()


def _pid(info: Any) -> Any:
    return info.get("pid") if isinstance(info, dict) else None


class KwslabApp(App[None]):
    """Ask, Runs and Next over one client. Slow work is done in threads (`calls`); a lost daemon is found again.

    Args: client: runs the operations. beat_seconds: between two looks at the daemon; runs and outputs follow it.
        environ, cwd: of this terminal; they decide how frames are drawn, and go with what is launched.
    """

    TITLE = "kwslab"
    ENABLE_COMMAND_PALETTE = False
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1,f1", "show('ask')", "Ask", show=False),
        Binding("2,f2", "show('runs')", "Runs", show=False),
        Binding("3,f3", "show('next')", "Next", show=False),
        Binding("ctrl+t", "turn", "View", key_display="^t", priority=True),
        Binding("ctrl+q,ctrl+c", "quit", "Quit", key_display="^q", priority=True),
        Binding("q", "quit", "Quit", show=False),
    ]

    def __init__(
        self, client: Operations, *, beat_seconds: float = 2.0, environ: Mapping[str, str] = os.environ, cwd: str = ""
    ) -> None:
        super().__init__()
        self.client, self.beat_seconds = client, beat_seconds
        self.ascii = needs_ascii(environ)
        self.lost = False
        self._heard_at = time.monotonic()
        self._ever = False
        self._info: Any = None
        self._status: Any = None
        self._said: Any = None
        self._silent = False
        self._closing_down = threading.Event()
        self._header = Static(" kwslab | connecting...", id="header", markup=False)
        self._tabs = Static("", id="tabs", markup=False)
        self._banner = Static("", id="banner", markup=False)
        self._views = ContentSwitcher(initial="ask", id="views")
        self._ask = AskPane(client)
        self._runs = RunsPane(client, max(beat_seconds / 2, 0.02))
        self._next = SuggestionsPane(client, cwd or str(Path.cwd()), environ)

    def compose(self) -> ComposeResult:
        yield self._header
        yield self._tabs
        yield self._banner
        with self._views:
            yield self._ask
            yield self._runs
            yield self._next
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.register_theme(THEME)
        self.theme = "kwslab"
        self.set_class(self.ascii, "ascii")
        ScrollBar.renderer = PlainBars if self.ascii else ScrollBarRender
        self._banner.display = False
        self._show_tabs()
        self._ask.take_focus()
        self.set_interval(0.5, self._watch)
        threading.Thread(target=self._beat, name="beat", daemon=True).start()

    def on_unmount(self) -> None:
        self._closing_down.set()

    # -- the daemon ----------------------------------------------------------------------------------------------------

    def _beat(self) -> None:
        """Asks after the daemon again and again. Runs in a thread."""
        while not self._closing_down.is_set():
            try:
                info, status = self.client.call("info", {}), self.client.call("status", {})
            except Exception as error:  # Shown in the banner; the next beat may work.
                post(self, Unheard(error))
            else:
                post(self, Heard(info, status))
            self._closing_down.wait(self.beat_seconds)

    def on_heard(self, message: Heard) -> None:
        if _pid(self._info) is not None and _pid(message.info) not in (None, _pid(self._info)):
            self.notify("The daemon was lost and has been started again. Runs went on without it.", timeout=10)
        self._heard_at, self._info, self._status = time.monotonic(), message.info, message.status
        self._show_header()
        if self.lost or not self._ever:
            self._ever, self._silent = True, False
            self._warn("")
            self._runs.refresh_records()
            if self._views.current == "next":
                self._next.action_refresh()
        self._runs.take_status(message.status)
        self._say_words(message.status)

    def on_unheard(self, message: Unheard) -> None:
        said = words.error_words(message.error)
        self._silent = False
        if isinstance(message.error, DaemonError):
            # That it was lost is said already; anything else, such as another vault's daemon, is worth reading.
            self._warn("daemon lost, reconnecting..." + ("" if "was lost" in said else f" {said}"))
        else:
            # It answers, but with an error: the daemon is there and cannot do its work.
            self._heard_at = time.monotonic()
            self._warn(said)

    def _watch(self) -> None:
        """A call that hangs is told of as well; the header's ages move on."""
        silent = time.monotonic() - self._heard_at
        if silent > PATIENCE_SECONDS + self.beat_seconds and not (self.lost and not self._silent):
            self._silent = True
            if self._ever:
                self._warn(f"daemon lost, reconnecting... no answer for {words.age_words(silent)}")
            else:
                self._warn(f"waiting {words.age_words(silent)} for the daemon to start...")
        self._show_header()

    def _warn(self, text: str) -> None:
        self.lost = bool(text)
        self._banner.update(Text(text))
        self._banner.display = bool(text)

    def _say_words(self, status: Any) -> None:
        """Things that the daemon says once."""
        for said in words.items(status.get("words") if isinstance(status, dict) else None):
            if said != self._said:
                self._said = said
                self.notify(words.plain(said), markup=False, timeout=10)

    # -- header and views ----------------------------------------------------------------------------------------------

    def _show_header(self) -> None:
        if self._info is not None:
            now = datetime.datetime.now().astimezone()
            line = words.header(self._info, self._status, now, self.size.width)
            self._header.update(Text(line, no_wrap=True))

    def _show_tabs(self) -> None:
        current = self._views.current
        line = Text(" ")
        for name, label in VIEWS:
            line.append(f" {label} ", "reverse bold" if name == current else "")
            line.append(" ")
        self._tabs.update(line)

    def action_show(self, view: str) -> None:
        """Shows a view."""
        self._views.current = view
        self._runs.shown = view == "runs"
        self._show_tabs()
        panes: dict[str, AskPane | RunsPane | SuggestionsPane]
        panes = {"ask": self._ask, "runs": self._runs, "next": self._next}
        panes[view].take_focus()

    def action_turn(self) -> None:
        """Shows the view after this one."""
        if len(self.screen_stack) > 1:
            return
        names = [name for name, _ in VIEWS]
        current = self._views.current
        self.action_show(names[(names.index(current or "ask") + 1) % len(names)])

    def on_suggestions_pane_launched(self, message: SuggestionsPane.Launched) -> None:
        self.action_show("runs")
        self._runs.choose(message.run_id)
