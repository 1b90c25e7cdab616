"""Next: what to run next and why, the exact command, and Launch, which asks first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from assistant.tui import words
from assistant.tui.calls import Called, Operations, start
from assistant.tui.choices import Choices
from assistant.tui.confirm import ConfirmScreen
from assistant.tui.passage import PassageScreen

_EMPTY = """\
Nothing to propose yet.

Suggestions are drawn from open tasks and from the options that past runs changed. Write a task
into this month's to-do note that names an option and a value, such as

  - [ ] Try `noise_prob` 0.4

or log a run in Server and Experiments; then press r."""


class SuggestionsPane(Vertical):
    """The third view. cwd, environ: of this terminal; a launched command gets them as one typed here would."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "launch", "Launch"),
        Binding("e", "evidence", "Evidence"),
        Binding("r", "refresh", "Refresh"),
    ]

    class Launched(Message):
        """A suggestion was started as this run."""

        def __init__(self, run_id: str) -> None:
            super().__init__()
            self.run_id = run_id

    def __init__(self, client: Operations, cwd: str, environ: Mapping[str, str]) -> None:
        super().__init__(id="next")
        self.client, self.cwd, self.environ = client, cwd, environ
        self._views: tuple[words.SuggestionView, ...] = ()
        self._asking = False
        self._launching = False
        self._known = False
        self._next_evidence = 0

    def compose(self) -> ComposeResult:
        yield Choices(id="suggestions", compact=True, markup=False)
        yield Static("", id="next-note", markup=False)
        with VerticalScroll(id="next-view", can_focus=True):
            yield Static("looking for what to run next...", id="next-text", markup=False)

    def on_mount(self) -> None:
        self.query_one("#suggestions").border_title = "Suggestions"
        self.query_one("#next-view").border_title = "Why, and the exact command"
        self._say("", "")

    def take_focus(self) -> None:
        """Called when this view is shown. Suggestions are asked for once, and again with r."""
        self.query_one("#suggestions").focus()
        if not self._known:
            self.action_refresh()

    def action_refresh(self) -> None:
        """Asks for suggestions, unless that is under way."""
        if not self._asking:
            self._asking = True
            self._say("looking for what to run next...", "dim italic")
            start(self, self.client, "next", {"top": 5}, ("next",))

    def on_called(self, message: Called) -> None:
        if message.key[0] == "next":
            self._asking = False
            if message.error is not None:
                self._say(words.error_words(message.error), "bold red")
                return
            self._take(message.result)
        elif message.key[0] == "launch":
            self._launching = False
            if message.error is not None:
                self._say(f"Not launched: {words.error_words(message.error)}", "bold red")
                return
            run = message.result.get("id") if isinstance(message.result, dict) else message.result
            self._say(f"Launched as {words.plain(run)}.", "green")
            self._known = False
            self.post_message(self.Launched(words.plain(run)))

    def _take(self, result: Any) -> None:
        views = []
        for entry in words.items(result):
            try:
                views.append(words.suggestion_view(entry))
            except ValueError:
                continue
        strange = len(words.items(result)) - len(views)
        self._known = True
        self._views = tuple(views)
        self._say(f"{strange} suggestions could not be read." if strange else "", "red")
        listed = self.query_one("#suggestions", OptionList)
        listed.clear_options()
        width = max(self.app.size.width - 4, 20)
        for number, view in enumerate(self._views, 1):
            listed.add_option(Option(Text(words.fit(f"{number}. {view.title}", width), no_wrap=True), id=view.id))
        listed.display = bool(self._views)
        if self._views:
            listed.highlighted = 0
            self._show(0)
            if self.app.focused is None:
                listed.focus()
        else:
            self.query_one("#next-text", Static).update(Text(_EMPTY))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        self._show(event.option_index)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.action_evidence()

    def _chosen(self) -> words.SuggestionView | None:
        number = self.query_one("#suggestions", OptionList).highlighted
        return self._views[number] if number is not None and number < len(self._views) else None

    def _show(self, number: int) -> None:
        if number >= len(self._views):
            return
        self._next_evidence = 0
        view = self._views[number]
        page = Text()
        for label, value, style in (
            ("Hypothesis", view.hypothesis, ""),
            ("Changes", "; ".join(view.changes), ""),
            ("Command", view.command or "(none)", "cyan"),
            ("Predicts", view.prediction, ""),
            ("Costs", view.cost, ""),
            ("Against run", view.parent, ""),
            ("Closes", " ".join(view.closes), "blue"),
        ):
            if value:
                page.append(f"{label}: ", "bold")
                page.append(f"{value}\n", style)
        if view.evidence:
            page.append("Evidence:", "bold")
            for link, said in view.evidence:
                page.append(f"\n  {link}", "blue")
                page.append(f" {said}" if said else "")
        self.query_one("#next-text", Static).update(page)
        self.query_one("#next-view", VerticalScroll).scroll_home(animate=False)

    def action_evidence(self) -> None:
        """Opens the evidence of the chosen suggestion, one piece after the other."""
        view = self._chosen()
        links = [link for link, _ in view.evidence if link] if view else []
        if not links:
            self._say("This suggestion names no passage.", "dim")
            return
        link = links[self._next_evidence % len(links)]
        self._next_evidence += 1
        self.app.push_screen(PassageScreen(self.client, link))

    def action_launch(self) -> None:
        """Shows the exact command and starts it after a yes."""
        view = self._chosen()
        if view is None:
            self._say("There is no suggestion to launch.", "dim")
            return
        if self._launching:
            self._say("A launch is under way.", "dim")
            return
        if not view.command:
            self._say("This suggestion has no command that could be started.", "dim")
            return
        body = Text()
        body.append(f"{view.title}\n\n", "bold")
        body.append(f"{view.command}\n\n", "cyan")
        if view.cost:
            body.append(f"Costs: {view.cost}\n")
        body.append("Start this command now?")

        def answered(yes: bool | None) -> None:
            if yes:
                self._launching = True
                self._say("starting...", "dim italic")
                params = {"id": view.id, "cwd": self.cwd, "env": dict(self.environ)}
                start(self, self.client, "launch", params, ("launch", view.id))

        self.app.push_screen(ConfirmScreen("Launch", body), answered)

    def _say(self, text: str, style: str) -> None:
        note = self.query_one("#next-note", Static)
        note.update(Text(text, style))
        note.display = bool(text)
