"""The one door to SQLite: notes, chunks with full-text search, tasks, links, run records, and kept embeddings.

All of it is derived from vault and run directories. One file in the cache directory, WAL, one schema; a file of another
schema or a damaged one raises `IndexBroken`, and the caller deletes it and builds it anew.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import itertools
import json
import math
import re
import sqlite3
import threading
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fskws.runs import SESSION_METRICS, Record
from vault_sync.chunks import CHUNK_FORMAT, Chunk, section_links
from vault_sync.errors import IndexBroken, StoreError
from vault_sync.notes import Link, Note, Task, Verdict
from vault_sync.terms import distance, expanded, stem, terms

#: Raised with every change to the tables or to what is put into them.
SCHEMA_VERSION = 100 + CHUNK_FORMAT

_BUSY_SECONDS = 10.0
_VECTOR_BYTES = 4  # float32

_SCHEMA = """
CREATE TABLE notes (
    path TEXT PRIMARY KEY, name TEXT NOT NULL, title TEXT NOT NULL, sha256 TEXT NOT NULL, mtime_ns INTEGER NOT NULL,
    size INTEGER NOT NULL, read_ns INTEGER NOT NULL, tells_runs INTEGER NOT NULL, aliases TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sections (
    id INTEGER PRIMARY KEY, note TEXT NOT NULL, heading TEXT NOT NULL, anchor TEXT NOT NULL, level INTEGER NOT NULL,
    path TEXT NOT NULL, link TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL, date TEXT,
    text TEXT NOT NULL, verdicts TEXT NOT NULL
);
CREATE INDEX sections_note ON sections (note, anchor);
CREATE TABLE chunks (
    rowid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, note TEXT NOT NULL, title TEXT NOT NULL, heading TEXT NOT NULL,
    path TEXT NOT NULL, link TEXT NOT NULL, date TEXT, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    text TEXT NOT NULL, verdicts TEXT NOT NULL, embedded INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX chunks_note ON chunks (note, start);
CREATE INDEX chunks_date ON chunks (date);
CREATE INDEX chunks_pending ON chunks (rowid) WHERE embedded = 0;
CREATE VIRTUAL TABLE chunk_terms USING fts5 (title, heading, body, parts,
    tokenize = "unicode61 remove_diacritics 2 tokenchars '_.-/+'");
CREATE VIRTUAL TABLE chunk_vocabulary USING fts5vocab (chunk_terms, row);
CREATE TABLE removals (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE links (
    note TEXT NOT NULL, line INTEGER NOT NULL, target TEXT NOT NULL, heading TEXT NOT NULL, block TEXT NOT NULL,
    alias TEXT NOT NULL, embed INTEGER NOT NULL
);
CREATE INDEX links_note ON links (note, line);
CREATE INDEX links_target ON links (target);
CREATE TABLE tasks (
    note TEXT NOT NULL, line INTEGER NOT NULL, state TEXT NOT NULL, struck INTEGER NOT NULL, date TEXT,
    text TEXT NOT NULL, json TEXT NOT NULL
);
CREATE INDEX tasks_note ON tasks (note, line);
CREATE INDEX tasks_state ON tasks (state, date);
CREATE TABLE records (
    version INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
    date TEXT NOT NULL, status TEXT NOT NULL, title TEXT NOT NULL, started_at TEXT,
    link TEXT NOT NULL, ordinal INTEGER NOT NULL, json TEXT NOT NULL
);
CREATE INDEX records_date ON records (date);
CREATE INDEX records_link ON records (link);
CREATE TABLE record_options (record TEXT NOT NULL, option TEXT NOT NULL, value TEXT NOT NULL, number REAL);
CREATE INDEX record_options_option ON record_options (option, value);
CREATE INDEX record_options_record ON record_options (record);
CREATE TABLE record_metrics (record TEXT NOT NULL, metric TEXT NOT NULL, value REAL NOT NULL);
CREATE INDEX record_metrics_metric ON record_metrics (metric, record);
CREATE INDEX record_metrics_record ON record_metrics (record);
CREATE VIRTUAL TABLE record_terms USING fts5 (record UNINDEXED, body, parts,
    tokenize = "unicode61 remove_diacritics 2 tokenchars '_.-/+'");
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class NoteState:
    """What the index knows of a file. read_ns: clock when it was read, to tell a write within one tick of the mtime."""

    path: str
    sha256: str
    mtime_ns: int
    size: int
    read_ns: int


@dataclass(frozen=True)
class StoredSection:
    """A section as a citation opens it. text: its body; with its sub-sections when asked so. Lines as in `Section`."""

    note: str
    heading: str
    level: int
    path: tuple[str, ...]
    link: str
    start: int
    end: int
    date: datetime.date | None
    text: str
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Match:
    """One full-text hit. score: BM25, larger is better. rowid: the chunk's key in the store."""

    rowid: int
    id: str
    note: str
    date: datetime.date | None
    score: float


class Store:
    """SQLite with FTS5 behind one lock for writers and one connection for each thread.

    Args: path: the database file; its folder is made when missing.
    Raises: IndexBroken: the file is damaged or of another schema. StoreError: it cannot be opened (rights, full disk).
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._local = threading.local()
        self._writing = threading.RLock()
        #: Held by whoever reads records in order to write them back, and by whoever writes what a run says now.
        self.rewriting = threading.RLock()
        self._connections: weakref.WeakSet[sqlite3.Connection] = weakref.WeakSet()
        self._records: dict[str, tuple[int, Record]] = {}
        self._vocabulary: tuple[int, dict[int, list[tuple[str, int, int]]]] | None = None
        self._names: tuple[int, dict[str, str], dict[str, str]] | None = None
        self._counted: tuple[tuple[int, int], dict[str, int]] | None = None
        self._tasks: tuple[int, tuple[Task, ...]] | None = None
        self._changed: set[str] = set()  # What the transaction at work has changed; see `revision`.
        self._closed = False
        #: What readers of the vault keep between two looks, by name; it goes with this object.
        self.kept: dict[str, Any] = {}
        #: Held by whoever brings the text index in step, so that two sweeps do not do the same work.
        self.in_step = threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot make {self.path.parent} for the index: {error.strerror}; choose a writable --state"
            ) from error
        with self._door():
            self._open_schema()

    def close(self) -> None:
        """Closes the connections of all threads."""
        self._closed = True
        for connection in list(self._connections):
            with contextlib.suppress(sqlite3.Error):
                connection.close()
        self._local = threading.local()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def check(self) -> None:
        """Reads every page of the file once. Raises: IndexBroken: something in it is damaged."""
        with self._door():
            rows = self._connection().execute("PRAGMA quick_check(1)").fetchall()
        if rows != [("ok",)]:
            raise IndexBroken(f"{self.path} is damaged ({rows[0][0]}); it is built anew from the vault")

    # -- notes -----------------------------------------------------------------------------------------------------

    def note_states(self) -> dict[str, NoteState]:
        """Path -> what was read of it, for every indexed note."""
        rows = self._all("SELECT path, sha256, mtime_ns, size, read_ns FROM notes")
        return {row[0]: NoteState(*row) for row in rows}

    def note_names(self) -> dict[str, str]:
        """Path -> name as a wikilink writes it, for every indexed note."""
        return dict(self._all("SELECT path, name FROM notes ORDER BY path"))

    def note_aliases(self) -> dict[str, tuple[str, ...]]:
        """Path -> aliases, for the notes that have any."""
        rows = self._all("SELECT path, aliases FROM notes WHERE aliases != '[]'")
        return {path: tuple(json.loads(aliases)) for path, aliases in rows}

    def notes_that_tell_runs(self) -> list[str]:
        """Paths of the notes that logged runs are read from."""
        return [row[0] for row in self._all("SELECT path FROM notes WHERE tells_runs = 1 ORDER BY path")]

    def replace_note(self, note: Note, chunks: Sequence[Chunk], state: NoteState, tells_runs: bool = False) -> None:
        """Everything known of one note, in one transaction. Chunks that did not change keep their vectors."""
        with self.transaction() as connection:
            self._replace_note(connection, note, chunks, state, tells_runs)

    def remove_note(self, path: str) -> None:
        """Forgets a note and all that was read from it; its vectors are put on the list of removals."""
        with self.transaction() as connection:
            self._changed.add("text")
            self._forget_chunks(connection, "SELECT rowid, id, embedded FROM chunks WHERE note = ?", (path,))
            for table in ("sections", "links", "tasks"):
                connection.execute(f"DELETE FROM {table} WHERE note = ?", (path,))
            connection.execute("DELETE FROM notes WHERE path = ?", (path,))

    def touch_note(self, state: NoteState) -> None:
        """The file's times changed, its content did not."""
        with self.transaction() as connection:
            connection.execute(
                "UPDATE notes SET mtime_ns = ?, size = ?, read_ns = ? WHERE path = ?",
                (state.mtime_ns, state.size, state.read_ns, state.path),
            )

    def _replace_note(
        self, connection: sqlite3.Connection, note: Note, chunks: Sequence[Chunk], state: NoteState, tells_runs: bool
    ) -> None:
        self._changed.add("text")
        connection.execute(
            "INSERT OR REPLACE INTO notes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                note.path,
                note.name,
                note.title,
                state.sha256,
                state.mtime_ns,
                state.size,
                state.read_ns,
                int(tells_runs),
                json.dumps(note.aliases, ensure_ascii=False),
            ),
        )
        for table in ("sections", "links", "tasks"):
            connection.execute(f"DELETE FROM {table} WHERE note = ?", (note.path,))
        links = section_links(note)
        connection.executemany(
            'INSERT INTO sections (note, heading, anchor, level, path, link, start, "end", date, text, verdicts) '
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    note.path,
                    s.heading,
                    anchor(s.heading),
                    s.level,
                    _dump(s.path),
                    link,
                    s.start,
                    s.end,
                    _iso(s.date),
                    s.text,
                    _dump([asdict(v) for v in s.verdicts]),
                )
                for s, link in zip(note.sections, links, strict=True)
            ],
        )
        connection.executemany(
            "INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(note.path, x.line, x.target, x.heading, x.block, x.alias, int(x.embed)) for x in note.links],
        )
        connection.executemany(
            "INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    note.path,
                    t.line,
                    t.state,
                    int(t.struck),
                    _iso(t.date),
                    t.text,
                    _dump(asdict(t), default=_iso_or_fail),
                )
                for t in note.tasks
            ],
        )
        self._replace_chunks(connection, note.path, chunks)

    def _replace_chunks(self, connection: sqlite3.Connection, path: str, chunks: Sequence[Chunk]) -> None:
        rows = connection.execute("SELECT id, rowid, title FROM chunks WHERE note = ?", (path,))
        old = {row[0]: row[1:] for row in rows}
        kept = {chunk.id for chunk in chunks if chunk.id in old}
        gone = [chunk_id for chunk_id in old if chunk_id not in kept]
        for chunk_id in gone:
            self._forget_chunks(connection, "SELECT rowid, id, embedded FROM chunks WHERE id = ?", (chunk_id,))
        for chunk in chunks:
            if chunk.id in kept:
                rowid, title = old[chunk.id]
                connection.execute(
                    'UPDATE chunks SET start = ?, "end" = ?, link = ?, date = ?, title = ?, verdicts = ?, '
                    "embedded = CASE WHEN date IS ? THEN embedded ELSE 0 END WHERE rowid = ?",
                    (
                        chunk.start,
                        chunk.end,
                        chunk.link,
                        _iso(chunk.date),
                        chunk.title,
                        _dump([asdict(v) for v in chunk.verdicts]),
                        _iso(chunk.date),
                        rowid,
                    ),
                )
                if title != chunk.title:
                    connection.execute("DELETE FROM chunk_terms WHERE rowid = ?", (rowid,))
                    self._index_terms(connection, rowid, chunk)
                continue
            cursor = connection.execute(
                'INSERT INTO chunks (id, note, title, heading, path, link, date, start, "end", text, verdicts) '
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    chunk.id,
                    chunk.note,
                    chunk.title,
                    chunk.heading,
                    _dump(chunk.path),
                    chunk.link,
                    _iso(chunk.date),
                    chunk.start,
                    chunk.end,
                    chunk.text,
                    _dump([asdict(v) for v in chunk.verdicts]),
                ),
            )
            connection.execute("DELETE FROM removals WHERE id = ?", (chunk.id,))
            assert cursor.lastrowid is not None
            self._index_terms(connection, cursor.lastrowid, chunk)

    @staticmethod
    def _index_terms(connection: sqlite3.Connection, rowid: int, chunk: Chunk) -> None:
        name = chunk.note.removesuffix(".md")
        title = terms(name if chunk.title in ("", name) else f"{name} {chunk.title}")
        heading = terms(" ".join(chunk.path) if chunk.path else chunk.heading)
        body = terms(chunk.text)
        connection.execute(
            "INSERT INTO chunk_terms (rowid, title, heading, body, parts) VALUES (?, ?, ?, ?, ?)",
            (rowid, _joined(title), _joined(heading), _joined(body), expanded([*title, *heading, *body])),
        )

    @staticmethod
    def _forget_chunks(connection: sqlite3.Connection, query: str, values: tuple[Any, ...]) -> None:
        rows = connection.execute(query, values).fetchall()
        connection.executemany("DELETE FROM chunk_terms WHERE rowid = ?", [(row[0],) for row in rows])
        connection.executemany("DELETE FROM chunks WHERE rowid = ?", [(row[0],) for row in rows])
        connection.executemany("INSERT OR IGNORE INTO removals VALUES (?)", [(row[1],) for row in rows if row[2]])

    def clear(self) -> None:
        """Forgets everything that was read from the vault; records of launched and observed runs stay."""
        with self.transaction() as connection:
            self._changed.add("text")
            rows = connection.execute("SELECT id FROM records WHERE source = 'logged'").fetchall()
            self._delete_records(connection, [row[0] for row in rows])
            connection.execute("INSERT OR IGNORE INTO removals SELECT id FROM chunks WHERE embedded = 1")
            connection.execute("DROP TABLE chunk_vocabulary")
            connection.execute("DROP TABLE chunk_terms")
            for table in ("notes", "sections", "chunks", "links", "tasks"):
                connection.execute(f"DELETE FROM {table}")
            for statement in _statements():
                if statement.startswith("CREATE VIRTUAL TABLE chunk"):
                    connection.execute(statement)

    # -- chunks and sections ---------------------------------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """How many notes, chunks, embedded chunks, tasks and records there are."""
        revision = self.revision()
        if self._counted is None or self._counted[0] != revision:
            names = ("notes", "chunks", "tasks", "records")
            row = self._all("SELECT " + ", ".join(f"(SELECT count(*) FROM {name})" for name in names))[0]
            self._counted = (revision, dict(zip(names, row, strict=True)))
        known = self._counted[1]
        return {**known, "embedded": known["chunks"] - self.pending_count()}

    def count(self, what: str) -> int:
        """How many there are of "notes", "chunks", "embedded", "tasks", "records", or "pending" (without a vector)."""
        return self.pending_count() if what == "pending" else self.counts()[what]

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        """The chunks with these ids, in the order asked; unknown ids are left out."""
        marks = ",".join("?" * len(ids))
        found = {
            row[0]: _chunk(row) for row in self._all(f"SELECT {_CHUNK_COLUMNS} FROM chunks WHERE id IN ({marks})", ids)
        }
        return [found[chunk_id] for chunk_id in ids if chunk_id in found]

    def chunks_of(self, note: str) -> list[Chunk]:
        """All chunks of a note in the order of its lines."""
        return [
            _chunk(row)
            for row in self._all(f"SELECT {_CHUNK_COLUMNS} FROM chunks WHERE note = ? ORDER BY start", (note,))
        ]

    def chunks_between(
        self, since: datetime.date, until: datetime.date, notes: Sequence[str] | None = None
    ) -> list[Chunk]:
        """All chunks dated from `since` to `until`, both included, by date, note and line."""
        where, values = _chunk_filter("", since, until, notes, None)
        return [
            _chunk(row)
            for row in self._all(
                f"SELECT {_CHUNK_COLUMNS} FROM chunks WHERE {where} ORDER BY date, note, start", values
            )
        ]

    def sections_of(self, note: str) -> list[StoredSection]:
        """The sections of a note (by path) in the order of its lines, each with its own text only."""
        return [
            _section(row)
            for row in self._all(f"SELECT {_SECTION_COLUMNS} FROM sections WHERE note = ? ORDER BY start", (note,))
        ]

    def sections_at(self, places: Sequence[tuple[str, int]]) -> list[StoredSection | None]:
        """The section that holds each (path, line), own text only."""
        found: list[StoredSection | None] = []
        for note, line in places:
            rows = self._all(
                f"SELECT {_SECTION_COLUMNS} FROM sections "
                'WHERE note = ? AND start <= ? AND "end" > ? ORDER BY start DESC LIMIT 1',
                (note, line, line),
            )
            found.append(_section(rows[0]) if rows else None)
        return found

    def section(
        self, note: str, heading: str = "", line: int | None = None, whole: bool = True
    ) -> StoredSection | None:
        """The section that a link or citation names, or None.

        Args: note: path or name, any case, shortest path as Obsidian resolves it; an alias counts too. heading: text
            after '#', with parents as "day#Code"; punctuation is ignored; "" is the note's first section. line: a line
            inside the section, decides between equal headings. whole: with the sub-sections' text.
        Of equal headings without a line, the last one is meant (obsidian.nvim's rule).
        """
        path = self.note_path(note)
        if path is None:
            return None
        wanted = [anchor(part) for part in heading.split("#") if anchor(part)]
        places = self._places_of(path, wanted, first=not wanted and line is None)
        if line is not None:
            places = [place for place in places if place[0] <= line < place[1]] or places
        if not places:
            return None
        # Only what is asked for is read: a log of years has thousands of sections.
        start = places[-1][0]
        rows = self._all(
            f"SELECT {_SECTION_COLUMNS} FROM sections WHERE note = ? AND start >= ? ORDER BY start LIMIT ?",
            (path, start, -1 if whole else 1),
        )
        if not whole:
            return _section(rows[0])
        level = _section(rows[0]).level
        below = itertools.takewhile(lambda row: row[2] > level, rows[1:])
        return _with_children([_section(row) for row in (rows[0], *below)], 0)

    def _places_of(self, path: str, wanted: Sequence[str], first: bool) -> list[tuple[int, int]]:
        """(start, end) of the sections of a note under these headings; the first one alone if so asked."""
        if first or not wanted:
            rows = self._all('SELECT start, "end" FROM sections WHERE note = ? ORDER BY start', (path,))
            return [(start, end) for start, end in (rows[:1] if first else rows)]
        rows = self._all(
            "SELECT start, \"end\", path, heading FROM sections WHERE note = ? AND replace(anchor, ' ', '') = ? "
            "ORDER BY start",
            (path, wanted[-1].replace(" ", "")),
        )
        return [
            (start, end)
            for start, end, parents, heading in rows
            if _is_under(tuple(json.loads(parents)) or (heading,), wanted)
        ]

    def section_of(self, link: str) -> dict[str, Any] | None:
        """What a citation opens: {note, heading, link, date, start, end, text}, or None when it leads nowhere.

        Args: link: "[[Note#heading]]", "Note#heading", with a line as records have it ("Experiments#2025/04/11:42").
        """
        inside = link.strip().lstrip("!").removeprefix("[[").removesuffix("]]").split("|")[0]
        note, _, heading = inside.partition("#")
        found = self.section(note, heading)
        numbered = re.fullmatch(r"(.*):(\d+)", heading)
        if found is None and numbered:
            found = self.section(note, numbered[1], line=int(numbered[2]))
        if found is None:
            return None
        return {
            "note": found.note,
            "heading": found.heading,
            "link": found.link,
            "date": _iso(found.date),
            "start": found.start,
            "end": found.end,
            "text": found.text,
        }

    def note_path(self, name: str) -> str | None:
        """The path of the note that a wikilink's target names: exact path, then name, then last part, then alias."""
        key = name.strip().removesuffix(".md").casefold()
        exact, others = self._note_keys()
        return exact.get(key) or others.get(key)

    def _note_keys(self) -> tuple[dict[str, str], dict[str, str]]:
        """Name -> path, and what else a note is called by (last parts of its name, aliases) -> path."""
        revision = self.revision()[0]
        if self._names is None or self._names[0] != revision:
            exact: dict[str, str] = {}
            tails: dict[str, list[str]] = {}
            for path, name in self.note_names().items():
                known = name.casefold()
                exact.setdefault(known, path)
                parts = known.split("/")
                for start in range(1, len(parts)):
                    tails.setdefault("/".join(parts[start:]), []).append(path)
            others = {tail: min(paths, key=lambda path: (path.count("/"), path)) for tail, paths in tails.items()}
            for path, aliases in self.note_aliases().items():
                for alias in aliases:
                    others.setdefault(alias.casefold(), path)
            self._names = (revision, exact, others)
        return self._names[1], self._names[2]

    def links_from(self, note: str, start: int = 0, end: int = 1 << 60) -> list[Link]:
        """The links that stand in lines [start, end) of a note."""
        rows = self._all(
            "SELECT target, heading, block, alias, embed, line FROM links WHERE note = ? AND line >= ? AND line < ? "
            "ORDER BY line",
            (note, start, end),
        )
        return [Link(t, h, b, a, bool(e), n) for t, h, b, a, e, n in rows]

    def links(self) -> list[tuple[str, Link]]:
        """Every link of the vault with the path of the note it stands in."""
        rows = self._all("SELECT note, target, heading, block, alias, embed, line FROM links ORDER BY note, line")
        return [(note, Link(t, h, b, a, bool(e), n)) for note, t, h, b, a, e, n in rows]

    def tasks(
        self, states: str | None = None, as_of: datetime.date | None = None, notes: Sequence[str] | None = None
    ) -> list[Task]:
        """Tasks as they stand in the notes, copies included, by date, note and line.

        Args: states: characters of the states wanted (" -" are the open ones); None is all. as_of: hides later days.
        """
        revision = self.revision()[0]
        if self._tasks is None or self._tasks[0] != revision:
            rows = self._all("SELECT json FROM tasks ORDER BY date, note, line")
            self._tasks = (revision, tuple(_task(row[0]) for row in rows))
        return [
            task
            for task in self._tasks[1]
            if (states is None or task.state in tuple(states))
            and (as_of is None or task.date is None or task.date <= as_of)
            and (notes is None or task.note in notes)
        ]

    # -- full-text search ------------------------------------------------------------------------------------------

    def match(
        self,
        expression: str,
        limit: int,
        since: datetime.date | None = None,
        until: datetime.date | None = None,
        notes: Sequence[str] | None = None,
        as_of: datetime.date | None = None,
    ) -> list[Match]:
        """The best chunks for an FTS5 expression (see `any_of`, `phrase`), by BM25; title and heading count double."""
        if not expression:
            return []
        where, values = _chunk_filter("c.", since, until, notes, as_of)
        rows = self._all(
            "SELECT c.rowid, c.id, c.note, c.date, -bm25(chunk_terms, 2.0, 2.0, 1.0, 0.6) AS score FROM chunk_terms "
            f"JOIN chunks c ON c.rowid = chunk_terms.rowid WHERE chunk_terms MATCH ? AND {where} "
            "ORDER BY score DESC, c.date DESC, c.rowid LIMIT ?",
            [expression, *values, limit],
        )
        return [Match(rowid, chunk_id, note, _date(date), score) for rowid, chunk_id, note, date, score in rows]

    def term_counts(self, words: Sequence[str]) -> dict[str, int]:
        """Word -> in how many chunks it stands; words that stand nowhere are left out."""
        found = {}
        for word in dict.fromkeys(words):
            for (count,) in self._all("SELECT doc FROM chunk_vocabulary WHERE term = ?", (word,)):
                found[word] = int(count)
        return found

    def holders(self, expression: str, ids: Sequence[str]) -> set[str]:
        """Which of these chunks an FTS5 expression finds."""
        if not expression or not ids:
            return set()
        marks = ",".join("?" * len(ids))
        rows = self._all(
            "SELECT c.id FROM chunks c JOIN chunk_terms t ON t.rowid = c.rowid "
            f"WHERE t.chunk_terms MATCH ? AND c.id IN ({marks})",
            [expression, *ids],
        )
        return {row[0] for row in rows}

    def similar_terms(self, word: str, limit: int = 4) -> list[str]:
        """Words of the vault that `word` may be a slip of: one edit, or two in a word of eight letters or more."""
        word = word.lower()
        slips = 2 if len(word) >= 8 else 1
        if len(word) < 4:
            return []
        letters = _letters(word)
        found: list[tuple[int, int, str]] = []
        by_length = self._words()
        for length in range(len(word) - slips, len(word) + slips + 1):
            for known, count, set_of_letters in by_length.get(length, ()):
                if (set_of_letters ^ letters).bit_count() <= 2 * slips and known != word:
                    edits = distance(word, known, slips)
                    if edits <= slips:
                        found.append((edits, -count, known))
        found.sort()
        best = found[0][0] if found else 0
        return [known for edits, _, known in found if edits == best][:limit]

    def _words(self) -> dict[int, list[tuple[str, int, int]]]:
        """The vault's words by length, with count and letters, read once for each state of the database."""
        version = self.revision()[0]
        if self._vocabulary is None or self._vocabulary[0] != version:
            by_length: dict[int, list[tuple[str, int, int]]] = {}
            for word, count in self._all(
                "SELECT term, doc FROM chunk_vocabulary WHERE term GLOB '[a-z]*' OR term > 'zzzz'"
            ):
                if 3 < len(word) < 40:
                    by_length.setdefault(len(word), []).append((word, count, _letters(word)))
            self._vocabulary = (version, by_length)
        return self._vocabulary[1]

    def version(self) -> int:
        """Grows with every change of the store: what was made from it is stale when this is another number."""
        rows = self._all("SELECT value FROM meta WHERE key = 'version'")
        return int(rows[0][0]) if rows else 0

    def revision(self) -> tuple[int, int]:
        """(of what was read from the notes, of the records): each grows when that part changes, and only then.

        Vectors, times of files and remembered facts change neither: what is derived from text and records is kept as
        long as this stays the same.
        """
        found = dict(self._all("SELECT key, value FROM meta WHERE key IN ('text_version', 'records_version')"))
        return int(found.get("text_version", 0)), int(found.get("records_version", 0))

    # -- vectors still to be brought in step -----------------------------------------------------------------------

    def pending(self, limit: int) -> list[Chunk]:
        """Chunks whose vector is not in the vector index yet, newest day first."""
        rows = self._all(
            f"SELECT {_CHUNK_COLUMNS} FROM chunks WHERE embedded = 0 ORDER BY date DESC, rowid LIMIT ?", (limit,)
        )
        return [_chunk(row) for row in rows]

    def pending_count(self) -> int:
        """How many chunks wait for their vector."""
        return int(self._all("SELECT count(*) FROM chunks WHERE embedded = 0")[0][0])

    def mark_embedded(self, chunks: Iterable[Chunk]) -> list[str]:
        """Their vectors are in the vector index. Returns: ids of those that are gone or changed meanwhile."""
        missed = []
        with self.transaction() as connection:
            for chunk in chunks:
                found = connection.execute(
                    "UPDATE chunks SET embedded = 1 WHERE id = ? AND date IS ?", (chunk.id, _iso(chunk.date))
                ).rowcount
                if not found:
                    missed.append(chunk.id)
        return missed

    def removals(self) -> list[str]:
        """Ids of vectors whose chunk is gone."""
        return [row[0] for row in self._all("SELECT id FROM removals")]

    def mark_removed(self, ids: Iterable[str]) -> None:
        """Their vectors are out of the vector index."""
        with self.transaction() as connection:
            connection.executemany("DELETE FROM removals WHERE id = ?", [(chunk_id,) for chunk_id in ids])

    def forget_vectors(self) -> None:
        """The vector index was lost: every chunk waits again."""
        with self.transaction() as connection:
            connection.execute("UPDATE chunks SET embedded = 0")
            connection.execute("DELETE FROM removals")

    # -- records ---------------------------------------------------------------------------------------------------

    def upsert_record(self, record: Record) -> None:
        """Adds a record or replaces the one with its id."""
        self.upsert_records([record])

    def upsert_records(self, records: Iterable[Record]) -> None:
        """Adds records, replacing those with the same ids, in one transaction."""
        with self.transaction() as connection:
            for record in records:
                self._delete_records(connection, [record.id])
                self._insert_record(connection, record, 0)

    def replace_logged(self, records: Sequence[Record]) -> None:
        """The records read from the notes, all of them: others of source `logged` are dropped."""
        with self.transaction() as connection:
            rows = connection.execute("SELECT id, ordinal, json FROM records WHERE source = 'logged'")
            old = {row[0]: row[1:] for row in rows}
            wanted = {record.id: (ordinal, record) for ordinal, record in enumerate(records)}
            changed = [
                record_id
                for record_id, (ordinal, record) in wanted.items()
                if old.get(record_id) != (ordinal, _dump(record.to_json(), default=str))
            ]
            self._delete_records(connection, [*(record_id for record_id in old if record_id not in wanted), *changed])
            for record_id in changed:
                self._insert_record(connection, wanted[record_id][1], wanted[record_id][0])

    def logged(self) -> list[Record]:
        """The records read from the notes in the notes' order, merged ones included."""
        return self._decoded("FROM records r WHERE r.source = 'logged' ORDER BY r.ordinal", ())

    def remove_records(self, ids: Iterable[str]) -> None:
        """Forgets these records."""
        with self.transaction() as connection:
            self._delete_records(connection, list(ids))

    def record(self, record_id: str) -> Record | None:
        """The record with this id, or whose id ends with it (the six characters of a `^kw-` marker)."""
        rows = self._all("SELECT json FROM records WHERE id = ?", (record_id,))
        if not rows and re.fullmatch(r"\w{4,}", record_id):
            rows = self._all(
                "SELECT json FROM records WHERE substr(id, -length(?)) = ? LIMIT 2", (f"-{record_id}",) * 2
            )
        return Record.from_json(json.loads(rows[0][0])) if len(rows) == 1 else None

    def records(
        self,
        since: datetime.date | None = None,
        until: datetime.date | None = None,
        source: str | None = None,
        status: str | None = None,
        sources: Collection[str] | None = None,
        statuses: Collection[str] | None = None,
        where: Mapping[str, str] | None = None,
        sort: str | None = None,
        text: str = "",
        limit: int | None = None,
        as_of: datetime.date | None = None,
        ids: Sequence[str] | None = None,
        merged: bool = False,
    ) -> list[Record]:
        """Records, newest day first and within a day the latest last-written first.

        Args: since, until: days, both included. source, status: the one wanted; sources, statuses:
            several. where: option -> value; a number matches however it is written
            (0.005 = 5e-3), quotes are ignored, "" matches any value. sort: a metric, best first ("accuracy" is its
            last session; a metric whose name tells of loss, error or time counts from below; "-name" turns it round,
            "date" is oldest first). Records without that metric are left out. merged: also logged records that only
            tell of a launched or observed run, which is listed itself. text: words to find in title,
            description, remarks, config. as_of: hides days after it.
        """
        joins, clauses, values = [], ["1"], list[Any]()
        sort = sort or ""
        order = "r.date DESC, r.started_at DESC, r.ordinal DESC, r.id"
        if sort.lstrip("-") == "date":
            order = order if sort.startswith("-") else "r.date, r.started_at, r.ordinal, r.id"
        elif sort:
            name = sort.lstrip("-")
            joins.append("JOIN record_metrics m ON m.record = r.id AND m.metric = ?")
            values.append(name)
            order = f"m.value {'ASC' if lower_is_better(name) != sort.startswith('-') else 'DESC'}, {order}"
        for day, sign in ((since, ">="), (until, "<="), (as_of, "<=")):
            if day is not None:
                clauses.append(f"r.date {sign} ?")
                values.append(day.isoformat())
        for column, one, several in (("source", source, sources), ("status", status, statuses)):
            allowed = [one] if one else several
            if allowed is not None:
                clauses.append(f"r.{column} IN ({','.join('?' * len(allowed))})")
                values.extend(allowed)
        for option, wanted in (where or {}).items():
            clause, more = _option_clause(option, wanted)
            clauses.append(clause)
            values.extend(more)
        if not merged:
            clauses.append("(r.source <> 'logged' OR json_extract(r.json, '$.merged_into') = '')")
        if ids is not None:
            clauses.append(f"r.id IN ({','.join('?' * len(ids))})")
            values.extend(ids)
        if text:
            expression = all_of(text)
            if not expression:
                return []
            clauses.append("r.id IN (SELECT record FROM record_terms WHERE record_terms MATCH ?)")
            values.append(expression)
        query = f"FROM records r {' '.join(joins)} WHERE {' AND '.join(clauses)} ORDER BY {order}"
        if limit is not None:
            query += f" LIMIT {int(limit)}"
        return self._decoded(query, values)

    def options(self) -> dict[str, dict[str, int]]:
        """Option -> value -> number of records, over all records: the vocabulary of this vault's commands."""
        found: dict[str, dict[str, int]] = {}
        for option, value, count in self._all(
            "SELECT option, value, count(*) FROM record_options GROUP BY 1, 2 ORDER BY 3 DESC"
        ):
            found.setdefault(option, {})[value] = count
        return found

    def record_word_counts(self) -> dict[str, int]:
        """Word, stem or part of a name -> in how many records it stands, merged ones included."""
        return dict(self._all("SELECT term, doc FROM temp.record_vocabulary"))

    def metrics(self) -> dict[str, int]:
        """Metric -> number of records that have it."""
        return dict(self._all("SELECT metric, count(*) FROM record_metrics GROUP BY 1 ORDER BY 2 DESC"))

    def _decoded(self, query: str, values: Sequence[Any]) -> list[Record]:
        """Records in the query's order; those that did not change since the last call are not decoded again."""
        rows = self._all(f"SELECT r.id, r.version {query}", values)
        known = self._records
        missing = [row for row in rows if known.get(row[0], (None, None))[0] != row[1]]
        for start in range(0, len(missing), 500):
            ids = [row[0] for row in missing[start : start + 500]]
            marks = ",".join("?" * len(ids))
            for record_id, version, text in self._all(
                f"SELECT id, version, json FROM records WHERE id IN ({marks})", ids
            ):
                known[record_id] = (version, Record.from_json(json.loads(text)))
        return [known[row[0]][1] for row in rows if row[0] in known]

    def _insert_record(self, connection: sqlite3.Connection, record: Record, ordinal: int) -> None:
        self._changed.add("records")
        connection.execute(
            "INSERT INTO records VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.id,
                record.source,
                record.date,
                record.status,
                record.title,
                record.started_at,
                record.link,
                ordinal,
                _dump(record.to_json(), default=str),
            ),
        )
        connection.executemany(
            "INSERT INTO record_options VALUES (?, ?, ?, ?)",
            [(record.id, option, _plain(value), _number(value)) for option, value in record.config.items()],
        )
        connection.executemany(
            "INSERT INTO record_metrics VALUES (?, ?, ?)",
            [(record.id, name, value) for name, value in metric_values(record.metrics).items()],
        )
        told = [
            record.title,
            record.description,
            *record.remarks,
            *record.verdicts,
            record.cause,
            " ".join(record.argv),
        ]
        told.extend(f"{option} {value}" for option, value in record.config.items())
        body = terms("\n".join(told))
        connection.execute("INSERT INTO record_terms VALUES (?, ?, ?)", (record.id, _joined(body), expanded(body)))

    def _delete_records(self, connection: sqlite3.Connection, ids: Sequence[str]) -> None:
        for record_id in ids:
            found = connection.execute("DELETE FROM records WHERE id = ?", (record_id,)).rowcount
            if found:
                self._changed.add("records")
                connection.execute("DELETE FROM record_options WHERE record = ?", (record_id,))
                connection.execute("DELETE FROM record_metrics WHERE record = ?", (record_id,))
                connection.execute("DELETE FROM record_terms WHERE record = ?", (record_id,))

    # -- meta ------------------------------------------------------------------------------------------------------

    def meta(self, key: str, default: str = "") -> str:
        """A remembered fact about the index: "indexed_at", "vectors", ..."""
        rows = self._all("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else default

    def set_meta(self, key: str, value: str) -> None:
        """Remembers a fact about the index."""
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # -- the connection --------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One writer at a time; all or nothing. Calls inside another one of the same thread join it."""
        with self._writing, self._door():
            connection = self._connection()
            if connection.in_transaction:
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            self._changed.clear()
            try:
                yield connection
                connection.executemany(
                    "INSERT INTO meta VALUES (?, '1') ON CONFLICT (key) DO UPDATE SET value = value + 1",
                    [("version",), *((f"{part}_version",) for part in sorted(self._changed))],
                )
                connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._door():
            return self._connection().execute(query, tuple(values)).fetchall()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            if self._closed:
                raise StoreError(f"{self.path} was closed; open the store again")
            connection = _connect(self.path)
            connection.execute(
                "CREATE VIRTUAL TABLE temp.record_vocabulary USING fts5vocab('main', 'record_terms', 'row')"
            )
            self._local.connection = connection
            self._connections.add(connection)
        return connection

    def _open_schema(self) -> None:
        connection = self._connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if version == 0 and tables == 0:
                for statement in _statements():
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            elif version != SCHEMA_VERSION:
                raise IndexBroken(
                    f"{self.path} has version {version}, this kwslab writes {SCHEMA_VERSION}; "
                    "it is built anew from the vault"
                )
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            self.close()
            raise

    @contextlib.contextmanager
    def _door(self) -> Iterator[None]:
        """SQLite's errors as ours: what a rebuild cures is IndexBroken, what it would not is StoreError."""
        try:
            yield
        except sqlite3.OperationalError as error:
            message = str(error)
            if (
                "malformed" in message
                or "no such table" in message
                or "no such column" in message
                or "corrupt" in message
            ):
                raise IndexBroken(f"{self.path} is damaged ({message}); it is built anew from the vault") from error
            advice = {"full": "free some disk space", "locked": "another process is writing it; try again"}
            told = next((text for word, text in advice.items() if word in message), "check the rights of its folder")
            raise StoreError(f"the index {self.path} cannot be used: {message}; {told}") from error
        except sqlite3.IntegrityError:
            raise
        except sqlite3.ProgrammingError as error:
            if self._closed:
                raise StoreError(f"{self.path} was closed; open the store again") from error
            raise
        except sqlite3.DatabaseError as error:
            raise IndexBroken(f"{self.path} is damaged ({error}); it is built anew from the vault") from error


class EmbeddingCache:
    """Vectors by the text they were made from, in a file of its own: a rebuild or a rename costs no embedding.

    Args: path: the database file. model: name of the embedding model; another model's vectors are never returned.
    A damaged file is deleted and begun anew, since it holds nothing that cannot be made again.
    """

    def __init__(self, path: Path, model: str) -> None:
        self.path = Path(path)
        self.model = model
        self._lock = threading.Lock()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = self._open()
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"the embedding cache {self.path} cannot be opened: {error}; check the rights of its folder"
            ) from error
        except sqlite3.DatabaseError:
            remove_database(self.path)
            self._connection = self._open()

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    def get(self, texts: Sequence[str]) -> dict[str, bytes]:
        """text -> float32 bytes, for those that are known."""
        keys = {self._key(text): text for text in texts}
        found: dict[str, bytes] = {}
        listed = list(keys)
        for start in range(0, len(listed), 500):
            part = listed[start : start + 500]
            marks = ",".join("?" * len(part))
            for key, vector in self._run(f"SELECT key, vector FROM embeddings WHERE key IN ({marks})", part):
                if len(vector) % _VECTOR_BYTES == 0:
                    found[keys[key]] = vector
        return found

    def put(self, vectors: Mapping[str, bytes]) -> None:
        """Keeps vectors (float32 bytes) by their text."""
        rows = [(self._key(text), vector) for text, vector in vectors.items()]
        with self._lock, self._failing():
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT OR REPLACE INTO embeddings VALUES (?, ?)", rows)
            self._connection.execute("COMMIT")

    def __len__(self) -> int:
        return int(self._run("SELECT count(*) FROM embeddings", ())[0][0])

    def _run(self, query: str, values: Sequence[Any]) -> list[Any]:
        with self._lock, self._failing():
            return self._connection.execute(query, tuple(values)).fetchall()

    @contextlib.contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"the embedding cache {self.path} cannot be used: {error}; free disk space or check its rights"
            ) from error
        except sqlite3.DatabaseError:
            self._connection.close()
            remove_database(self.path)
            self._connection = self._open()
            raise IndexBroken(f"{self.path} was damaged; the embeddings are made again") from None

    def _open(self) -> sqlite3.Connection:
        connection = _connect(self.path)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS embeddings (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
        )
        connection.execute("SELECT count(*) FROM embeddings").fetchone()
        return connection

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self.model}\x00{text}".encode(errors="surrogatepass")).digest()


