"""The lab: every operation of kwslab, over one vault and one state.

The daemon and `--no-daemon` run the same operations; whoever makes a Lab holds the owner lock. Heavy parts (embedder,
Chroma, language model) are loaded on first need, in the daemon ahead of it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import gc
import inspect
import json
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import assistant
from assistant import settings as settings_module
from assistant.derived import Derived
from assistant.errors import AssistantError, LaunchError, UsageError
from assistant.owner import make_private
from assistant.settings import Settings
from fskws import runs
from fskws.errors import FskwsError
from vault_sync.errors import EmbedderError, IndexBroken, VaultError, VaultSyncError

if TYPE_CHECKING:
    from assistant.conversation import Conversation
    from assistant.look_files import Computer
    from assistant.machines import Machines
    from assistant.plan import Opinion, Plan
    from assistant.queue import Queue
    from assistant.retrieve import Evidence
    from assistant.suggest import Proposals, Suggestion
    from assistant.vocabulary import Vocabulary
    from assistant.wording import Wording
    from fskws.runs import Record
    from vault_sync.check import Finding
    from vault_sync.index import VectorIndex
    from vault_sync.indexer import IndexReport
    from vault_sync.mirror import Mirror
    from vault_sync.notes import Note
    from vault_sync.rerank import Reranker
    from vault_sync.search import Search
    from vault_sync.store import Store
    from vault_sync.sync import WritePolicy
    from vault_sync.vault import Vault
    from vault_sync.watcher import Watcher
    from vault_sync.write import NoteWriter

log = logging.getLogger("kwslab.lab")

Emit = Callable[[dict[str, Any]], None]

#: Seconds between two looks at the run directories. A run that ends is in the vault about this much later.
RUN_LOOK_SECONDS = 1.0

#: So many suggestions are made at once, however few are asked for.
SUGGESTIONS_KEPT = 5

#: Seconds between two looks whether notes or runs have changed; what answers rest on is then made ahead of questions.
AHEAD_SECONDS = 0.5

#: Code is compared with a run of the same program that began at most so long before.
CODE_PARENT_DAYS = 60

#: The embedder is loaded when no operation has been at work for so long, and after the patience in any case.
QUIET_SECONDS = 1.0
QUIET_PATIENCE_SECONDS = 4.0

#: Seconds between two looks at the GPUs and the queue; longer where no driver answers and nothing waits.
GPU_LOOK_SECONDS = 5.0
NO_GPU_LOOK_SECONDS = 60.0

#: Seconds between two looks at the hosts of the configuration.
HOSTS_LOOK_SECONDS = 2.0

#: Seconds until a write that failed (a full disk, an editor with unsaved changes) is tried again.
WRITE_RETRY_SECONDS = 5.0


class Cancelled(Exception):
    """Raised by `emit` when the client hung up: the operation's next event ends it."""


def operations(lab: Lab) -> dict[str, Callable[..., Any]]:
    """Operation name -> bound method, for everything a client may call."""
    return {name[3:]: method for name, method in inspect.getmembers(lab, inspect.ismethod) if name.startswith("op_")}


def checked(lab: Lab, name: str, params: dict[str, Any], emit: Emit) -> Any:
    """Runs one operation with its parameters checked; every failure comes out as an AssistantError.

    Raises: AssistantError: with what was given, what is allowed, what to do. A bug is logged with its traceback and
        raised as an AssistantError that names the log.
    """
    method = operations(lab).get(name)
    if method is None:
        raise UsageError(f"no operation {name!r}; there are {', '.join(sorted(operations(lab)))}.")
    allowed = [p for p in inspect.signature(method).parameters if p != "emit"]
    for key in params:
        if key not in allowed:
            raise UsageError(f"{name}: unknown parameter {key!r}; allowed are {', '.join(allowed) or 'none'}.")
    if "emit" in inspect.signature(method).parameters:
        params = {**params, "emit": emit}
    if name != "info":
        lab.busy += 1
    try:
        return method(**params)
    except (AssistantError, Cancelled):
        raise
    except (VaultSyncError, FskwsError) as error:
        raise AssistantError(str(error)) from error
    except TypeError as error:
        if "missing" in str(error) and "argument" in str(error):
            raise UsageError(f"{name}: {error}") from error
        raise _bug(lab, name, error) from error
    except OSError as error:
        log.exception("operation %s", name)
        raise AssistantError(
            f"{name}: {error.strerror or error}" + (f" ({error.filename})" if error.filename else "") + ". "
            "Check the disk's free space and the permissions."
        ) from error
    except Exception as error:
        raise _bug(lab, name, error) from error
    finally:
        if name != "info":
            lab.busy -= 1
            lab.asked = time.monotonic()


def _bug(lab: Lab, name: str, error: Exception) -> AssistantError:
    log.exception("operation %s", name)
    return AssistantError(
        f"{name} failed inside kwslab ({type(error).__name__}: {error}). Nothing was lost; "
        f"the details are in {lab.settings.daemon_log}."
    )


