"""Brings the index in step with the vault: what changed is read again, text first, vectors after."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vault_sync.chunks import chunk_note
from vault_sync.entries import SectionEntries
from vault_sync.errors import EmbedderError, IndexBroken, VaultError
from vault_sync.index import VectorIndex, remove_vectors
from vault_sync.join import join_store
from vault_sync.notes import Note, parse_note
from vault_sync.results import LoggedParts, NoteNames, is_hub, logged_parts, records_of
from vault_sync.store import NoteState, Store, remove_database

if TYPE_CHECKING:
    from vault_sync.embed import TextEmbedder
    from vault_sync.vault import Vault

    #: Called with how much is done and how much there is: notes first, then vectors.
    Progress = Callable[[int, int], None]

#: Notes a transaction. Small, so that a reader waits little and an interrupted start loses little.
_NOTES_A_BATCH = 50
#: Chunks between two seals of the vector index, and what an interruption may have to repeat.
_CHUNKS_A_BATCH = 512
#: A file written again within this time after it was read may keep its mtime; it is hashed once more.
_RACY_NS = 2_000_000_000


@dataclass(frozen=True)
class IndexReport:
    """What was done. notes, chunks: in the index now. read: notes read again. embedded: chunks the model has read.

    removed: notes no longer there. pending: chunks still without a vector. problems: one line a note or part that could
    not be read, with what to do.
    """

    notes: int
    chunks: int
    embedded: int
    removed: int
    seconds: float
    problems: tuple[str, ...]
    read: int = 0
    pending: int = 0


def open_store(path: Path) -> tuple[Store, str]:
    """The store, built anew when it is damaged or of another version.

    Returns: the store, and a sentence about a rebuild ("" when there was none).
    Raises: StoreError: the file cannot be opened at all.
    """
    try:
        store = Store(path)
        try:
            store.check()
            return store, ""
        except BaseException:
            store.close()
            raise
    except IndexBroken as error:
        remove_database(path)
        return Store(path), str(error)


def open_vectors(path: Path, embedder: TextEmbedder, store: Store) -> tuple[VectorIndex, str]:
    """The vector index, begun anew when it is damaged; only its own folder is deleted.

    Returns: the index, and a sentence about a rebuild ("" when there was none).
    """
    told = ""
    try:
        vectors = VectorIndex(path, embedder)
    except IndexBroken as error:
        told = str(error)
        remove_vectors(path)
        vectors = VectorIndex(path, embedder)
    if _agree(store, vectors):
        return vectors, told
    store.forget_vectors()
    vectors.clear()
    store.set_meta("vectors", vectors.identity)
    return vectors, told


def bring_in_step(
    vault: Vault,
    store: Store,
    vectors: VectorIndex | None,
    *,
    names: NoteNames | None = None,
    progress: Progress | None = None,
    embed: bool = True,
    stop: Callable[[], bool] | None = None,
) -> IndexReport:
    """Makes the index say what the vault says.

    A note whose size and mtime are as they were is not opened. Text search, tasks and logged records know a change as
    soon as its transaction is committed; vectors follow, and go on where they were after an interruption.
    Args: vectors: None leaves the vectors for later. names: the notes that tell of runs. embed: False is the same as no
        vectors. stop: asked between batches; True ends early, with `pending` in the report.
    Raises: VaultError: the vault itself cannot be read. IndexBroken: see `open_store`, `open_vectors`.
    """
    begun = time.monotonic()
    read, removed, problems = bring_text_in_step(vault, store, names=names, progress=progress, stop=stop)
    embedded = 0
    if vectors is not None and embed:
        try:
            embedded = bring_vectors_in_step(store, vectors, progress=progress, stop=stop)
        except EmbedderError as error:
            problems.append(str(error))
    counts = store.counts()
    return IndexReport(
        notes=counts["notes"],
        chunks=counts["chunks"],
        embedded=embedded,
        removed=removed,
        seconds=time.monotonic() - begun,
        problems=tuple(problems),
        read=read,
        pending=counts["chunks"] - counts["embedded"],
    )


def rebuild(
    vault: Vault,
    store: Store,
    vectors: VectorIndex | None,
    *,
    names: NoteNames | None = None,
    progress: Progress | None = None,
    embed: bool = True,
    stop: Callable[[], bool] | None = None,
) -> IndexReport:
    """Forgets all that was read from the vault and reads it again; kept embeddings are used again."""
    vault.files()  # A vault that cannot be read must not empty the index first.
    with store.in_step:
        store.clear()
    if vectors is not None:
        with vectors.in_step:
            store.forget_vectors()
            vectors.clear()
    return bring_in_step(vault, store, vectors, names=names, progress=progress, embed=embed, stop=stop)


def bring_text_in_step(
    vault: Vault,
    store: Store,
    *,
    names: NoteNames | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> tuple[int, int, list[str]]:
    """The part of `bring_in_step` without vectors. Returns: notes read, notes removed, problems."""
    names = names or NoteNames()
    with store.in_step:
        files = vault.files()
        known = store.note_states()
        there = {file.path: file for file in files}
        unlisted = tuple(problem.path for problem in vault.problems() if problem.kind == "unreadable")
        gone = [path for path in known if path not in there and not _lies_under(path, unlisted)]
        changed = [
            file
            for file in files
            if (state := known.get(file.path)) is None
            or (state.mtime_ns, state.size) != (file.mtime_ns, file.size)
            or state.read_ns - state.mtime_ns < _RACY_NS
        ]
        logbook = _logbook(store, names)
        tellers = set(store.notes_that_tell_runs())
        runs_touched = bool(tellers.intersection(gone)) or store.meta("names") != repr(names)
        read = 0
        unread: dict[str, str] = {}
        for start in range(0, len(changed), _NOTES_A_BATCH):
            if stop is not None and stop():
                break
            if start == 0 and gone:
                with store.transaction():
                    for path in gone:
                        store.remove_note(path)
            batch: list[tuple[Note, NoteState, bool]] = []
            touched: list[NoteState] = []
            for file in changed[start : start + _NOTES_A_BATCH]:
                now = time.time_ns()
                try:
                    text = vault.read(file.path)
                except VaultError as error:
                    unread[file.path] = str(error)
                    continue
                state = NoteState(file.path, text.sha256, text.mtime_ns, text.size, now)
                before = known.get(file.path)
                if before is not None and before.sha256 == text.sha256:
                    touched.append(state)
                    continue
                note = parse_note(file.path, text.text)
                tells, touches = logbook.take(note, text.sha256, file.path in tellers)
                runs_touched = runs_touched or touches
                batch.append((note, state, tells))
            with store.transaction():
                for state in touched:
                    store.touch_note(state)
                for note, state, tells in batch:
                    store.replace_note(note, chunk_note(note), state, tells)
            read += len(batch)
            if progress is not None:
                progress(min(start + _NOTES_A_BATCH, len(changed)), len(changed))
        if gone and not changed:
            with store.transaction():
                for path in gone:
                    store.remove_note(path)
        if runs_touched:
            hubs = [path for path in there if is_hub(path, names)]
            parts = logbook.parts(vault, {*store.notes_that_tell_runs(), *hubs}, store.note_states())
            store.replace_logged(records_of(parts, names=names))
            join_store(store)
            store.set_meta("names", repr(names))
        store.set_meta("indexed_at", datetime.datetime.now().astimezone().isoformat(timespec="seconds"))
        unread.update({problem.path: problem.message for problem in vault.problems()})
    return read, len(gone), list(unread.values())


def bring_vectors_in_step(
    store: Store,
    vectors: VectorIndex,
    *,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> int:
    """Takes out the vectors of chunks that are gone and makes the missing ones.

    Returns: how many chunks the model has read; those whose vector was kept cost nothing.
    Raises: EmbedderError: the model cannot be loaded; text search is not touched by it.
    """
    with vectors.in_step:
        if not _agree(store, vectors):
            store.forget_vectors()
            vectors.clear()
            store.set_meta("vectors", vectors.identity)
        before = getattr(vectors.embedder, "encoded", 0)
        removals = store.removals()
        if removals:
            vectors.remove(removals)
            store.mark_removed(removals)
        total, done = store.pending_count(), 0
        while not (stop is not None and stop()):
            chunks = store.pending(_CHUNKS_A_BATCH)
            if not chunks:
                break

            def tell(part: int, of: int, done: int = done, total: int = total, chunks: int = len(chunks)) -> None:
                if progress is not None:
                    progress(min(total, done + part * chunks // max(1, of)), total)

            vectors.add(chunks, tell)
            vectors.remove(store.mark_embedded(chunks))
            done += len(chunks)
            if progress is not None:
                progress(min(total, done), total)
        return int(getattr(vectors.embedder, "encoded", 0)) - before


def _agree(store: Store, vectors: VectorIndex) -> bool:
    """Whether the vectors are those the store believes to be there (either side may have been deleted or replaced).

    Every vector belongs to a chunk that is marked as embedded, to one that waits (a crash before it was marked), or to
    one on the list of removals.
    """
    if store.meta("vectors") != vectors.identity:
        return False
    counts = store.counts()
    return counts["embedded"] <= len(vectors) <= counts["chunks"] + len(store.removals())


def _lies_under(path: str, folders: Iterable[str]) -> bool:
    """Whether a note lies in a folder that could not be listed just now: it is not gone, and stays in the index."""
    return any(folder in (".", path) or path.startswith(f"{folder}/") for folder in folders)


class _Logbook:
    """What the notes add to the logged records, kept between two looks: a saved note costs its own reading alone."""

    def __init__(self, names: NoteNames) -> None:
        self.names = names
        self._parts: dict[str, tuple[str, LoggedParts]] = {}  # path -> (sha256 of the note, its parts)
        self._sections: dict[str, SectionEntries] = {}

    def take(self, note: Note, sha256: str, told_before: bool) -> tuple[bool, bool]:
        """Reads a note that changed. Returns: whether it tells of runs, and whether what it tells changed."""
        known = self._parts.pop(note.path, None)
        hub = is_hub(note.path, self.names)
        parts = logged_parts(note, self.names, self._sections.setdefault(note.path, {}) if hub else None)
        tells = bool(parts) or hub
        if tells:
            self._parts[note.path] = (sha256, parts)
        if known is None:
            return tells, tells or told_before
        return tells, parts != known[1]

    def parts(self, vault: Vault, paths: Iterable[str], states: Mapping[str, NoteState]) -> list[LoggedParts]:
        """The parts of these notes; those not read before in this process are read now."""
        wanted = sorted(paths)
        for path in self._parts.keys() - set(wanted):
            del self._parts[path]
            self._sections.pop(path, None)
        for path in wanted:
            state = states.get(path)
            if path in self._parts and state is not None and self._parts[path][0] == state.sha256:
                continue
            try:
                text = vault.read(path)
            except VaultError:
                self._parts.pop(path, None)
                continue  # Named in the problems when it was read.
            self.take(parse_note(path, text.text), text.sha256, True)
        return [self._parts[path][1] for path in wanted if path in self._parts]


def _logbook(store: Store, names: NoteNames) -> _Logbook:
    kept = store.kept.get("logbook")
    if not isinstance(kept, _Logbook) or kept.names != names:
        kept = store.kept["logbook"] = _Logbook(names)
    return kept


def keep_records_ready(vault: Vault, store: Store, *, names: NoteNames | None = None) -> None:
    """Reads what the logged records are made of, so that the first saved note is known as soon as any later one."""
    names = names or NoteNames()
    with store.in_step:
        _logbook(store, names).parts(vault, store.notes_that_tell_runs(), store.note_states())
