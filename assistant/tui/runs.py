"""Runs: every record in a table, what is known of the chosen one, and its output as it grows."""

from __future__ import annotations

from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import DataTable, Static

from assistant.tui import words
from assistant.tui.calls import Called, Operations, start
from assistant.tui.confirm import ConfirmScreen
from assistant.tui.passage import PassageScreen, facts_text

_EMPTY = """\
No runs yet.

Runs come from three places: the commands written down in Server and Experiments, what is
started through kwslab, and what is seen on a GPU. Start one from Next (press 3), or with

  kwslab run -- python train.py ..."""

#: How much of an output is fetched first, from its end.
_FIRST_BYTES = 32_768
_COLUMNS = ("date", "id", "title", "status", "metric")


class RunTable(DataTable[Text]):
    """The records, newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Details", key_display="enter"),
        Binding("tab", "app.focus_next", "Output", show=False),
    ]


class OutputView(VerticalScroll, can_focus=True):
    """An output that is followed at its end until somebody scrolls up; at the end it is followed again."""

    following = False

    def settle(self) -> None:
        """Called when the text has got another size."""
        if self.following:
            self.scroll_end(animate=False, immediate=True)

    def action_scroll_up(self) -> None:
        """One line up, and no longer following."""
        self.following = False
        super().action_scroll_up()

    def action_page_up(self) -> None:
        """One page up, and no longer following."""
        self.following = False
        super().action_page_up()

    def action_scroll_home(self) -> None:
        """To the start, and no longer following."""
        self.following = False
        super().action_scroll_home()

    def action_scroll_end(self) -> None:
        """To the end, and following."""
        self.following = True
        super().action_scroll_end()

    def on_mouse_scroll_up(self) -> None:
        self.following = False


class OutputText(Static):
    """The text in an OutputView."""

    def on_resize(self) -> None:
        if isinstance(self.parent, OutputView):
            self.parent.settle()


class RunsPane(Vertical):
    """The second view. Records are asked for again and again while it is shown, the chosen run's output as well."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "stop", "Stop"),
        Binding("r", "refresh", "Refresh"),
        Binding("f", "follow", "Follow"),
    ]

    def __init__(self, client: Operations, every_seconds: float) -> None:
        super().__init__(id="runs")
        self.client, self.every_seconds = client, every_seconds
        self.shown = False
        self._records: dict[str, dict[str, Any]] = {}
        self._rows: tuple[words.RunRow, ...] = ()
        self._chosen = ""
        self._wanted = ""
        self._listing = False
        self._tail = words.LogTail()
        self._offset = 0
        self._reading = False
        self._ended = False
        self._note = ("", "")
        self._progress: dict[str, str] = {}

    def compose(self) -> ComposeResult:
        yield RunTable(id="run-table", cursor_type="row", zebra_stripes=False, show_cursor=True)
        yield Static("", id="run-note", markup=False)
        with OutputView(id="run-view"):
            yield OutputText("", id="run-text", markup=False)

    def on_mount(self) -> None:
        self._make_columns()
        self._say("", "")
        self.set_interval(self.every_seconds, self._look)
        self.query_one("#run-view").border_title = "Output"

    def take_focus(self) -> None:
        """Called when this view is shown."""
        self.query_one(RunTable).focus()
        self.refresh_records()

    def choose(self, run_id: str) -> None:
        """Puts the cursor on a run as soon as it is listed."""
        self._wanted = run_id
        self.refresh_records()

    def take_status(self, status: Any) -> None:
        """Learns from a `status` result how far each run is."""
        going_on = words.items(status.get("runs") if isinstance(status, dict) else None)
        self._progress = {words.plain(r.get("id")): words.progress(r) for r in going_on if isinstance(r, dict)}

    def refresh_records(self) -> None:
        """Asks for the records, unless that is under way."""
        if not self._listing:
            self._listing = True
            start(self, self.client, "runs", {}, ("runs",))

    def _look(self) -> None:
        if self.shown:
            self.refresh_records()
            self._read_on()

    # -- what comes back -----------------------------------------------------------------------------------------------

    def on_called(self, message: Called) -> None:
        kind = message.key[0]
        if kind == "runs":
            self._listing = False
            if message.error is not None:
                self._say(words.error_words(message.error), "bold red")
                return
            self._take_records(message.result)
        elif kind == "logs":
            self._reading = False
            if message.key[1] == self._chosen:
                self._take_output(message)
        elif kind == "stop":
            if message.error is not None:
                self._say(words.error_words(message.error), "bold red")
            else:
                self._say(f"{message.key[1]} was stopped.", "magenta")
            self.refresh_records()

    def _take_records(self, result: Any) -> None:
        rows, records = [], {}
        for record in words.items(result):
            try:
                row = words.run_row(record)
            except ValueError:
                continue
            rows.append(row)
            records[row.id] = record
        strange = len(words.items(result)) - len(rows)
        if strange:
            self._say(
                f"{strange} records could not be read. Is the daemon of another version? kwslab daemon stop", "red"
            )
        elif self._note[1] in ("bold red", "red"):
            self._say("", "")
        before = self._records.get(self._chosen)
        self._records = records
        self._fill(tuple(rows))
        if self._wanted in records:
            self.query_one(RunTable).move_cursor(row=[row.id for row in rows].index(self._wanted))
            self._pick(self._wanted)
            self._wanted = ""
        elif self._chosen not in records:
            self._pick(rows[0].id if rows else "")
        elif before != records[self._chosen] or self._has_output():
            self._ended = self._ended and before == records[self._chosen]
            self._read_on()
            self._show()
        if not rows:
            self.query_one("#run-text", Static).update(Text(_EMPTY))

    def _fill(self, rows: tuple[words.RunRow, ...]) -> None:
        if rows == self._rows:
            return
        table = self.query_one(RunTable)
        if [r.id for r in rows] == [r.id for r in self._rows]:
            for old, new in zip(self._rows, rows, strict=True):
                if old != new:
                    for name, cell in zip(_COLUMNS, self._cells(new), strict=True):
                        table.update_cell(new.id, name, cell)
        else:
            top = table.scroll_y
            with self.prevent(DataTable.RowHighlighted):
                table.clear()
                for row in rows:
                    table.add_row(*self._cells(row), key=row.id)
                ids = [row.id for row in rows]
                if self._chosen in ids:
                    table.move_cursor(row=ids.index(self._chosen), scroll=False)
                    table.scroll_to(y=top, animate=False)
        self._rows = rows

    def _widths(self) -> dict[str, int]:
        wide = self.app.size.width >= 110
        widths = {
            "date": 10 if wide else 5,
            "id": 16 if wide else 8,
            "status": 8,
            "metric": 2 + words.METRIC_CELLS,
        }
        # Each column has a blank on either side, and the scroll bar takes one.
        return {**widths, "title": max(self.app.size.width - sum(widths.values()) - 2 * len(_COLUMNS) - 1, 10)}

    def _make_columns(self) -> None:
        table = self.query_one(RunTable)
        table.clear(columns=True)
        widths = self._widths()
        for name in _COLUMNS:
            table.add_column(name.capitalize() if name != "id" else "Id", key=name, width=widths[name])

    def _cells(self, row: words.RunRow) -> tuple[Text, ...]:
        widths = self._widths()
        style = words.STATUS_STYLES.get(row.status, "")
        metric = Text(("! " if row.against else "") + row.metric, "red" if row.against else "", no_wrap=True)
        return (
            Text(row.date[-widths["date"] :], no_wrap=True),
            Text(row.id if widths["id"] >= len(row.id) else row.short_id, "dim", no_wrap=True),
            Text(words.fit(row.title.replace("`", ""), widths["title"]), no_wrap=True),
            Text(row.status, style, no_wrap=True),
            metric,
        )

    # -- the chosen run ------------------------------------------------------------------------------------------------

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        key = event.row_key.value
        if key and key in self._records and key != self._chosen:
            self._pick(key)

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        if event.row_key.value:
            self.app.push_screen(PassageScreen(self.client, event.row_key.value))

    def _pick(self, run_id: str) -> None:
        self._chosen = run_id
        self._tail, self._offset, self._ended, self._reading = words.LogTail(), -_FIRST_BYTES, False, False
        view = self.query_one(OutputView)
        view.following = self._has_output()
        view.scroll_home(animate=False)
        self._show()
        self._read_on()

    def _has_output(self) -> bool:
        return self._records.get(self._chosen, {}).get("source") == "launched"

    def _read_on(self) -> None:
        if self._chosen and self._has_output() and not self._reading and not self._ended:
            self._reading = True
            params = {"id": self._chosen, "offset": self._offset}
            start(self, self.client, "logs", params, ("logs", self._chosen))

    def _take_output(self, message: Called) -> None:
        piece = message.result
        if message.error is not None:
            self._ended = True
            self._show(words.error_words(message.error))
            return
        if not isinstance(piece, dict) or not isinstance(piece.get("offset"), int):
            self._ended = True
            self._show("The output cannot be read. Is the daemon of another version? kwslab daemon stop")
            return
        text = piece.get("text")
        text = text if isinstance(text, str) else ""
        self._offset = piece["offset"]
        self._ended = bool(piece.get("ended")) and not text
        if text:
            self._tail.feed(text)
            self._show()
            if piece.get("ended"):
                self._read_on()

    def _show(self, problem: str = "") -> None:
        view, text = self.query_one(OutputView), self.query_one("#run-text", Static)
        record = self._records.get(self._chosen)
        if record is None:
            text.update("")
            return
        if self._has_output():
            far = self._progress.get(self._chosen, "")
            view.border_title = Content(f"Output of {self._chosen}" + (f": {far}" if far else ""))
            page = Text()
            cause = words.plain(record.get("cause"))
            if cause:
                page.append(f"{words.plain(record.get('status'))}: {cause}\n", "bold red")
            output = self._tail.text()
            page.append(output if output else "" if problem else "(no output yet)", "" if output else "dim")
            if problem:
                page.append(f"\n{problem}", "bold red")
            text.update(page)
        else:
            link = words.bare_link(words.plain(record.get("link")))
            view.border_title = Content(f"Written down in {link or 'the notes'}")
            text.update(facts_text(record))

    # -- keys ----------------------------------------------------------------------------------------------------------

    def action_refresh(self) -> None:
        """Asks for everything again."""
        self._say("", "")
        self._ended = False
        self.refresh_records()
        self._read_on()

    def action_follow(self) -> None:
        """Goes to the end of the output and stays there."""
        self.query_one(OutputView).action_scroll_end()

    def action_stop(self) -> None:
        """Asks, then ends the chosen run."""
        record = self._records.get(self._chosen)
        if record is None:
            self._say("No run is chosen.", "dim")
            return
        status = words.plain(record.get("status"))
        if status != "running":
            self._say(f"{self._chosen} is not running ({status}); there is nothing to stop.", "dim")
            return
        body = Text()
        body.append(f"{words.plain(record.get('title'))}\n", "bold")
        body.append(f"{self._chosen}, running\n\nEnd this run and all its processes?")
        chosen = self._chosen

        def answered(yes: bool | None) -> None:
            if yes:
                self._say(f"stopping {chosen}...", "magenta")
                start(self, self.client, "stop", {"id": chosen}, ("stop", chosen))

        self.app.push_screen(ConfirmScreen("Stop run", body), answered)

    def _say(self, text: str, style: str) -> None:
        self._note = (text, style)
        note = self.query_one("#run-note", Static)
        note.update(Text(text, style))
        note.display = bool(text)

    def on_resize(self, event: events.Resize) -> None:
        table = self.query_one(RunTable)
        if table.ordered_columns and table.ordered_columns[2].width != self._widths()["title"]:
            rows, self._rows = self._rows, ()
            self._make_columns()
            self._fill(rows)