class Lab:
    """All operations over one state. Methods named op_* are the operations; their parameters are plain JSON values."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        #: Operations at work just now, and the clock time of the last one's end; 0 before the first.
        self.busy = 0
        self.asked = 0.0
        self._since = datetime.datetime.now().astimezone()
        self._index_lock = threading.RLock()
        self._runs_lock = threading.RLock()
        self._notes_lock = threading.RLock()
        self._parsed: dict[str, tuple[tuple[int, int], Note]] = {}
        self._write_lock = threading.RLock()
        self._parts_lock = threading.RLock()
        self._stop = threading.Event()
        self._dirty = threading.Event()
        self._vectors_ready = threading.Event()
        self._vectors_wanted = threading.Event()
        self._threads: list[threading.Thread] = []
        self._store: Store | None = None
        self._vectors: VectorIndex | None = None
        self._vectors_problem = ""
        self._writer: NoteWriter | None = None
        self._mirror: Mirror | None = None
        self._watcher: Watcher | None = None
        self._wording: Wording | None = None
        self._derived = Derived()
        self._reranker: Reranker | None = None
        self._computer: Computer | None = None
        self._report: IndexReport | None = None
        self._words: list[str] = []  # Things to say once, with the next answer or status.
        self._looping = False
        self._queued = threading.Event()
        self._writes_due = threading.Event()
        self._writes_due.set()
        self._queue: Queue | None = None
        self._machines: Machines | None = None
        self._swept = threading.Event()
        self._seen_runs: set[str] | None = None  # Directories of runs that are over and in the store.
        self._write_problems: dict[str, str] = {}

    # -- parts ---------------------------------------------------------------------------------------------------------

    @property
    def vault(self) -> Vault:
        """The vault's reading door. Raises VaultError: missing, unreadable or empty."""
        from vault_sync.vault import Vault

        return Vault(self.settings.vault_path, ignore=self.settings.vault.ignore)

    @property
    def store(self) -> Store:
        """The SQLite door; made anew, with a word about it, when what is on disk is broken."""
        from vault_sync.indexer import open_store

        with self._parts_lock:
            if self._store is None:
                make_private(self.settings.cache)
                self._store, words = open_store(self.settings.cache / "store.sqlite")
                if words:
                    self._say(f"the index was broken and is made anew from the notes: {words}")
                    self._seen_runs = None
            return self._store

    def _vector_index(self) -> VectorIndex:
        from vault_sync.embed import Embedder
        from vault_sync.indexer import open_vectors

        with self._parts_lock:
            if self._vectors is None:
                cache = self.settings.cache
                embedder = Embedder(cache=cache / "embeddings.sqlite", busy=self._others_ask)
                self._vectors, words = open_vectors(cache / "chroma", embedder, self.store)
                if words:
                    self._say(f"the vector index was broken and is made anew: {words}")
            return self._vectors

    def _others_ask(self) -> bool:
        """Whether the loop that makes vectors should let a question go first."""
        return self.busy > 0 and threading.current_thread().name == "vectors"

    def _embed(self) -> Callable[[Sequence[str]], Any] | None:
        """texts -> unit vectors, once the embedding model is in memory; None before."""
        vectors = self._vectors
        if vectors is None or not vectors.embedder.ready:
            return None
        embedder = vectors.embedder
        return lambda texts: [embedder.query(texts[0])] if len(texts) == 1 else embedder.encode(texts)

    def _opinion(self) -> Opinion | None:
        """The embeddings' reading of a question; None while they are not there."""
        from assistant.plan import embedding_opinion

        embed = self._embed()
        if embed is None:
            return None
        return self._derived.get("opinion", id(self._vectors), lambda: embedding_opinion(embed))

    @property
    def writer(self) -> NoteWriter:
        """The one writer of the vault."""
        from vault_sync.write import NoteWriter

        with self._parts_lock:
            if self._writer is None:
                self._writer = NoteWriter(
                    self.settings.vault_path, self.settings.journal, ignore=self.settings.vault.ignore
                )
            return self._writer

    @property
    def queue(self) -> Queue:
        """What waits for a GPU or for another run. Raises LaunchError: its file cannot be read."""
        from assistant.queue import Queue

        with self._parts_lock:
            if self._queue is None:
                self._queue = Queue(self.settings.data / "queue.json", self.settings.runs_dir)
            return self._queue

    @property
    def machines(self) -> Machines:
        """The hosts of the configuration and the links to them."""
        from assistant.machines import Machines

        with self._parts_lock:
            if self._machines is None:
                self._machines = Machines(self.settings)
            return self._machines

    @property
    def search(self) -> Search:
        """Hybrid search; from words alone while the embedder is not up."""
        from vault_sync.search import Search

        return Search(self.store, self._vectors, self._reranker)

    @property
    def wording(self) -> Wording:
        """The language model that may add sentences to answers; nothing is started before its first one."""
        from assistant.wording import Wording

        with self._parts_lock:
            if self._wording is None:
                self._wording = Wording(self.settings.model, self.settings.data, self._say)
            return self._wording

    def _policy(self) -> WritePolicy:
        from vault_sync.sync import WritePolicy

        settings = self.settings
        return WritePolicy(
            launched_least_minutes=settings.write.least_minutes,
            observed_patterns=settings.observe.write,
            observed_least_minutes=settings.observe.least_minutes,
            day_starts_at=settings.vault.day_starts_at,
            names=self._names(),
            project=settings.project_dir,
        )

    def _names(self) -> Any:
        from vault_sync.results import NoteNames

        vault = self.settings.vault
        return NoteNames(server=vault.server, experiments=vault.experiments, scratch=vault.scratch)

    def _say(self, words: str) -> None:
        log.warning("%s", words)
        if words not in self._words:
            self._words.append(words)

    def _take_words(self) -> list[str]:
        words, self._words = self._words, []
        return words

    # -- loops of the daemon -------------------------------------------------------------------------------------------

    def start_loops(self) -> None:
        """Starts what works without being asked: indexing, watching the vault, watching runs."""
        self._looping = True
        for name, loop in (
            ("index", self._index_loop),
            ("runs", self._runs_loop),
            ("vectors", self._vectors_loop),
            ("gpus", self._gpus_loop),
            ("ahead", self._ahead_loop),
            ("hosts", self._hosts_loop),
        ):
            thread = threading.Thread(target=self._guarded, args=(name, loop), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def _guarded(self, name: str, loop: Callable[[], None]) -> None:
        """A loop that fails is logged and started again: nothing ends the daemon."""
        while not self._stop.is_set():
            try:
                loop()
                return
            except Exception:
                log.exception("the %s loop failed; it starts again", name)
                self._stop.wait(5.0)

    def _index_loop(self) -> None:
        """Text first, then vectors in their own loop; the watcher says when a note changed."""
        from vault_sync.watcher import Watcher

        self._try_index_text()
        self._swept.set()
        self._vectors_wanted.set()
        vault = self._vault_when_there()
        if vault is None:
            return
        self._watcher = Watcher(vault, lambda paths: self._dirty.set(), on_problem=self._say)
        self._watcher.start()
        self._keep_records_ready()
        while not self._stop.is_set():
            self._dirty.wait()
            if self._stop.is_set():
                return
            self._dirty.clear()
            self._try_index_text()
            self._vectors_wanted.set()
            if self.settings.mirror.enabled:
                self._writes_due.set()  # a note may link to a source file that has none yet

    def _vault_when_there(self) -> Vault | None:
        """The vault, waited for when it is not there (a disk not mounted yet); None when the daemon ends first."""
        while not self._stop.is_set():
            try:
                return self.vault
            except VaultSyncError as error:
                self._say(str(error))
                self._stop.wait(2.0)
        return None

    def _keep_records_ready(self) -> None:
        """The first note that is saved shall be known as soon as any later one."""
        from vault_sync.indexer import keep_records_ready

        try:
            keep_records_ready(self.vault, self.store, names=self._names())
            # What was read now stays for good: the collector need not look at all of it after every save.
            gc.freeze()
        except (VaultSyncError, OSError) as error:
            self._say(f"the notes could not be read: {error}")

    def _try_index_text(self) -> None:
        try:
            self._index_text()
        except (VaultSyncError, OSError) as error:
            self._say(f"the notes could not be indexed: {error}")

    def _vectors_loop(self) -> None:
        self._wait_for_quiet()
        while not self._stop.is_set():
            self._vectors_wanted.wait()
            if self._stop.is_set():
                return
            self._vectors_wanted.clear()
            try:
                self._index_vectors()
                self._load_reranker()
            except EmbedderError as error:
                if str(error) != self._vectors_problem:
                    self._say(f"searching by words alone: {error}")
                self._vectors_problem = str(error)
            except VaultSyncError as error:
                self._say(str(error))

    def _load_reranker(self) -> None:
        """Loads the configured cross-encoder, once; search goes on without one that cannot be loaded, and says so."""
        from vault_sync.rerank import Reranker

        name = self.settings.search.reranker
        if not name or self._reranker is not None:
            return
        self._reranker = Reranker(name)
        try:
            self._reranker.load()
        except EmbedderError as error:
            self._say(f"searching without a reranker: {error}")

    def _wait_for_quiet(self) -> None:
        """Loading the embedder takes the interpreter for seconds: the questions a daemon was started for go first."""
        patience = time.monotonic() + QUIET_PATIENCE_SECONDS
        while not self._stop.is_set() and time.monotonic() < patience:
            if self.asked and not self.busy and time.monotonic() - self.asked > QUIET_SECONDS:
                return
            self._stop.wait(0.1)

    def _runs_loop(self) -> None:
        """Looks after runs and writes what is due, again and again; what cannot be written now is tried later."""
        self._swept.wait()
        while not self._stop.is_set():
            wait = RUN_LOOK_SECONDS
            try:
                self._look_at_runs()
                if self._writes_due.is_set():
                    # Cleared first: a change that comes while writing is due again.
                    self._writes_due.clear()
                    if any(item.error for item in self._write_runs()):
                        self._writes_due.set()
                        wait = WRITE_RETRY_SECONDS
                    elif self.writer.unsettled:
                        # An editor's older buffer may yet overwrite what was just written.
                        self._writes_due.set()
            except (VaultSyncError, FskwsError, AssistantError, OSError) as error:
                self._say(f"runs could not be followed: {error}")
                self._writes_due.set()
                wait = WRITE_RETRY_SECONDS
            self._stop.wait(wait)

    def _gpus_loop(self) -> None:
        """Keeps a record of every process on a GPU, launched here or not, and starts what waits when it may."""
        from vault_sync import gpus, observe

        self._swept.wait()
        sampler = gpus.shared_sampler()
        while not self._stop.is_set():
            wait = GPU_LOOK_SECONDS
            try:
                self.queue.start_due(sampler, self._start)
                if self.settings.runs_dir.is_dir() or sampler.sample(wait).gpus:
                    make_private(self.settings.runs_dir)
                    found = observe.look(self.settings.runs_dir, sampler)
                    wait = (
                        NO_GPU_LOOK_SECONDS if found.sample.state == "no driver" and not self.queue.entries() else wait
                    )
            except (VaultSyncError, FskwsError, AssistantError, OSError) as error:
                self._say(f"the GPUs could not be looked at: {error}")
                wait = NO_GPU_LOOK_SECONDS
            self._queued.wait(wait)
            self._queued.clear()

    def _hosts_loop(self) -> None:
        """Follows every host of the configuration, from the moment it stands there."""
        while not self._stop.is_set():
            try:
                self.machines.follow()
            except (AssistantError, FskwsError, OSError) as error:
                self._say(f"the hosts could not be followed: {error}")
            self._stop.wait(HOSTS_LOOK_SECONDS)

    def _ahead_loop(self) -> None:
        """Makes what answers rest on when notes or runs have changed and nobody is asking."""
        self._swept.wait()
        made: object = None
        while not self._stop.wait(AHEAD_SECONDS):
            if self.busy or time.monotonic() - self.asked < AHEAD_SECONDS:
                continue
            try:
                wanted = (self.store.revision(), settings_module.today())
                if wanted != made:
                    self._make_ahead(settings_module.today())
                    made = wanted
            except (VaultSyncError, FskwsError, AssistantError, OSError) as error:
                log.warning("answers could not be prepared: %s", error)

    def _make_ahead(self, today: datetime.date) -> None:
        from assistant import retrieve

        vocabulary = self._vocabulary_now()
        retrieve.prepare(self.store, vocabulary)
        self._proposals(SUGGESTIONS_KEPT, today)
        self._findings(None)

    def close(self) -> None:
        """Ends loops and model worker; runs go on."""
        self._stop.set()
        self._dirty.set()
        self._vectors_wanted.set()
        self._swept.set()
        self._queued.set()
        if self._watcher is not None:
            self._watcher.stop()
        if self._machines is not None:
            self._machines.close()
        for thread in self._threads:
            thread.join(timeout=5.0)
        if self._wording is not None:
            self._wording.close()
        if self._store is not None:
            self._store.close()

    # -- index ---------------------------------------------------------------------------------------------------------

    def _index_text(self, progress: Callable[[int, int], None] | None = None) -> IndexReport:
        from vault_sync import indexer

        with self._index_lock:
            try:
                report = indexer.bring_in_step(self.vault, self.store, None, names=self._names(), progress=progress)
            except IndexBroken as error:
                self._say(f"the index was broken and is made anew from the notes: {error}")
                self._drop_store()
                report = indexer.bring_in_step(self.vault, self.store, None, names=self._names(), progress=progress)
            self._report = report
        return report

    def _drop_store(self) -> None:
        from vault_sync.store import remove_database

        with self._parts_lock:
            if self._store is not None:
                self._store.close()
                self._store = None
            remove_database(self.settings.cache / "store.sqlite")
            self._seen_runs = None

    def _drop_vectors(self) -> None:
        from vault_sync.index import remove_vectors

        with self._parts_lock:
            if self._vectors is not None:
                self._vectors.close()
                self._vectors = None
            remove_vectors(self.settings.cache / "chroma")

    def _index_vectors(self, progress: Callable[[int, int], None] | None = None) -> IndexReport:
        from vault_sync import indexer

        def bring() -> IndexReport:
            _ = self.vault  # Nothing is loaded for a vault that is not there.
            vectors = self._vector_index()
            vectors.embedder.query("keyword spotting")  # Loads the model, so that the first question need not wait.
            return indexer.bring_in_step(
                self.vault, self.store, vectors, names=self._names(), progress=progress, stop=self._stop.is_set
            )

        try:
            report = bring()
        except IndexBroken as error:
            self._say(f"the vector index was broken and is made anew: {error}")
            self._drop_vectors()
            report = bring()
        self._vectors_ready.set()
        self._vectors_problem = ""
        return report

    def _fresh(self) -> None:
        """Brings text in step before an answer; cheap when nothing changed."""
        if not (self._looping and self._swept.is_set() and not self._dirty.is_set()):
            self._index_text()
        self._look_at_runs()

    def op_index(self, emit: Emit, rebuild: bool = False) -> dict[str, Any]:
        """Brings the index in step; `rebuild` deletes what is derived and makes it again."""
        started = time.monotonic()
        if rebuild:
            with self._index_lock:
                _ = self.vault.files()  # A vault that cannot be read must not empty the index first.
                self._vectors_ready.clear()
                self._drop_vectors()
                self._drop_store()

        def progress(done: int, total: int, what: str) -> None:
            emit({"type": "progress", "what": what, "done": done, "total": total})

        report = self._index_text(lambda done, total: progress(done, total, "reading notes"))
        self._look_at_runs(everything=True)
        embedded, problems = 0, list(report.problems)
        try:
            with self._index_lock:
                vectors = self._index_vectors(lambda done, total: progress(done, total, "embedding"))
            embedded = vectors.embedded
        except EmbedderError as error:
            problems.append(f"searching by words alone: {error}")
        return {
            "notes": report.notes,
            "chunks": report.chunks,
            "embedded": embedded,
            "removed": report.removed,
            "seconds": round(time.monotonic() - started, 3),
            "problems": problems + self._take_words(),
        }

    # -- runs ----------------------------------------------------------------------------------------------------------

    def _look_at_runs(self, everything: bool = False) -> bool:
        """Reads the run directories that changed into the store. Returns whether any did."""
        from assistant import launch
        from vault_sync.join import alone, join_store

        directory = self.settings.runs_dir
        if not directory.is_dir():
            return False
        with self._runs_lock:
            launch.tend_runs(directory)
            if everything:
                self._seen_runs = set()
            elif self._seen_runs is None:
                # Runs that are over do not change: those the store knows are not read again with every start.
                self._seen_runs = {run.id for run in self._run_records() if run.status in runs.OVER}
            changed: list[Record] = []
            for name in sorted(runs.run_names(directory) - self._seen_runs):
                # Asked before reading: what is read after the end does not change any more.
                ended = runs.RunDirectory(directory / name).exit.exists()
                record = self._read_run(directory / name)
                # A run that is not over is looked at again: its process may have died without a word.
                if record.status in runs.OVER or ended:
                    self._seen_runs.add(name)
                known = self.store.record(record.id)
                if known is None or alone(known) != alone(record):
                    changed.append(record)
            if changed:
                with self.store.rewriting:
                    self.store.upsert_records(changed)
                    join_store(self.store)
                self._writes_due.set()  # Whoever looked: the runs loop writes it.
        return bool(changed)

    def _keep(self, record: Record) -> None:
        """Puts one record into the store; what it means for the notes is written by the runs loop."""
        with self._runs_lock, self.store.rewriting:
            self.store.upsert_records([record])
            if self._seen_runs is not None:
                self._seen_runs.discard(record.id)  # It may have ended since it was read.
        self._writes_due.set()

    def _read_run(self, directory: Path) -> Record:
        day_starts_at = self.settings.vault.day_starts_at
        return runs.read_record(directory, day_starts_at=day_starts_at, patterns=self._patterns())

    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern) for pattern in self.settings.metrics.patterns)

    def _run_records(self) -> list[Record]:
        return [*self.store.records(source="launched"), *self.store.records(source="observed")]

    def _notes(self) -> list[Note]:
        """All notes, parsed; those whose size and mtime are as they were are not read again."""
        from vault_sync.notes import parse_note

        vault = self.vault
        with self._notes_lock:
            known, self._parsed = self._parsed, {}
            for file in vault.files():
                stamp = (file.size, file.mtime_ns)
                before = known.get(file.path)
                if before is None or before[0] != stamp:
                    try:
                        before = (stamp, parse_note(file.path, vault.read(file.path).text))
                    except VaultError:
                        continue  # Gone since it was listed, or unreadable: the index names it.
                self._parsed[file.path] = before
            return [note for _, note in self._parsed.values()]

    def _plan_writes(self, everything: bool = False) -> list[Any]:
        from vault_sync.sync import plan_sync

        records, notes, journal = self._run_records(), self._notes(), self.writer.journal
        now = datetime.datetime.now().astimezone()
        plan = plan_sync(records, notes, journal, self._policy(), now)
        project = self.settings.project_dir
        if not self.settings.mirror.enabled or project is None:
            return plan
        if self._mirror is None:
            from vault_sync.mirror import Mirror

            self._mirror = Mirror(project, self.settings.mirror.folder)
        # First, so that the last writes, which `undo` takes back, are those of the runs.
        return [*self._mirror.plan(records, notes, journal, now, everything), *plan]

    def _write_runs(self, everything: bool = False) -> list[Any]:
        """Writes what is due into the vault, once. A failure is kept and tried again with the next look.

        Args: everything: also what could wait, such as a list of runs in the note of a source file.
        """
        from vault_sync.sync import apply

        if not self.settings.write.enabled:
            return []
        with self._write_lock:
            written = apply(self._plan_writes(everything), self.writer)
        for item in written:
            if item.error:
                self._say(f"not written yet: {item.error}")
        if any(not item.error for item in written):
            self._dirty.set()
        return written

    def op_runs(
        self,
        since: str | None = None,
        until: str | None = None,
        source: str | None = None,
        status: str | None = None,
        where: list[str] | None = None,
        sort: str | None = None,
        limit: int | None = None,
        emit: Emit = lambda event: None,
    ) -> list[dict[str, Any]]:
        """Records of every source, newest first, or ordered by a metric. With a limit the first so many; an event tells
        when there are more."""
        self._fresh()
        wanted: dict[str, str] = {}
        for pair in where or []:
            option, sign, value = pair.partition("=")
            if not sign or not option:
                raise UsageError(f"--where {pair!r}: give an option and its value, such as --where noise_prob=0.8")
            wanted[option.lstrip("-")] = value
        for name, given, allowed in (("source", source, runs.SOURCES), ("status", status, runs.STATUSES)):
            if given is not None and given not in allowed:
                raise UsageError(f"--{name} {given!r}: allowed are {', '.join(allowed)}.")
        found = self.store.records(
            since=_day(since, "--since"),
            until=_day(until, "--until"),
            source=source,
            status=status,
            where=wanted,
            sort=sort or "",
            limit=None if limit is None else limit + 1,
        )
        if limit is not None and len(found) > limit:
            emit({"type": "more"})
            found = found[:limit]
        return [record.to_json() for record in found]

    def op_show(self, id: str) -> dict[str, Any]:
        """One record whole; a part of an id is enough if it is the only one.

        A launched suggestion has its verdict, a run what its code changed against its parent's.
        """
        record = self._record(id)
        values = record.to_json()
        if record.directory:
            values["snapshot"] = runs.read_code(runs.RunDirectory(Path(record.directory)))
        if record.suggestion:
            values["prediction"] = self._outcome(record)
        if record.directory and record.date:
            values["code"] = self._code(record)
        return values

    def _code(self, record: Record) -> dict[str, Any] | None:
        """What a run's code changed against its parent's, or that of the run of the same program before it."""
        from vault_sync.changes import changed_in_words, changes_between
        from vault_sync.sync import parent_of

        if record.parent:
            parent = self.store.record(record.parent)
        else:
            until = datetime.date.fromisoformat(record.date)
            since = until - datetime.timedelta(days=CODE_PARENT_DAYS)
            parent = parent_of(record, self.store.records(since=since, until=until, source="launched"))
        if parent is None or not parent.directory:
            return None
        changes = changes_between(Path(parent.directory), Path(record.directory), self.settings.project_dir)
        words = "the same code" if changes.equal else changed_in_words(changes)
        files = [
            {"path": file.path, "how": file.how, "symbols": [s.name for s in file.symbols if s.name]}
            for file in changes.files
        ]
        return {"against": parent.id, "words": words, "files": files, "problems": list(changes.problems)}

    def _outcome(self, record: Record) -> dict[str, Any] | None:
        """Whether the prediction of the suggestion that a run was launched for held; None when it is not kept."""
        from assistant import suggest, verdict

        suggestion = suggest.load(record.suggestion, self.settings.suggestions_dir)
        parent = self.store.record(record.parent)
        if suggestion is None or parent is None:
            return None
        return verdict.judge(suggestion, record, parent).to_json()

    def _record(self, id: str) -> Record:
        self._fresh()
        record = self.store.record(id)
        if record is None:
            near = [r for r in self.store.records() if id and id in r.id]
            if len(near) == 1:
                return near[0]
            if near:
                raise LaunchError(
                    f"{id!r} fits {len(near)} runs: {', '.join(r.id for r in near[:5])}. Give more of the id."
                )
            raise LaunchError(f"no run {id!r}. `kwslab runs` lists them.")
        return record

    def _directory(self, id: str) -> runs.RunDirectory:
        directory = self.settings.runs_dir / id
        if not (id and directory.parent == self.settings.runs_dir and directory.is_dir()):
            record = self._record(id)
            directory = Path(record.directory) if record.directory else directory
            if not directory.is_dir():
                raise LaunchError(
                    f"run {record.id} was written down in the notes ({record.link}); it has no process or output here."
                )
        return runs.RunDirectory(directory)

    def op_run(
        self,
        argv: list[str],
        cwd: str,
        env: dict[str, str] | None = None,
        name: str = "",
        task: str = "",
        parent: str = "",
        suggestion: str = "",
        title: str = "",
        after: list[str] | None = None,
        gpus: int = 0,
        memory_mb: int | None = None,
        host: str = "",
        frozen: bool = False,
    ) -> dict[str, Any]:
        """Starts a command under its own supervisor, or lets it wait for other runs or free GPUs.

        With a host it is started there, in the host's project directory and environment. Frozen: in a copy of the code.
        Returns {"id", "directory", "status", "cause"}; status is "waiting" for a run that was put into the queue. Of a
        frozen run that started also "frozen": what is not in the copy, one sentence each.
        """
        if not argv or not argv[0].strip():
            raise UsageError("no command was given. Put it after --: kwslab run -- python train.py ...")
        if host and host != "local":
            wish = {"argv": argv, "after": after or [], "gpus": gpus, "memory_mb": memory_mb}
            wish |= {"title": name or title, "task": task, "parent": parent, "suggestion": suggestion}
            wish |= {"frozen": True} if frozen else {}
            return self._run_on(host, wish)
        if not Path(cwd).is_dir():
            raise LaunchError(f"the directory {cwd} does not exist; the command cannot be started there.")
        environment = _with_own_python(argv, env if env is not None else dict(os.environ))
        if after or gpus or memory_mb is not None:
            return self._wait_in_queue(
                argv,
                cwd,
                environment,
                title=name or title,
                task=task,
                parent=parent,
                suggestion=suggestion,
                after=after or [],
                gpus=gpus or (1 if memory_mb is not None else 0),
                memory_mb=memory_mb,
                frozen=frozen,
            )
        record = self._start(
            self.settings.runs_dir,
            argv,
            cwd,
            environment,
            title=name or title,
            task=task,
            parent=parent,
            suggestion=suggestion,
            frozen=frozen,
        )
        self._keep(record)
        told: dict[str, Any] = {"id": record.id, "directory": record.directory}
        told |= {"status": record.status, "cause": record.cause}
        if frozen:
            told["frozen"] = runs.read_command(runs.RunDirectory(Path(record.directory))).get("frozen") or []
        return told

    def _start(self, runs_dir: Path, argv: Sequence[str], cwd: str | Path, env: Any, **wish: Any) -> Record:
        """Starts a run with what the configuration says of records, and what is known of the driver."""
        from assistant import launch
        from vault_sync import gpus

        driver = ""
        if launch.wants_cuda(argv):
            sample = gpus.shared_sampler().sample(60.0)
            if sample.state in ("driver mismatch", "GPU lost", "hanging"):
                driver = f"{sample.state}: {gpus.ADVICE[sample.state]}"
        return launch.start_run(runs_dir, argv, cwd, env, hashed=self.settings.record.hash, driver=driver, **wish)

    def _run_on(self, host: str, wish: dict[str, Any]) -> dict[str, Any]:
        """Starts a run on a host, or puts it into that host's queue."""
        make_private(self.settings.runs_dir)
        started = self.machines.start(host, {**wish, "hashed": list(self.settings.record.hash)})
        directory = self.settings.runs_dir / started["id"]
        if directory.is_dir():
            self._keep(self._read_run(directory))
        place = str(directory) if directory.is_dir() else ""
        told: dict[str, Any] = {"id": started["id"], "directory": place}
        told |= {"status": started["status"], "cause": started["cause"]}
        if wish.get("frozen") and place:
            told["frozen"] = runs.read_command(runs.RunDirectory(directory)).get("frozen") or []
        return told

    def _wait_in_queue(self, argv: list[str], cwd: str, env: dict[str, str], **wish: Any) -> dict[str, Any]:
        if not self._looping:
            raise LaunchError("a run that waits needs the daemon, which starts it later. Leave out --no-daemon.")
        entry = self.queue.add(argv, cwd, env, **wish)
        self._queued.set()
        return {"id": entry.id, "directory": "", "status": "waiting", "cause": ""}

    def op_queue(self, move: str = "", place: int = 1, drop: str = "") -> list[dict[str, Any]]:
        """What waits, in order, after moving one entry to a place or dropping one."""
        there = self.machines.queues()
        hosts = {entry["id"]: entry["host"] for entry in there}
        for id, change in ((move, {"move": move, "place": place}), (drop, {"drop": drop})):
            if id in hosts:
                self.machines.link(hosts[id]).request("queue", change)
                there = self.machines.queues()
            elif id and "move" in change:
                self.queue.move(id, place)
            elif id:
                self.queue.drop(id)
        self._queued.set()
        return [*(entry.to_json() for entry in self.queue.entries()), *there]

    def op_stop(self, id: str, grace_seconds: float = 10.0) -> dict[str, Any]:
        """Ends a run: asks, waits, then kills its whole tree."""
        from assistant import launch

        directory = self._directory(id)
        before = self._read_run(directory.root)
        if before.status in ("running", "lost") and runs.read_host(directory):
            self.machines.stop(directory, grace_seconds)
            record = self._read_run(directory.root)
            self._keep(record)
            return record.to_json()
        if before.status != "running":
            raise LaunchError(f"run {before.id} is not running (it is {before.status}); there is nothing to stop.")
        launch.stop_run(directory.root, grace_seconds)
        record = self._read_run(directory.root)
        self._keep(record)
        return record.to_json()

    def op_logs(self, id: str, offset: int = 0, limit: int = 65536) -> dict[str, Any]:
        """A piece of a run's output from `offset` on (negative: the last so many bytes)."""
        from assistant import launch

        directory = self._directory(id)
        if not self._looping:
            with contextlib.suppress(LaunchError):
                self.machines.of_run(directory)  # A copy grows while its host is followed.
        text, next_offset, ended = launch.read_log(directory.root, offset, limit)
        state = runs.read_state(directory)
        return {
            "text": text,
            "offset": next_offset,
            "ended": ended,
            "lost": state.cause if state.status == "lost" else "",
        }

    def op_status(self, host: str = "") -> dict[str, Any]:
        """What each GPU and run is doing now, each fact with its age: of this machine and, in short, of every host."""
        from assistant import launch

        if host and host != "local":
            return self.machines.status(host)
        facts = launch.status_facts(self.settings.runs_dir, patterns=self._patterns())
        facts["hosts"] = self.machines.overview()
        facts["lines"] += [line for there in facts["hosts"] for line in there["lines"]]
        facts["words"] = list(self._words)
        return facts

    def op_hosts(self) -> list[dict[str, Any]]:
        """Every host of the configuration, and whether it answers."""
        return self.machines.listed()

    def op_host_check(self, name: str) -> list[dict[str, str]]:
        """The state of everything a run on this host needs: {"part", "state", "message", "todo"} each."""
        return self.machines.check(name)

    # -- vault writes --------------------------------------------------------------------------------------------------

    def op_sync(self, dry_run: bool = False) -> dict[str, Any]:
        """Writes what is due into the vault, or shows it as a diff."""
        self._fresh()
        self._look_at_runs()
        if dry_run:
            with self._write_lock:
                plan = self._plan_writes(everything=True)
            return {
                "writes": [{"note": p.note, "what": p.what, "diff": p.diff()} for p in plan if p.changes_note],
                "dry_run": True,
            }
        written = self._write_runs(everything=True)
        return {
            "writes": [{"note": w.note, "what": w.what, "error": w.error} for w in written],
            "dry_run": False,
        }

    def op_undo(self, n: int = 1) -> list[dict[str, Any]]:
        """Takes the last n writes back."""
        if n < 1:
            raise UsageError(f"undo {n}: give 1 or more.")
        with self._write_lock:
            undone = self.writer.undo(n)
        self._dirty.set()
        return [dict(vars(u)) if not isinstance(u, dict) else u for u in undone]

    def op_note(self, text: str) -> dict[str, Any]:
        """One line under today's heading in the scratch note."""
        from vault_sync import sync

        if not text.strip():
            raise UsageError('the note is empty. Give a text: kwslab note "four and forward are close"')
        now = datetime.datetime.now().astimezone()
        with self._write_lock:
            entry = sync.write_scratch_line(self.writer, text, now, self._policy(), self._notes())
        self._dirty.set()
        return {"note": entry.note, "line": entry.line, "text": entry.text}

    # -- answers -------------------------------------------------------------------------------------------------------

    def op_section(self, link: str) -> dict[str, Any]:
        """The passage that a citation names; for a file, what is inside."""
        if link.startswith("/"):
            return self._file_section(link)
        self._fresh()
        found = self.store.section_of(link)
        if found is None:
            raise AssistantError(f"{link} leads to no passage. The note may have been changed; ask again.")
        return found

    def _file_section(self, path: str) -> dict[str, Any]:
        from assistant.answer_files import shown_file

        text = shown_file(self._open_computer(), path)
        if text is None:
            raise AssistantError(f"{path} is no longer there. Ask again.")
        return {"note": path, "heading": "", "text": text, "start": 1, "date": None}

    def _open_computer(self) -> Computer:
        from assistant.answer_files import open_computer

        with self._parts_lock:
            if self._computer is None:
                self._computer = open_computer(self.settings)
            return self._computer

    def op_search(
        self, query: str, top: int = 8, today: str | None = None, as_of: str | None = None
    ) -> list[dict[str, Any]]:
        """Passages of the notes, best first."""
        self._fresh()
        if not self._looping:
            with contextlib.suppress(EmbedderError):
                self._index_vectors()
        hits = self.search.find(query, top_k=top, as_of=_day(as_of, "--as-of"), around=_day(today, "--today"))
        return [
            {
                "note": hit.chunk.note.removesuffix(".md"),
                "heading": hit.chunk.heading,
                "link": hit.chunk.link,
                "date": hit.chunk.date.isoformat() if hit.chunk.date else None,
                "score": round(float(hit.score), 4),
                "text": hit.chunk.text,
            }
            for hit in hits
        ]

    def op_ask(
        self,
        emit: Emit,
        question: str,
        today: str | None = None,
        as_of: str | None = None,
        model: bool = True,
        conversation: str = "",
    ) -> dict[str, Any]:
        """Answers from evidence. A named conversation is gone on with: "and the week before?" changes the last plan.
        The composed answer is emitted at once; model sentences only as they pass the gate."""
        from assistant import answer as answers
        from assistant import retrieve
        from assistant.conversation import Conversation
        from vault_sync.results import logged_records

        if not question.strip():
            raise UsageError('the question is empty. Ask something: kwslab ask "what did I run last week on the GPU?"')
        self._fresh()
        if not self._looping and not self._vectors_ready.is_set():
            with contextlib.suppress(EmbedderError):
                self._index_vectors()
        now = _day(today, "--today") or settings_module.today()
        limit = _day(as_of, "--as-of")
        day = limit or now
        talk = self._conversation(conversation)
        plan = (talk or Conversation()).plan(
            question, day, self._vocabulary_now(), self.settings.week_starts, self._opinion()
        )
        if talk is not None:
            self._remember(conversation, talk.asked(question, day))
        evidence = retrieve.gather(
            plan,
            self.store,
            self.search,
            today=limit or now,
            as_of=limit,
            status=self._status_for(plan),
            suggest=self._suggest,
            logged=lambda upto: logged_records(self._notes(), as_of=upto, names=self._names()),
            findings=self._findings,
        )
        evidence = self._with_files(plan, evidence, day, limit)
        composed = answers.compose(plan, evidence, self._coverage())
        emit({"type": "composed", "answer": composed.to_json()})
        values = composed.to_json()
        return self.wording.add(question, values, () if plan.files else evidence.passages, emit) if model else values

    def _with_files(
        self, plan: Plan, evidence: Evidence, today: datetime.date, as_of: datetime.date | None
    ) -> Evidence:
        """The evidence with what the file system holds, for a question about it."""
        from assistant.answer_files import look

        if plan.files is None:
            return evidence
        computer = dataclasses.replace(self._open_computer(), runs=evidence.pool)
        told = look(plan.files, computer, plan.interval, today, as_of)
        return dataclasses.replace(evidence, files=told)

    def _conversation_file(self, name: str) -> Path:
        if not re.fullmatch(r"[a-z0-9-]{1,40}", name):
            raise UsageError(f"conversation {name!r}: give lower-case letters, digits and dashes.")
        return self.settings.data / "conversations" / f"{name}.json"

    def _conversation(self, name: str) -> Conversation | None:
        """The conversation so far; None when the question stands alone."""
        from assistant.conversation import Conversation

        if not name:
            return None
        try:
            return Conversation.from_json(json.loads(self._conversation_file(name).read_text("utf-8")))
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return Conversation()

    def _remember(self, name: str, talk: Conversation) -> None:
        file = self._conversation_file(name)
        make_private(file.parent)
        runs.write_aside(file, json.dumps(talk.to_json(), ensure_ascii=False).encode())

    def op_check(self) -> list[dict[str, Any]]:
        """Contradictions and oddities in notes and runs."""
        self._fresh()
        return [
            {"kind": found.kind, "where": list(found.where), "message": found.message} for found in self._findings(None)
        ]

    def _findings(self, as_of: datetime.date | None) -> Sequence[Finding]:
        from vault_sync.check import check

        def make() -> Sequence[Finding]:
            notes = self._notes()
            if as_of is not None:
                notes = [_note_as_of(note, as_of) for note in notes]
            return check(notes, self.store.records(merged=True, as_of=as_of))

        return self._derived.get("findings", (self.store.revision(), as_of), make)

    def _vocabulary_now(self) -> Vocabulary:
        from assistant.plan import Vocabulary

        def make() -> Vocabulary:
            return Vocabulary.from_store(self.store, self._derived.last("vocabulary"))

        return self._derived.get("vocabulary", self.store.revision(), make)

    def _status_for(self, plan: Any) -> dict[str, Any] | None:
        return self.op_status() if plan.kind == "status" else None

    def _coverage(self) -> dict[str, Any]:
        store = self.store
        return {
            "notes": store.count("notes"),
            "records": store.count("records"),
            "indexed_at": store.meta("indexed_at"),
            "vectors": self._vectors_ready.is_set(),
            "pending": store.count("pending"),
            "words": self._take_words(),
        }

    def op_use_model(self, path: str = "", base_url: str = "", name: str = "") -> dict[str, Any]:
        """Goes over to another model, as `kwslab models use` wrote it into the configuration."""
        chosen = dataclasses.replace(self.settings.model, path=path, base_url=base_url, name=name)
        self.settings = dataclasses.replace(self.settings, model=chosen)
        if self._wording is not None:
            self._wording.use(chosen)
        return {"path": path, "base_url": base_url, "name": name}

    # -- next ----------------------------------------------------------------------------------------------------------

    def _proposals(self, top_k: int, as_of: datetime.date) -> Proposals:
        from assistant import suggest

        names = self._names()
        dismissed = suggest.dismissed(self.settings.suggestions_dir)
        # The first few are the same however many are asked for.
        least = max(top_k, SUGGESTIONS_KEPT)

        def make() -> Proposals:
            return suggest.propose(
                self.store.records(until=as_of),
                self.store.tasks(as_of=as_of),
                self._notes(),
                as_of=as_of,
                top_k=least,
                dismissed=dismissed,
                logs=(names.server, names.experiments),
            )

        found = self._derived.get("suggestions", (self.store.revision(), as_of, dismissed, least), make)
        return dataclasses.replace(found, suggestions=found.suggestions[:top_k])

    def _suggest(self, top_k: int, as_of: datetime.date) -> Sequence[Suggestion]:
        return self._proposals(top_k, as_of).suggestions

    def op_next(self, top: int = 3, as_of: str | None = None) -> list[dict[str, Any]]:
        """Suggestions, best first; kept so that `launch` finds them."""
        from assistant import suggest

        self._fresh()
        found = self._proposals(top, _day(as_of, "--as-of") or settings_module.today())
        for suggestion in found.suggestions:
            suggest.save(suggestion, self.settings.suggestions_dir)
        return [suggestion.to_json() for suggestion in found.suggestions]

    def op_why_nothing(self, as_of: str | None = None) -> dict[str, str]:
        """Why nothing can be suggested; "" when something can."""
        found = self._proposals(1, _day(as_of, "--as-of") or settings_module.today())
        return {"reason": "" if found.suggestions else found.reason}

    def op_suggestion(self, id: str) -> dict[str, Any]:
        """One kept suggestion, as `launch` would start it."""
        return dict(self._suggestion(id).to_json())

    def _suggestion(self, id: str) -> Any:
        from assistant import suggest

        found = suggest.load(id, self.settings.suggestions_dir)
        if found is None:
            raise LaunchError(f"no suggestion {id!r}. `kwslab next` lists them.")
        return found

    def op_launch(self, id: str, cwd: str = "", env: dict[str, str] | None = None, host: str = "") -> dict[str, Any]:
        """Starts a suggestion's exact command. The caller has asked for the yes."""
        suggestion = self._suggestion(id)
        parent = self.store.record(suggestion.parent)
        places = [str(self.settings.project_dir or ""), parent.cwd if parent else "", cwd, str(Path.home())]
        where = next(place for place in places if place and Path(place).is_dir())
        return self.op_run(
            argv=list(suggestion.argv),
            cwd=where,
            env=env,
            title=_in_backticks(suggestion.title, suggestion.diff),
            task=suggestion.closes[0] if suggestion.closes else "",
            parent=suggestion.parent,
            suggestion=suggestion.id,
            host=host,
        )

    # -- state ---------------------------------------------------------------------------------------------------------

    def op_info(self) -> dict[str, Any]:
        """What this process is and what it knows. Answers at once, whatever else goes on."""
        report = self._report
        return {
            "pid": os.getpid(),
            "version": assistant.__version__,
            "fingerprint": self.settings.fingerprint(),
            "vault": str(self.settings.vault_path),
            "since": self._since.isoformat(timespec="seconds"),
            "socket": str(self.settings.socket),
            "indexed_at": self._store.meta("indexed_at") if self._store is not None and report else None,
            "notes": report.notes if report else None,
            "chunks": report.chunks if report else None,
            "vectors": "ready" if self._vectors_ready.is_set() else (self._vectors_problem or "loading"),
            "watching": self._watcher.mode if self._watcher is not None else "",
            "why_polling": self._watcher.why_polling if self._watcher is not None else "",
            "words": list(self._words),
        }


