"""Ask: a question, the answer as it comes, and its citations, each of which opens the passage it names."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from assistant.tui import words
from assistant.tui.calls import Called, Happened, Operations, start
from assistant.tui.choices import Choices
from assistant.tui.passage import PassageScreen

_WELCOME = """\
Ask about your notes and runs. For example:

  what did I run last week on the GPU?
  which run has the best harmonic mean?
  what is still open?
  why did I drop ...?

Enter asks. Answers come from your notes and run records; each names its sources."""


class Question(Input):
    """The question line. Up and Down go through earlier questions; below the newest one lies the answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Ask", key_display="enter"),
        Binding("up", "earlier", "Earlier", key_display="up"),
        Binding("down", "later", "Later", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Scroll", key_display="pgdn"),
        Binding("escape", "leave", "Leave"),
    ]

    class Left(Message):
        """The line was left downwards. to_answer: at once to the answer's text."""

        def __init__(self, to_answer: bool) -> None:
            super().__init__()
            self.to_answer = to_answer

    class Paged(Message):
        """The answer is to be scrolled by so many pages."""

        def __init__(self, pages: int) -> None:
            super().__init__()
            self.pages = pages

    def __init__(self) -> None:
        super().__init__(id="question", placeholder="what did I run last week on the GPU?", compact=True)
        self._asked: list[str] = []
        self._at = 0
        self._draft = ""

    def remember(self, question: str) -> None:
        """Adds a question to those that Up brings back."""
        if not self._asked or self._asked[-1] != question:
            self._asked.append(question)
        self._at = len(self._asked)
        self._draft = ""

    def action_earlier(self) -> None:
        """Shows the question before."""
        if self._at > 0:
            if self._at == len(self._asked):
                self._draft = self.value
            self._at -= 1
            self._show(self._asked[self._at])

    def action_later(self) -> None:
        """Shows the question after, then what was being typed, then leaves for the citations."""
        if self._at < len(self._asked):
            self._at += 1
            self._show(self._asked[self._at] if self._at < len(self._asked) else self._draft)
        else:
            self.post_message(self.Left(to_answer=False))

    def action_page(self, pages: int) -> None:
        """Scrolls the answer without leaving the line."""
        self.post_message(self.Paged(pages))

    def action_leave(self) -> None:
        """Leaves the line, so that single keys are commands."""
        self.post_message(self.Left(to_answer=True))

    def _show(self, text: str) -> None:
        self.value = text
        self.cursor_position = len(text)


class Citations(Choices):
    """The sources of the answer. Enter opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open passage", key_display="enter"),
        Binding("escape", "back", "Question"),
    ]

    class Back(Message):
        """Back to the question."""

    def __init__(self) -> None:
        super().__init__(id="citations", compact=True, markup=False)

    def action_cursor_up(self) -> None:
        """One up; from the first one back to the question."""
        if self.highlighted in (None, 0):
            self.post_message(self.Back())
        else:
            super().action_cursor_up()

    def action_back(self) -> None:
        """Back to the question."""
        self.post_message(self.Back())


class AnswerView(VerticalScroll, can_focus=True):
    """The answer, as long as it may be."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash,i,escape", "app.show('ask')", "Question", key_display="/"),
        Binding("c", "citations", "Citations"),
    ]

    class Sources(Message):
        """The citations are wanted."""

    def action_citations(self) -> None:
        """Goes to the citations."""
        self.post_message(self.Sources())


