"""Asks generated journals their questions and scores the answers against gold, beside two plain baselines.

Per kind: share right, citation precision and recall at section level; for all: refusal precision and recall, figures
without support, latency. Baselines: the three nearest passages by the same embedding model, and by BM25, refusing
below a fixed threshold, set by hand.
Usage: python benchmarks/journal/score.py --seeds 1-5 --notes 40 [--words-only] [--wrong]
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generate import Question

from assistant.answer import compose
from assistant.plan import read_plan
from assistant.retrieve import gather
from assistant.vocabulary import Vocabulary
from vault_sync.index import VectorIndex
from vault_sync.indexer import bring_in_step
from vault_sync.notes import parse_note
from vault_sync.results import logged_records
from vault_sync.search import Search
from vault_sync.store import Store, any_of
from vault_sync.terms import STOP_WORDS, terms
from vault_sync.vault import Vault

#: The journals, each a module by another hand.
HANDS = (
    "generate", "notebook", "diary", "logbook", "daybook", "casebook", "fieldbook", "workbook", "ledger", "chronicle",
    "almanac", "register",
)  # fmt: skip
TOP = 3
#: Least score to answer at all; set by hand, not tuned.
DENSE_LEAST = 0.45
BM25_LEAST = 6.0


@dataclass
class Given:
    """An answer in the form that is scored. figures: (text, source) of those the system lists."""

    text: str
    citations: list[str]
    answered: bool
    figures: list[tuple[str, str]] = field(default_factory=list)
    kind: str = ""


@dataclass
class Scored:
    """One answer's marks. unsupported: figures shown without support."""

    question: Question
    given: Given
    right: bool
    precision: float | None
    recall: float | None
    unsupported: list[str]
    seconds: float
    why: str


def flat(text: str) -> str:
    """Text without line breaks and in small letters, for comparing."""
    return re.sub(r"\s+", " ", text).lower()


def mark(question: Question, given: Given, seconds: float, vault: Path, lenient: bool) -> Scored:
    """Scores one answer. lenient: what should stand first may stand anywhere (for baselines)."""
    why = ""
    body = flat(given.text)
    if given.answered != question.answered:
        why = "refused" if question.answered else "answered"
    elif question.answered:
        head = body if lenient else body[:260]
        missing = [forms for forms in question.must if not any(flat(form) in body for form in forms)]
        missing += [forms for forms in question.lead if not any(flat(form) in head for form in forms)]
        shown = [text for text in question.never if flat(text) in body]
        if missing:
            why = f"missing {missing[:2]}"
        elif shown:
            why = f"shown {shown[:1]}"
    precision = recall = None
    if question.answered and given.answered and question.sections:
        cited = [clean(place) for place in given.citations]
        allowed = [clean(place) for group in question.sections for place in group] + [
            clean(p) for p in question.allowed
        ]
        if cited:
            precision = sum(any(c == a or (a.endswith("#") and c.startswith(a)) for a in allowed) for c in cited) / len(
                cited
            )
        recall = sum(any(clean(p) in cited for p in group) for group in question.sections) / len(question.sections)
    unsupported = [] if lenient else figures_without_support(question, given, vault)
    return Scored(question, given, not why, precision, recall, unsupported, seconds, why)


def clean(place: str) -> str:
    """A place as it is compared: outermost note and innermost heading."""
    note, _, heading = place.strip("[]").partition("#")
    return f"{note}#{heading.split('#')[-1]}"


_NUMBER = re.compile(r"(?<![\w.])(?:20\d\d-\d\d-\d\d|[-+]?\d+(?:\.\d+)?)(?![\w])")


def figures_without_support(question: Question, given: Given, vault: Path) -> list[str]:
    """Numbers of the answer that no cited section, no section that the answer lists as the figure's source, no question
    and no shown sum holds."""
    sources: dict[str, list[str]] = {}
    for text, source in given.figures:
        sources.setdefault(text, []).append(source)
    cited = question.question + "\n" + "\n".join(section_text(place, vault) for place in given.citations)
    body = re.sub(r"\[\[[^\]]*\]\]|\((?:since |until )?[A-Z][a-z]{2} 20[^)]*\)", " ", given.text)
    missing = []
    for found in _NUMBER.findall(body):
        listed = sources.get(found, [])
        held = cited + "\n" + "\n".join(section_text(source, vault) for source in listed if source.startswith("[["))
        day = as_day(found)
        if day is not None:  # A quoted line may write it in any form of the notes.
            ok = day.isoformat() in {
                d.isoformat() for d in map(as_day, re.findall(r"20\d\d[-/]?\d\d[-/]?\d\d", held)) if d
            }
        else:
            ok = normal(found.lstrip("+-")) in {normal(n) for n in re.findall(r"\d+(?:\.\d+)?", held)}
        if not ok and not any(computed(found, source) for source in listed):
            missing.append(found)
    return missing


