"""Finds the sections of the vault that answer a query: by words, by meaning, and by the links between notes."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vault_sync.chunks import Chunk
from vault_sync.errors import EmbedderError, IndexBroken
from vault_sync.index import VectorIndex
from vault_sync.rerank import Reranker
from vault_sync.store import Store, StoredSection, any_of, phrase
from vault_sync.terms import STOP_WORDS, Term, stem, terms

#: Candidates taken from each side before they are joined.
_CANDIDATES = 40
#: A word in more than this share of all chunks tells nothing, as long as rarer ones are there.
_COMMON = 0.25
#: Cosine of MiniLM for texts that have nothing, and everything, to do with each other.
_COSINE_FLOOR, _COSINE_TOP = 0.1, 0.7
#: Weight of words against meaning, and of an identifier or quoted phrase that is really there.
_WORDS, _MEANING, _EXACT = 0.5, 0.5, 1.0
_LINKED = 0.35
#: Candidates that a cross-encoder reads, if there is one, and the weight of what it says.
_REREAD, _REREAD_WEIGHT = 20, 0.6
#: What the field calls by another name in notes and options.
_SYNONYMS: dict[str, tuple[str, ...]] = {
    "formant": ("a_freq",), "formants": ("a_freq", "formant"), "residual": ("res",), "excitation": ("residual", "res"),
    "unseen": ("novel",), "novel": ("unseen",), "hm": ("harmonic",), "harmonic": ("hm",), "lr": ("lr_base",),
    "embedding": ("emb",), "embeddings": ("emb", "embedding"), "reconstruction": ("rec",), "accuracy": ("acc",),
    "acc": ("accuracy",), "augmentation": ("aug", "augment"), "prototype": ("proto",), "prototypes": ("proto",),
    "specaugment": ("spec_aug", "spec_aug_mode"), "keyword": ("kws",), "kws": ("keyword",),
    "forgetting": ("forget", "catastrophic"), "gpu": ("cuda",), "oom": ("memory",),
}  # fmt: skip

_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”|`([^`]+)`')


@dataclass(frozen=True)
class Hit:
    """A section that was found.

    chunk: the whole section, its parts merged; `text`, `start`, `end` are the section's. score: larger is better, to be
    compared within one answer only. how: "words", "meaning", "words+meaning" or "link"; without vectors it says why.
    passage: the part of the section that matched best. similarity: cosine with the question, None when not compared.
    coverage: share of the query's telling words that stand in the section's best part, 0 to 1.
    """

    chunk: Chunk
    score: float
    how: str
    passage: Chunk
    similarity: float | None
    coverage: float


@dataclass(frozen=True)
class _Word:
    """A word of the query. weight: how telling it is (idf). exact: an identifier, a date, a quoted phrase. day: the
    date that it is."""

    expression: str
    weight: float
    exact: bool
    count: int
    day: datetime.date | None = None


@dataclass
class _Candidate:
    chunk: Chunk
    words: float = 0.0
    similarity: float | None = None
    coverage: float = 0.0
    exact: float = 0.0
    score: float = 0.0
    linked: bool = False


class Search:
    """Hybrid search over store and vectors; works from words alone while the embedder is not in memory yet.

    Args: reranker: reads the best candidates again, once it is loaded; None for none.
    """

    def __init__(self, store: Store, vectors: VectorIndex | None = None, reranker: Reranker | None = None) -> None:
        self.store = store
        self.vectors = vectors
        self.reranker = reranker

    @property
    def missing(self) -> str:
        """Why search goes by words alone just now; "" when it does not."""
        if self.vectors is None:
            return "the vectors are not there yet"
        embedder = self.vectors.embedder
        if getattr(embedder, "failure", None) is not None:
            return "the embedding model cannot be loaded"
        if not embedder.ready:
            return "the embedding model is not loaded yet"
        return ""

    def find(
        self,
        query: str,
        top_k: int = 8,
        since: datetime.date | None = None,
        until: datetime.date | None = None,
        notes: Sequence[str] | None = None,
        as_of: datetime.date | None = None,
        around: datetime.date | None = None,
    ) -> list[Hit]:
        """The best sections for a query, best first, each section once.

        Args: query: a question, words, an identifier, a "quoted phrase"; any characters. since, until: days, both
            included; sections without a day are then left out. notes: names or paths to look in. as_of: hides what is
            dated later. around: a day near which a section counts a little more.
        """
        paths = self._paths(notes)
        if paths is not None and not paths:
            return []
        words = self._words(query)
        found: dict[str, _Candidate] = {}
        self._by_words(words, found, since, until, paths, as_of)
        missing = self.missing
        if not missing and query.strip():
            try:
                self._by_meaning(query, found, since, until, paths, as_of)
            except (EmbedderError, IndexBroken) as error:
                missing = str(error)
        if not found:
            return []
        self._cover(words, found)
        self._rank(found, around)
        if not any(word.exact for word in words):  # An identifier or a quoted phrase is there or it is not.
            self._reread(query, found)
        hits = self._sections(sorted(found.values(), key=_order), missing, top_k)
        return self._with_neighbours(hits, top_k, since, until, paths, as_of)

    def words_met(self, question: str, texts: Sequence[str]) -> list[float] | None:
        """How well the words of a question are met in each text, the rare ones above all (see `Embedder.words_met`);
        None by words alone."""
        if self.missing or self.vectors is None or not hasattr(self.vectors.embedder, "words_met"):
            return None
        try:
            return list(self.vectors.embedder.words_met(question, texts, self._rarities(question)))
        except EmbedderError:
            return None

    def _rarities(self, question: str) -> dict[str, float]:
        """How telling each word of a question is: the fewer chunks hold it, the more."""
        total = max(1, self.store.counts()["chunks"])
        found: dict[str, float] = {}
        for word in dict.fromkeys(re.findall(r"[^\W_]+", question.lower())):
            if word not in STOP_WORDS:
                count = max(self.store.term_counts(list({word, stem(word)})).values(), default=0)
                found[word] = math.log(1 + total / max(1, count))
        return found

    # -- the two sides ---------------------------------------------------------------------------------------------

    def _words(self, query: str) -> list[_Word]:
        """The telling words of a query with their weights; slips are replaced by the vault's words they may mean."""
        total = max(1, self.store.counts()["chunks"])
        words: list[_Word] = []
        for match in _QUOTED.finditer(query):
            quoted = next(group for group in match.groups() if group)
            if len(terms(quoted)) > 1:
                words.append(_Word(phrase(quoted), math.log(1 + total), True, 0))
        listed = [term for term in terms(query) if term.text not in STOP_WORDS]
        listed = list(dict.fromkeys(listed or terms(query)))
        for term in listed:
            variants = _variants(term)
            counts = self.store.term_counts(variants)
            others = self.store.term_counts(_SYNONYMS.get(term.text, ()))
            if not counts and not term.text.isascii():
                words.append(_Word(f'"{term.text}"*', math.log(1 + total), False, 1))
                continue
            if not counts and not others:
                variants = self.store.similar_terms(term.text)
                counts = self.store.term_counts(variants)
            count = max([*counts.values(), *others.values()], default=0)
            weight = math.log(1 + total / count) if count else math.log(1 + total)
            words.append(_Word(any_of({**counts, **others}), weight, term.identifier, count, _day_of(term)))
        return words

    def _by_words(
        self,
        words: Sequence[_Word],
        found: dict[str, _Candidate],
        since: datetime.date | None,
        until: datetime.date | None,
        paths: Sequence[str] | None,
        as_of: datetime.date | None,
    ) -> None:
        total = self.store.counts()["chunks"]
        usable = [word for word in words if word.expression]
        telling = [word for word in usable if word.exact or word.count <= max(50, _COMMON * total)] or usable
        expression = " OR ".join(word.expression for word in telling)
        matches = self.store.match(expression, _CANDIDATES, since, until, paths, as_of)
        exact = [word.expression for word in usable if word.exact]
        if exact and len(exact) < len(telling):
            matches += self.store.match(" OR ".join(exact), _CANDIDATES, since, until, paths, as_of)
        scores: dict[str, float] = {}
        for match in matches:
            scores[match.id] = max(scores.get(match.id, 0.0), match.score)
        best = max(scores.values(), default=1.0)
        for chunk in self.store.chunks(list(scores)):
            found[chunk.id] = _Candidate(chunk, words=scores[chunk.id] / best)

    def _by_meaning(
        self,
        query: str,
        found: dict[str, _Candidate],
        since: datetime.date | None,
        until: datetime.date | None,
        paths: Sequence[str] | None,
        as_of: datetime.date | None,
    ) -> None:
        assert self.vectors is not None
        near = {
            neighbour.id: neighbour.similarity
            for neighbour in self.vectors.query(query, _CANDIDATES, since, until, paths, as_of)
        }
        for chunk in self.store.chunks([chunk_id for chunk_id in near if chunk_id not in found]):
            found[chunk.id] = _Candidate(chunk)
        for chunk_id, similarity in near.items():
            if chunk_id in found:
                found[chunk_id].similarity = similarity

    def _cover(self, words: Sequence[_Word], found: dict[str, _Candidate]) -> None:
        """How much of the query's words each candidate holds."""
        total = sum(word.weight for word in words) or 1.0
        exact_total = sum(word.weight for word in words if word.exact)
        ids = list(found)
        for word in words:
            for chunk_id in self.store.holders(word.expression, ids):
                candidate = found[chunk_id]
                candidate.coverage += word.weight / total
                if word.exact:
                    # A section that only mentions the day asked for is less than one of that day.
                    mentioned = word.day is not None and candidate.chunk.date != word.day
                    candidate.exact += (0.3 if mentioned else 1.0) * word.weight / exact_total

    def _rank(self, found: dict[str, _Candidate], around: datetime.date | None) -> None:
        # Squared: a candidate that holds a third of the words was mostly found by chance, and meaning should decide.
        covered = max(candidate.coverage for candidate in found.values())
        for candidate in found.values():
            meaning = 0.0
            if candidate.similarity is not None:
                meaning = min(1.0, max(0.0, (candidate.similarity - _COSINE_FLOOR) / (_COSINE_TOP - _COSINE_FLOOR)))
            candidate.score = (
                _WORDS * (candidate.words * covered**2 + candidate.coverage**2) / 2
                + _MEANING * meaning
                + _EXACT * candidate.exact
            )
            if around is not None and candidate.chunk.date is not None:
                days = abs((candidate.chunk.date - around).days)
                candidate.score *= 1.0 + 0.15 * math.exp(-days / 3.0)

    def _reread(self, query: str, found: dict[str, _Candidate]) -> None:
        """Lets a cross-encoder read the best candidates, where one is configured and loaded."""
        if self.reranker is None or not self.reranker.ready:
            return
        best = sorted(found.values(), key=_order)[:_REREAD]
        texts = [f"{' > '.join(candidate.chunk.path)}\n{candidate.chunk.text}" for candidate in best]
        for candidate, share in zip(best, self.reranker.scores(query, texts), strict=True):
            candidate.score += _REREAD_WEIGHT * share

    # -- from chunks to sections -----------------------------------------------------------------------------------

    def _sections(self, ranked: Sequence[_Candidate], missing: str, top_k: int) -> list[Hit]:
        """The sections of the best candidates; each once, and of equal texts only the first."""
        hits: list[Hit] = []
        seen: set[tuple[str, int]] = set()
        texts: set[str] = set()
        for start in range(0, len(ranked), 2 * top_k):
            part = ranked[start : start + 2 * top_k]
            places = [(candidate.chunk.note, candidate.chunk.start) for candidate in part]
            for candidate, section in zip(part, self.store.sections_at(places), strict=True):
                key = (candidate.chunk.note, section.start if section else candidate.chunk.start)
                text = " ".join(candidate.chunk.text.split())
                if key in seen or (len(text) > 60 and text in texts):
                    continue
                seen.add(key)
                texts.add(text)
                hits.append(_hit(candidate, section, missing))
                if len(hits) == top_k:
                    return hits
        return hits

    def _with_neighbours(
        self,
        hits: list[Hit],
        top_k: int,
        since: datetime.date | None,
        until: datetime.date | None,
        paths: Sequence[str] | None,
        as_of: datetime.date | None,
    ) -> list[Hit]:
        """Adds the sections that the best hits link to, below them: [[formant_residual#2025/04/10]] under a task."""
        there = {(hit.chunk.note, hit.chunk.start) for hit in hits}
        added: list[Hit] = []
        for hit in hits[:3]:
            for link in self.store.links_from(hit.chunk.note, hit.passage.start, hit.passage.end)[:4]:
                if not link.heading:
                    continue
                section = self.store.section(link.target or hit.chunk.note, link.heading, whole=False)
                if section is None or not section.text.strip() or (section.note, section.start) in there:
                    continue
                if not _inside(section, since, until, paths, as_of):
                    continue
                there.add((section.note, section.start))
                chunk = _section_chunk(section)
                added.append(Hit(chunk, hit.score * _LINKED, "link", chunk, None, 0.0))
        joined = sorted([*hits, *added], key=lambda hit: -hit.score)
        return joined[:top_k]

    def _paths(self, notes: Sequence[str] | None) -> list[str] | None:
        if notes is None:
            return None
        return [path for path in (self.store.note_path(name) for name in notes) if path is not None]