def remove_database(path: Path) -> None:
    """Deletes a database with its write-ahead files."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{suffix}").unlink()


def any_of(words: Iterable[str]) -> str:
    """An FTS5 expression: chunks that hold at least one of the words. Any character is allowed in them."""
    return " OR ".join(dict.fromkeys(_quoted(word) for word in words if word.strip()))


def all_of(text: str) -> str:
    """An FTS5 expression: each word of the text, or its stem."""
    groups = []
    for term in terms(text):
        options = dict.fromkeys([term.text, stem(term.text), *(part for part in term.parts if "+" in part)])
        groups.append("(" + " OR ".join(_quoted(option) for option in options) + ")")
    return " AND ".join(groups)


def phrase(text: str) -> str:
    """An FTS5 expression: these words one after another."""
    words = [term.text for term in terms(text)]
    return _quoted(" ".join(words)) if words else ""


def anchor(heading: str) -> str:
    """A heading as links compare it: case and punctuation ignored."""
    return re.sub(r"[\W_]+", " ", heading).strip().casefold()


def lower_is_better(metric: str) -> bool:
    """Whether a smaller value of the metric is the better one."""
    return any(word in metric.lower() for word in ("loss", "err", "eer", "wer", "time", "seconds"))


def metric_values(metrics: Mapping[str, Any]) -> dict[str, float]:
    """One number a metric, to sort by: the last session of a per-session list (and "accuracy.base", its first), the
    best of another. Numbers that are not finite are left out."""
    found: dict[str, float] = {}
    for name, value in metrics.items():
        if isinstance(value, list | tuple):
            listed = [item for item in (_number(item) for item in value) if item is not None]
            if listed:
                found[name] = listed[-1]
                if name in SESSION_METRICS:
                    found[f"{name}.mean"] = sum(listed) / len(listed)
                    found[f"{name}.base" if name == "accuracy" else f"{name}.first"] = listed[0]
        else:
            number = _number(value.get("best", value.get("last")) if isinstance(value, Mapping) else value)
            if number is not None:
                found[name] = number
    return found


_CHUNK_COLUMNS = 'id, note, title, heading, path, link, date, start, "end", text, verdicts'
_SECTION_COLUMNS = 'note, heading, level, path, link, start, "end", date, text, verdicts'


def _statements() -> list[str]:
    """The schema's statements one by one, so that they run inside a transaction."""
    return [statement.strip() for statement in _SCHEMA.split(";\n") if statement.strip()]


