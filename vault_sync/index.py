"""The one door to Chroma: vectors by chunk id, with the day and note they can be filtered by.

Chroma's persistent client is not safe across processes; the daemon is its single owner. Its native part trusts the
files it reads (a damaged one can end the process), so every completed write leaves a seal beside them, and files that
do not agree with their seal are never opened.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vault_sync.chunks import Chunk, embedding_texts
from vault_sync.errors import IndexBroken

if TYPE_CHECKING:
    from vault_sync.embed import TextEmbedder, Vectors

COLLECTION = "chunks"
_DATABASE = "chroma.sqlite3"
_SEAL = "seal.json"
_BATCH = 1000
#: Vectors added while a question waits.
_ADDED_AT_ONCE = 50
# A day filter that most chunks pass is applied after the query: Chroma's own takes 30 ms at 20,000 chunks.
_OVERFETCH = 4
#: A chunk may be among the nearest with several of its thoughts.
_PARTS_ASKED = 3
_PART = "."


#: Folder -> the client this process has on it.
_OPEN: dict[str, Any] = {}


@dataclass(frozen=True)
class Neighbour:
    """A chunk near a question. similarity: cosine, 1 for the same direction."""

    id: str
    similarity: float


@dataclass(frozen=True)
class _Known:
    """What is kept in memory of a chunk. day: as a number, 0 for none. parts: how many vectors it has."""

    day: int
    parts: int


class VectorIndex:
    """A Chroma collection in cosine space whose vectors are always ours.

    Args: path: a folder that holds nothing else. embedder: gives the vector of a question.
    Raises: IndexBroken: what is there is damaged; `remove_vectors(path)` and fill it anew.
    """

    def __init__(self, path: Path, embedder: TextEmbedder) -> None:
        self.path = Path(path)
        self.embedder = embedder
        #: Held by whoever brings the vectors in step, so that two sweeps do not do the same work.
        self.in_step = threading.Lock()
        self._lock = threading.RLock()
        self._client: Any = None
        _release(self.path)
        _check_seal(self.path)
        _check_database(self.path / _DATABASE)
        try:
            self._open()
            # Chroma writes vector files while it opens, out of what its database holds.
            with self._door():
                self._rest_and_seal()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        with self._door():
            self.path.mkdir(parents=True, exist_ok=True)
            self._client = _OPEN[str(self.path.absolute())] = _open_client(self.path)
            self._collection = self._client.get_or_create_collection(
                COLLECTION,
                embedding_function=None,
                configuration={"hnsw": {"space": "cosine", "ef_search": 200}},
                metadata={"identity": uuid.uuid4().hex, "model": self.embedder.name},
            )
            facts = self._collection.metadata or {}
            self._known: dict[str, _Known] = {}
            self._read_known()
        #: Told apart from a folder that was deleted and made again.
        self.identity = str(facts.get("identity", ""))
        if facts.get("model") != self.embedder.name:
            raise IndexBroken(
                f"{self.path} holds vectors of {facts.get('model')}, the model is {self.embedder.name}; "
                "they are made anew"
            )

    def close(self) -> None:
        """Lets go of the files."""
        with self._lock:
            if self._client is not None and _OPEN.get(str(self.path.absolute())) is self._client:
                _release(self.path)
            self._client = None

    def __enter__(self) -> VectorIndex:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._known)

    def add(self, chunks: Sequence[Chunk], progress: Callable[[int, int], None] | None = None) -> None:
        """Adds or replaces chunks: one vector for the whole of each, and one for each of its thoughts.

        Args: progress: called with texts embedded and texts in all.
        Raises: EmbedderError: the model cannot be loaded; nothing was changed.
        """
        texts = [embedding_texts(chunk) for chunk in chunks]
        vectors = self.embedder.encode([text for listed in texts for text in listed], progress)
        owners = [(chunk, part) for chunk, listed in zip(chunks, texts, strict=True) for part in range(len(listed))]
        with self._door(), self._unsealed():
            for start in range(0, len(owners), _ADDED_AT_ONCE):
                part = owners[start : start + _ADDED_AT_ONCE]
                with self._lock:  # Taken anew for each few: a question comes in between.
                    self._collection.upsert(
                        ids=[f"{chunk.id}{_PART}{number}" for chunk, number in part],
                        embeddings=vectors[start : start + _ADDED_AT_ONCE],
                        metadatas=[
                            {"note": chunk.note, "date": _day(chunk.date), "heading": chunk.heading, "link": chunk.link}
                            for chunk, _ in part
                        ],
                    )
            with self._lock:
                for chunk, listed in zip(chunks, texts, strict=True):
                    self._known[chunk.id] = _Known(_day(chunk.date), len(listed))

    def remove(self, ids: Sequence[str]) -> None:
        """Takes chunks out; unknown ids are ignored."""
        known = [chunk_id for chunk_id in ids if chunk_id in self._known]
        if not known:
            return
        with self._lock, self._door(), self._unsealed():
            parts = [f"{chunk_id}{_PART}{part}" for chunk_id in known for part in range(self._known[chunk_id].parts)]
            for start in range(0, len(parts), _BATCH):
                self._collection.delete(ids=parts[start : start + _BATCH])
            for chunk_id in known:
                del self._known[chunk_id]

    def clear(self) -> None:
        """Takes all chunks out."""
        self.remove(sorted(self._known))

    def ids(self) -> set[str]:
        """The ids of all chunks that have vectors."""
        return set(self._known)

    def query(
        self,
        question: str | Vectors,
        top_k: int,
        since: datetime.date | None = None,
        until: datetime.date | None = None,
        notes: Sequence[str] | None = None,
        as_of: datetime.date | None = None,
    ) -> list[Neighbour]:
        """The nearest chunks, nearest first.

        Args: question: text, or its vector. since, until: days, both included; chunks without a day are then left out.
            notes: paths. as_of: hides chunks of later days, keeps those without a day.
        """
        vector = self.embedder.query(question) if isinstance(question, str) else question
        first = _day(since) if since else (1 if until else 0)
        last = min(_day(until) if until else 99999999, _day(as_of) if as_of else 99999999)
        with self._lock, self._door():
            if not self._known:
                return []
            if notes is None and (first > 0 or last < 99999999):
                inside = sum(first <= known.day <= last for known in self._known.values())
                if not inside:
                    return []
                if inside * _OVERFETCH >= len(self._known):
                    found = self._nearest(vector, top_k * _OVERFETCH, None)
                    kept = [item for item in found if first <= self._known[item.id].day <= last]
                    if len(kept) >= min(top_k, inside):
                        return kept[:top_k]
            return self._nearest(vector, top_k, _where(first, last, notes))[:top_k]

    @contextlib.contextmanager
    def _unsealed(self) -> Iterator[None]:
        """A change of Chroma's files: they are brought to rest and written down after it.

        What a crash in between leaves is not trusted (see `_check_seal`).
        """
        seal = self.path / _SEAL
        with contextlib.suppress(FileNotFoundError):
            seal.unlink()
        yield
        self._rest_and_seal()

    def _rest_and_seal(self) -> None:
        """Writes the digests of the vector files down once nothing of them is due any more."""
        with self._lock:
            # A query makes Chroma write the vector files that the last upserts made due.
            self._collection.query(query_embeddings=[[1.0] * self.embedder.dimension], n_results=1, include=[])
            found = json.dumps(_measure(self.path))
        seal = self.path / _SEAL
        with contextlib.suppress(FileNotFoundError):
            if seal.read_text(encoding="utf-8") == found:
                return
        aside = seal.with_suffix(".new")
        aside.write_text(found, encoding="utf-8")
        aside.replace(seal)

    def _read_known(self) -> None:
        total = self._collection.count()
        for offset in range(0, total, 5000):
            page = self._collection.get(include=["metadatas"], limit=5000, offset=offset)
            for key, facts in zip(page["ids"], page["metadatas"], strict=True):
                chunk_id, _, part = key.rpartition(_PART)
                before = self._known.get(chunk_id)
                parts = max(int(part) + 1, before.parts if before else 0)
                self._known[chunk_id] = _Known(int(facts.get("date", 0)), parts)

    def _nearest(self, vector: Vectors, top_k: int, where: dict[str, Any] | None) -> list[Neighbour]:
        """The nearest chunks by their nearest vector; at least `top_k` when there are so many."""
        found = self._collection.query(
            query_embeddings=[vector], n_results=_PARTS_ASKED * top_k, where=where, include=["distances"]
        )
        near: dict[str, float] = {}
        for key, far in zip(found["ids"][0], found["distances"][0], strict=True):
            chunk_id = key.rpartition(_PART)[0]
            if chunk_id in self._known:
                near[chunk_id] = max(near.get(chunk_id, -1.0), 1.0 - float(far))
        listed = [Neighbour(chunk_id, similarity) for chunk_id, similarity in near.items()]
        return sorted(listed, key=lambda item: (-round(item.similarity, 6), item.id))

    @contextlib.contextmanager
    def _door(self) -> Iterator[None]:
        """Whatever Chroma raises means that this folder cannot be used; a Rust panic is no Exception."""
        try:
            yield
        except (IndexBroken, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except OSError as error:
            raise IndexBroken(f"the vectors in {self.path} cannot be read: {error}; check disk and rights") from error
        except BaseException as error:
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            reason = str(error).strip().split("\n")[0][:200]
            raise IndexBroken(f"the vectors in {self.path} cannot be used ({reason}); they are made anew") from error


def _release(path: Path) -> None:
    """Closes the client that this process still has on the same folder: Chroma would hand its old state out again."""
    client = _OPEN.pop(str(path.absolute()), None)
    if client is not None:
        with contextlib.suppress(Exception):
            client.close()


def remove_vectors(path: Path) -> None:
    """Deletes a vector folder, and nothing beside it."""
    shutil.rmtree(path, ignore_errors=True)


def _open_client(path: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(path=str(path), settings=Settings(anonymized_telemetry=False))


def _check_database(path: Path) -> None:
    if not path.exists():
        return
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise IndexBroken(f"{path} is damaged ({error}); the vectors are made anew") from error
    if verdict != "ok":
        raise IndexBroken(f"{path} is damaged ({verdict}); the vectors are made anew")


def _check_seal(path: Path) -> None:
    """The vector files must be as the last completed write left them.

    Raises: IndexBroken: they are not, or a write was cut off while there were vector files. (Chroma keeps the first
        thousand vectors in its database, so a first fill that is interrupted early goes on where it was.)
    """
    files = _measure(path)
    if not (path / _SEAL).exists():
        if files:
            raise IndexBroken(f"the last write of the vectors in {path} was cut off; they are made anew")
        return
    try:
        sealed = json.loads((path / _SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise IndexBroken(f"{path / _SEAL} cannot be read ({error}); the vectors are made anew") from error
    if sealed != files:
        changed = sorted(set(sealed) ^ set(files) | {name for name in files if sealed.get(name) != files[name]})
        raise IndexBroken(f"vector files in {path} are damaged ({', '.join(changed[:3])}); they are made anew")


def _measure(path: Path) -> dict[str, str]:
    """Digest of each vector file, by its path inside the folder; the database checks itself."""
    found = {}
    for file in sorted(path.glob("*/*")):
        if file.is_file():
            with file.open("rb") as handle:
                found[file.relative_to(path).as_posix()] = hashlib.file_digest(handle, "blake2b").hexdigest()[:32]
    return found


def _day(date: datetime.date | None) -> int:
    """20250411 for a day, 0 for none: Chroma compares numbers only."""
    return date.year * 10000 + date.month * 100 + date.day if date else 0


def _where(first: int, last: int, notes: Sequence[str] | None) -> dict[str, Any] | None:
    clauses: list[dict[str, Any]] = []
    if first > 0:
        clauses.append({"date": {"$gte": first}})
    if last < 99999999:
        clauses.append({"date": {"$lte": last}})
    if notes is not None:
        clauses.append({"note": {"$in": list(notes)}})
    if not clauses:
        return None
    return clauses[0] if len(clauses) == 1 else {"$and": clauses}