class AskPane(Vertical):
    """The first view. It owns the question under way; an older answer that still comes in is not shown."""

    def __init__(self, client: Operations) -> None:
        super().__init__(id="ask")
        self.client = client
        self._turn = 0
        self._waiting = False
        self._asked = ""
        self._last = ("", "")
        self._composed: Any = None
        self._sentences: list[str] = []
        self._citations: tuple[words.Citation, ...] = ()

    def compose(self) -> ComposeResult:
        with Horizontal(id="question-line"):
            yield Static("Ask:", id="question-label", markup=False)
            yield Question()
        with AnswerView(id="answer-view"):
            yield Static(_WELCOME, id="answer", markup=False)
        yield Citations()

    def on_mount(self) -> None:
        self.query_one("#answer-view").border_title = "Answer"
        self.query_one(Citations).border_title = "Citations"
        self.query_one(Citations).display = False

    def take_focus(self) -> None:
        """To the question line; called when this view is shown."""
        self.query_one(Question).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        question = event.value.strip()
        if not question:
            self._write(Text(_WELCOME))
            return
        line = self.query_one(Question)
        line.remember(question)
        line.value = ""
        self._turn += 1
        self._waiting, self._asked = True, question
        self._composed, self._sentences, self._citations = None, [], ()
        self._show_citations()
        self._draw("looking through notes and runs...")
        start(self, self.client, "ask", {"question": question, "conversation": "desk"}, ("ask", self._turn))

    def on_happened(self, message: Happened) -> None:
        if message.key != ("ask", self._turn) or not isinstance(message.event, dict):
            return
        kind = message.event.get("type")
        if kind == "composed":
            self._composed = message.event.get("answer")
            self._citations = words.citations(self._composed)
            self._show_citations()
        elif kind == "sentence":
            self._sentences.append(words.plain(message.event.get("text")).strip())
        self._draw("a model may still word it...")

    def on_called(self, message: Called) -> None:
        if message.key != ("ask", self._turn):
            return
        self._waiting = False
        if message.error is not None:
            line = self.query_one(Question)
            if not line.value:
                line.value = self._asked
                line.cursor_position = len(line.value)
            self._draw(words.error_words(message.error), "bold red")
            return
        result = message.result
        text = words.answer_text(result)
        if not text:
            self._draw("The daemon gave an answer without words. Ask again, or see: kwslab doctor", "bold red")
            return
        self._composed, self._sentences = result, []
        self._citations = words.citations(result)
        self._show_citations()
        self._draw("")

    def _draw(self, last: str, style: str = "dim italic") -> None:
        """The question, what is known of the answer, and one line on how it stands."""
        self._last = (last, style)
        page = Text()
        page.append(f"> {words.plain(self._asked)}\n\n", "bold")
        text = words.answer_text(self._composed)
        width = max(self.app.size.width - 4, 20)
        if text:
            page.append(words.reflow(text, width))
            page.append("\n\n")
        if self._sentences:
            page.append(" ".join(self._sentences))
            page.append("\n\n")
        coverage = words.coverage_line(self._composed) if not self._waiting else ""
        if coverage:
            page.append(coverage, "dim")
        if last:
            page.append(last, style)
        page.rstrip()
        self._write(page)

    def _write(self, page: Text) -> None:
        self.query_one("#answer", Static).update(page)
        if not self._sentences:
            self.query_one("#answer-view", VerticalScroll).scroll_home(animate=False)

    def _show_citations(self) -> None:
        listed = self.query_one(Citations)
        listed.clear_options()
        width = max(self.app.size.width - 4, 20)
        for number, citation in enumerate(self._citations, 1):
            label = f"[{number}] {citation.label}"
            rest = width - len(label) - 3
            if citation.quote and rest > 10:
                text = Text.assemble((label, "bold"), ("  " + words.fit(citation.quote, rest), "dim"), no_wrap=True)
            else:
                text = Text(words.fit(label, width), "bold", no_wrap=True)
            listed.add_option(Option(text, id=str(number - 1)))
        listed.display = bool(self._citations)
        listed.border_title = f"Citations ({len(self._citations)})"

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        citation = self._citations[event.option_index]
        self.app.push_screen(PassageScreen(self.client, citation.link, citation.quote))

    def on_question_left(self, event: Question.Left) -> None:
        listed = self.query_one(Citations)
        if event.to_answer or not listed.display:
            self.query_one("#answer-view").focus()
        else:
            listed.highlighted = 0
            listed.focus()

    def on_question_paged(self, event: Question.Paged) -> None:
        view = self.query_one("#answer-view", VerticalScroll)
        view.scroll_relative(y=event.pages * max(view.size.height - 1, 1), animate=False)

    def on_answer_view_sources(self, event: AnswerView.Sources) -> None:
        if self.query_one(Citations).display:
            self.query_one(Citations).highlighted = 0
            self.query_one(Citations).focus()

    def on_citations_back(self, event: Citations.Back) -> None:
        self.take_focus()

    def on_resize(self, event: events.Resize) -> None:
        if self._turn:
            self._draw(*self._last)
        highlighted = self.query_one(Citations).highlighted
        self._show_citations()
        if highlighted is not None and self._citations:
            self.query_one(Citations).highlighted = highlighted