class _Connection(sqlite3.Connection):
    """A connection that can be kept in a weak set, so that it goes with its thread."""


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, factory=_Connection
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA cache_size = -16000")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def _chunk_filter(
    prefix: str,
    since: datetime.date | None,
    until: datetime.date | None,
    notes: Sequence[str] | None,
    as_of: datetime.date | None,
) -> tuple[str, list[Any]]:
    """WHERE clause over chunks. An interval asks for dated ones; `as_of` alone lets the undated through."""
    clauses, values = ["1"], list[Any]()
    for day, sign in ((since, ">="), (until, "<=")):
        if day is not None:
            clauses.append(f"{prefix}date {sign} ?")
            values.append(day.isoformat())
    if as_of is not None:
        clauses.append(f"({prefix}date IS NULL OR {prefix}date <= ?)")
        values.append(as_of.isoformat())
    if notes is not None:
        clauses.append(f"{prefix}note IN ({','.join('?' * len(notes))})")
        values.extend(notes)
    return " AND ".join(clauses), values


def _option_clause(option: str, value: str) -> tuple[str, list[Any]]:
    base = "r.id IN (SELECT record FROM record_options WHERE option = ?"
    name = option.lstrip("-")
    number = _number(value)
    if not value:
        return f"{base})", [name]
    if number is not None:
        return f"{base} AND (number = ? OR value = ?))", [name, number, _plain(value)]
    return f"{base} AND lower(value) = lower(?))", [name, _plain(value)]