def _in_backticks(title: str, options: Iterable[str]) -> str:
    """The title with its changed options marked as the notes mark them."""
    for option in options:
        title = re.sub(rf"(?<![\w`]){re.escape(option)}(?![\w`])", f"`{option}`", title, count=1)
    return title


def _note_as_of(note: Note, as_of: datetime.date) -> Note:
    """The note as it stood on that day: later sections are blank lines, so that places keep their lines."""
    from vault_sync.notes import parse_note

    lines = list(note.lines)
    for section in note.sections:
        if section.date is not None and section.date > as_of:
            lines[section.start - 1 : section.end - 1] = [""] * (section.end - section.start)
    return parse_note(note.path, "\n".join(lines))


def _with_own_python(argv: list[str], env: dict[str, str]) -> dict[str, str]:
    """The environment in which `python -m fskws` finds the core that came with kwslab; any other command's as it is."""
    if argv[:3] != ["python", "-m", "fskws"]:
        return env
    here = str(Path(sys.executable).parent)
    return {**env, "PATH": os.pathsep.join([here, env.get("PATH", os.defpath)])}


def _day(text: str | None, where: str) -> datetime.date | None:
    if text is None or text == "":
        return None
    try:
        return settings_module.parse_day(text, where)
    except AssistantError as error:
        raise UsageError(str(error)) from None