def section_text(place: str, vault: Path) -> str:
    """Heading and text of a cited section."""
    note, _, heading = place.strip("[]").partition("#")
    path = vault / f"{note}.md"
    if not path.exists():
        return ""
    if path not in _parsed:
        _parsed[path] = parse_note(path.name, path.read_text("utf-8"))
    wanted = heading.split("#")[-1].strip()
    return "\n".join(f"{s.heading}\n{s.text}" for s in _parsed[path].sections if wanted in s.heading)


_parsed: dict[Path, Any] = {}


def normal(text: str) -> str:
    """A number without trailing zeros."""
    return f"{float(text):g}" if len(text) < 12 else text


def as_day(text: str) -> datetime.date | None:
    """A date in any form of the notes."""
    match = re.fullmatch(r"(20\d\d)[-/]?(\d\d)[-/]?(\d\d)", text)
    try:
        return datetime.date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def computed(text: str, source: str) -> bool:
    """Whether a figure's listed source is a count, a day that the question resolves to, or a difference that comes out
    as the figure."""
    match = re.fullmatch(r"([\d.]+) - ([\d.]+)", source)
    if match:
        return abs(float(match[1]) - float(match[2]) - float(text)) < 1e-3
    return source.startswith(("count", "order of")) or (source == "day of the question" and as_day(text) is not None)


class Ours:
    """The product's own answers, without a language model."""

    def __init__(self, store: Store, vectors: VectorIndex | None, vault: Path) -> None:
        self.store, self.search = store, Search(store, vectors)
        self.vocabulary = Vocabulary.from_store(store)
        self.vault = vault

    def _logged(self, as_of: datetime.date) -> list[Any]:
        vault = Vault(self.vault)
        return list(logged_records([parse_note(f.path, vault.read(f.path).text) for f in vault.files()], as_of=as_of))

    def ask(self, question: Question) -> Given:
        """One answer."""
        today = datetime.date.fromisoformat(question.today)
        as_of = datetime.date.fromisoformat(question.as_of) if question.as_of else None
        plan = read_plan(question.question, as_of or today, self.vocabulary)
        evidence = gather(plan, self.store, self.search, today=as_of or today, as_of=as_of, logged=self._logged)
        answer = compose(plan, evidence, {})
        places = [f"{c.note}#{c.heading}" for c in answer.citations]
        return Given(answer.body, places, answer.answered, [(f.text, f.source) for f in answer.figures], answer.kind)


class Dense:
    """The nearest passages by embedding: what most tools show."""

    def __init__(self, store: Store, vectors: VectorIndex) -> None:
        self.store, self.vectors = store, vectors

    def ask(self, question: Question) -> Given:
        """One answer."""
        as_of = datetime.date.fromisoformat(question.as_of) if question.as_of else None
        near = self.vectors.query(question.question, TOP, as_of=as_of)
        chunks = self.store.chunks([n.id for n in near])
        best = max((n.similarity for n in near), default=0.0)
        return Given("\n".join(c.text for c in chunks), [c.link for c in chunks], best >= DENSE_LEAST)