def _day_of(term: Term) -> datetime.date | None:
    """The day that a term of the query names, in whatever form it was written."""
    try:
        return datetime.date.fromisoformat(term.text) if term.identifier and term.text.count("-") == 2 else None
    except ValueError:
        return None


def _variants(term: Term) -> list[str]:
    """The forms under which a query's word is looked for."""
    forms = [term.text, stem(term.text)]
    forms.extend(part for part in term.parts if "+" in part)  # loss_lpc is looked for as lpc_loss too.
    if not term.identifier:
        forms.extend(part for part in term.parts if part == stem(term.text) or part.isalpha())
    return list(dict.fromkeys(forms))


def _order(candidate: _Candidate) -> tuple[float, str, str, int]:
    """Best first; of equals the newest day, then by place, so that one query always gives one order."""
    day = candidate.chunk.date.toordinal() if candidate.chunk.date else 0
    return (-round(candidate.score, 9), f"{9999999 - day:07}", candidate.chunk.note, candidate.chunk.start)


def _hit(candidate: _Candidate, section: StoredSection | None, missing: str) -> Hit:
    chunk = candidate.chunk
    if section is not None:
        chunk = replace(_section_chunk(section), id=chunk.id, title=chunk.title)
    sides = [
        name for name, there in (("words", candidate.words > 0), ("meaning", candidate.similarity is not None)) if there
    ]
    how = "+".join(sides)
    if missing:
        how += f" only: {missing}"
    return Hit(chunk, candidate.score, how, candidate.chunk, candidate.similarity, candidate.coverage)


def _section_chunk(section: StoredSection) -> Chunk:
    return Chunk(
        id="",
        note=section.note,
        heading=section.heading,
        path=section.path,
        link=section.link,
        date=section.date,
        start=section.start,
        end=section.end,
        text=section.text.strip("\n"),
        verdicts=section.verdicts,
        title=section.note.removesuffix(".md"),
    )


def _inside(
    section: StoredSection,
    since: datetime.date | None,
    until: datetime.date | None,
    paths: Sequence[str] | None,
    as_of: datetime.date | None,
) -> bool:
    if paths is not None and section.note not in paths:
        return False
    if section.date is None:
        return since is None and until is None
    return (
        (since is None or section.date >= since)
        and (until is None or section.date <= until)
        and (as_of is None or section.date <= as_of)
    )