def _is_under(path: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the last of `wanted` is this heading and the others are among its parents, in order."""
    if not wanted:
        return True
    headings = [anchor(heading) for heading in path]
    squeezed = [heading.replace(" ", "") for heading in headings]

    def same(index: int, text: str) -> bool:
        return headings[index] == text or squeezed[index] == text.replace(" ", "")

    if not headings or not same(-1, wanted[-1]):
        return False
    position = 0
    for text in wanted[:-1]:
        found = next((i for i in range(position, len(headings) - 1) if same(i, text)), None)
        if found is None:
            return False
        position = found + 1
    return True


def _with_children(sections: Sequence[StoredSection], index: int) -> StoredSection:
    """A section with the text of those below it, their heading lines included, each line where the note has it."""
    section = sections[index]
    first = section.start + (1 if section.level > 0 else 0)
    lines, end = section.text.rstrip("\n").split("\n"), section.end
    verdicts = list(section.verdicts)
    if section.level > 0:
        for child in sections[index + 1 :]:
            if child.level <= section.level:
                break
            before = max(child.start - first, 0)
            lines = lines[:before] + [""] * (before - len(lines))
            lines += [f"{'#' * child.level} {child.heading}", *child.text.rstrip("\n").split("\n")]
            verdicts.extend(v for v in child.verdicts if v not in verdicts)
            end = child.end
    joined = "\n".join(lines).rstrip("\n")
    return StoredSection(
        section.note,
        section.heading,
        section.level,
        section.path,
        section.link,
        section.start,
        end,
        section.date,
        joined,
        tuple(verdicts),
    )


def _chunk(row: Sequence[Any]) -> Chunk:
    chunk_id, note, title, heading, path, link, date, start, end, text, verdicts = row
    return Chunk(
        chunk_id,
        note,
        heading,
        tuple(json.loads(path)),
        link,
        _date(date),
        start,
        end,
        text,
        _verdicts(verdicts),
        title,
    )


def _section(row: Sequence[Any]) -> StoredSection:
    note, heading, level, path, link, start, end, date, text, verdicts = row
    return StoredSection(
        note,
        heading,
        level,
        tuple(json.loads(path)),
        link,
        start,
        end,
        _date(date),
        text,
        _verdicts(verdicts),
    )


def _task(text: str) -> Task:
    values = json.loads(text)
    values["date"] = _date(values["date"])
    values["sublines"] = tuple(values["sublines"])
    values["links"] = tuple(Link(**link) for link in values["links"])
    values["verdicts"] = tuple(values["verdicts"])
    return Task(**values)


def _verdicts(text: str) -> tuple[Verdict, ...]:
    return () if text == "[]" else tuple(Verdict(**values) for values in json.loads(text))


def _letters(word: str) -> int:
    """The set of a word's letters as bits; each edit changes at most two of them."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 31)
    return bits


def _joined(found: Iterable[Any]) -> str:
    return " ".join(term.text for term in found)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""').replace("\x00", " ") + '"'


def _plain(value: object) -> str:
    """An option's value without quotes around it."""
    text = str(value).strip()
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _number(value: object) -> float | None:
    try:
        number = float(_plain(value))
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _iso(day: datetime.date | None) -> str | None:
    return day.isoformat() if day else None


def _date(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def _dump(value: Any, default: Any = None) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=default)


def _iso_or_fail(value: object) -> str:
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(f"{value!r} cannot be kept in the store")