class Bm25:
    """The best passages by BM25."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def ask(self, question: Question) -> Given:
        """One answer."""
        as_of = datetime.date.fromisoformat(question.as_of) if question.as_of else None
        words = [t.text for t in terms(question.question) if t.text not in STOP_WORDS]
        matches = self.store.match(any_of(words), TOP, as_of=as_of) if words else []
        chunks = self.store.chunks([m.id for m in matches])
        best = max((m.score for m in matches), default=0.0)
        return Given("\n".join(c.text for c in chunks), [c.link for c in chunks], best >= BM25_LEAST)


def run(name: str, ask: Callable[[Question], Given], questions: Sequence[Question], vault: Path) -> list[Scored]:
    """Asks and scores all questions of a journal."""
    scored = []
    for question in questions:
        begun = time.perf_counter()
        given = ask(question)
        scored.append(mark(question, given, time.perf_counter() - begun, vault, lenient=name != "kwslab"))
    return scored


def mean(values: Iterable[float]) -> float:
    """The mean, or not a number."""
    listed = list(values)
    return statistics.fmean(listed) if listed else float("nan")


def report(name: str, scored: Sequence[Scored]) -> dict[str, Any]:
    """The figures of one system."""
    kinds = sorted({s.question.kind for s in scored})
    refused = [s for s in scored if not s.given.answered]
    absent = [s for s in scored if not s.question.answered]
    times = sorted(s.seconds for s in scored)
    told: dict[str, Any] = {
        "system": name,
        "questions": len(scored),
        "right": mean(s.right for s in scored),
        "kinds": {
            kind: {
                "n": sum(s.question.kind == kind for s in scored),
                "right": mean(s.right for s in scored if s.question.kind == kind),
                "precision": mean(s.precision for s in scored if s.question.kind == kind and s.precision is not None),
                "recall": mean(s.recall for s in scored if s.question.kind == kind and s.recall is not None),
            }
            for kind in kinds
        },
        "citation_precision": mean(s.precision for s in scored if s.precision is not None),
        "citation_recall": mean(s.recall for s in scored if s.recall is not None),
        "refusal_precision": mean(not s.question.answered for s in refused),
        "refusal_recall": mean(not s.given.answered for s in absent),
        "unsupported_figures": sum(len(s.unsupported) for s in scored),
        "p50_ms": 1e3 * times[len(times) // 2],
        "p95_ms": 1e3 * times[min(len(times) - 1, int(0.95 * len(times)))],
    }
    print(
        f"\n{name}: {told['right']:.1%} right of {len(scored)}; citations P {told['citation_precision']:.2f} R "
        f"{told['citation_recall']:.2f}; refusals P {told['refusal_precision']:.2f} R {told['refusal_recall']:.2f}; "
        f"unsupported figures {told['unsupported_figures']}; p50 {told['p50_ms']:.0f} ms, p95 {told['p95_ms']:.0f} ms"
    )
    for kind, one in told["kinds"].items():
        print(
            f"  {kind:<14} {one['n']:>4}  right {one['right']:>6.1%}  P {one['precision']:.2f}  R {one['recall']:.2f}"
        )
    return told


def main() -> None:
    """Generates, indexes, asks, reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--journal", choices=HANDS, default="generate")
    parser.add_argument("--seeds", default="1-3")
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--words-only", action="store_true", help="without embeddings and without the dense baseline")
    parser.add_argument("--wrong", action="store_true", help="show every answer that is not right")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    first, _, last = args.seeds.partition("-")
    systems: dict[str, list[Scored]] = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        embedder = None
        if not args.words_only:
            from vault_sync.embed import Embedder

            embedder = Embedder(cache=root / "embeddings.sqlite")
        for seed in range(int(first), int(last or first) + 1):
            vault = root / f"vault{seed}"
            questions = importlib.import_module(args.journal).make_journal(vault, seed, args.notes)
            store = Store(root / f"{seed}.sqlite")
            vectors = VectorIndex(root / f"chroma{seed}", embedder) if embedder else None
            bring_in_step(Vault(vault), store, vectors)
            systems.setdefault("kwslab", []).extend(run("kwslab", Ours(store, vectors, vault).ask, questions, vault))
            if vectors:
                systems.setdefault("dense", []).extend(run("dense", Dense(store, vectors).ask, questions, vault))
            systems.setdefault("bm25", []).extend(run("bm25", Bm25(store).ask, questions, vault))
            store.close()
    for scored in systems["kwslab"]:
        if args.wrong and (not scored.right or scored.unsupported):
            q = scored.question
            print(
                "=" * 100, f"\n[{q.id}] {q.kind} -> {scored.given.kind}: {q.question} (today {q.today} as of {q.as_of})"
            )
            print(
                f"WRONG: {scored.why} unsupported: {scored.unsupported}\n{scored.given.text[:1500]}\n"
                f"GOLD: {q.must} {q.lead} {q.sections[:3]}"
            )
    reports = [report(name, scored) for name, scored in systems.items()]
    if args.json:
        args.json.write_text(json.dumps(reports, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
