"""Does hybrid search find the right section, and how fast? Against plain dense top-k and plain BM25, same chunks.

    uv run python benchmarks/search.py [--notes 2000] [--seed 1] [--split test] [--cache DIR]

The vault is generated: thoughts written by hand for this file, each in a day section of its own among thousands of
invented ones in the same words. Each thought is asked for in several ways: near its words, in other words (meaning),
with slips, by identifier, by quoted phrase, by day. Half of the thoughts (`--split dev`) may be used to
choose weights, the other half (`--split test`) only to report. Figures: share of questions whose section is first, in
the first three, in the first eight, and mean reciprocal rank; then the latency of the warm search.
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from vault_sync.embed import Embedder
from vault_sync.indexer import bring_in_step, open_store, open_vectors
from vault_sync.search import Search
from vault_sync.store import any_of
from vault_sync.terms import terms
from vault_sync.vault import Vault

#: (thought as noted, asked near its words, asked in other words)
THOUGHTS: tuple[tuple[str, str, str], ...] = (
    (
        "Clipping of the waveform happens when the gain is drawn above 1.5; limit the augmentation to 1.2.",
        "why does the waveform clip with the gain augmentation",
        "what volume boost is safe so that the audio is not distorted",
    ),
    (
        "The teacher network should see clean input and the student the noisy one, otherwise both drift together.",
        "should teacher and student see clean or noisy input",
        "idea about distillation where one model gets undisturbed audio",
    ),
    (
        "Batch statistics of the base session are wrong for the five-shot sessions, so keep normalisation frozen.",
        "why keep normalisation layers frozen in five-shot sessions",
        "what should not be updated when only a few examples are there",
    ),
    (
        "Prototype of a new word moves too far when one of the five recordings is mislabelled; use the median.",
        "prototype moves far with a mislabelled recording",
        "how to be robust against a wrongly annotated example",
    ),
    (
        "Hop of ten milliseconds gives 101 frames for one second with padding at both ends.",
        "what hop gives 101 frames for one second",
        "time resolution of the features",
    ),
    (
        "The memory of the card ran full because the validation loop kept the graph; wrapped it in no_grad.",
        "memory ran full in the validation loop",
        "how did I solve the CUDA out of memory crash",
    ),
    (
        "Softmax temperature of 16 makes the gradients of rare classes vanish, 8 is gentler.",
        "softmax temperature and gradients of rare classes",
        "scaling of the logits hurts infrequent keywords",
    ),
    (
        "Pitch shifting turns male speakers into chipmunks; the listener test failed, so dropped it.",
        "did pitch shifting fail the listener test",
        "which augmentation sounded unnatural to people",
    ),
    (
        "Whispered recordings have no voicing at all, so the fundamental frequency track is empty there.",
        "whispered recordings and the fundamental frequency track",
        "speech without vibration of the vocal cords",
    ),
    (
        "Forgetting is strongest right after the second increment, and half of it comes from two confusable words.",
        "when is forgetting strongest",
        "where does the model lose what it knew before",
    ),
    (
        "Reading from the network drive was the bottleneck; with features on local disk an epoch takes four minutes.",
        "was reading from the network drive the bottleneck",
        "why was training so slow and what made it faster",
    ),
    (
        "A margin on the angle between classes should leave room for future words.",
        "margin on the angle between classes for future words",
        "reserve space in the embedding for categories that come later",
    ),
    (
        "The linear predictor of order twenty is unstable for creaky voice; reflection coefficients above one.",
        "linear predictor of order twenty unstable for creaky voice",
        "all-pole filter blows up on some speakers",
    ),
    (
        "Draft of the introduction is too long, the reviewer last time wanted the contribution on the first page.",
        "what did the reviewer want on the first page",
        "writing the manuscript: what to cut",
    ),
    (
        "Silence trimming removed the burst of the final consonant, which is why stop words got worse.",
        "silence trimming removed the burst of the final consonant",
        "preprocessing cut off the ends of words",
    ),
    (
        "Two speakers are in both training and test lists; the split by hash has to use the speaker only.",
        "are speakers in both training and test lists",
        "data leakage between partitions",
    ),
    (
        "Cross attention from the excitation to the spectral envelope gives equal accuracy with a third of the size.",
        "cross attention from the excitation to the spectral envelope",
        "a smaller fusion module that performs equally well",
    ),
    (
        "Random seeds 3 and 7 differ by two points in the last session, more than the effect I claim.",
        "how much do seeds 3 and 7 differ in the last session",
        "is the improvement larger than the variance between repetitions",
    ),
    (
        "The lecture on Thursday moved to the big hall, so the group meeting starts an hour later.",
        "when does the group meeting start on Thursday",
        "changes of the weekly schedule",
    ),
    (
        "Weight averaging over the last ten checkpoints smooths the curve and costs nothing.",
        "weight averaging over the last ten checkpoints",
        "a free trick to reduce the jitter at the end of training",
    ),
    (
        "Label smoothing hurts the nearest-mean classifier because the clusters collapse into a regular simplex.",
        "does label smoothing hurt the nearest-mean classifier",
        "regularising the targets makes features less transferable",
    ),
    (
        "Street noise from the second microphone contains speech of people passing by, not to be used as background.",
        "street noise from the second microphone contains speech",
        "contaminated recordings among the noise files",
    ),
    (
        "Exponential moving average of the classifier rows keeps old keywords alive during the increments.",
        "moving average of the classifier rows keeps old keywords",
        "protecting previous classes while learning new ones",
    ),
    (
        "The bug was an integer division in the frame count, every odd clip lost its last frame.",
        "integer division in the frame count bug",
        "why was the sequence sometimes shorter by one",
    ),
    (
        "Contrastive pretraining on unlabelled podcasts might give speaker-independent features.",
        "contrastive pretraining on unlabelled podcasts",
        "using audio without annotations before the supervised stage",
    ),
    (
        "Quantising to eight bits loses half a point, the first convolution is to blame.",
        "how much does quantising to eight bits lose",
        "low precision inference on a microcontroller",
    ),
    (
        "Replay of stored embeddings instead of audio needs forty times less disk.",
        "replay of stored embeddings needs less disk",
        "rehearsal memory without keeping recordings",
    ),
    (
        "Learning rate warm-up of three epochs removes the spike of the loss at the start.",
        "warm-up removes the spike of the loss at the start",
        "instability in the very first steps of optimisation",
    ),
)

#: Options that occur in one entry only, and how they may be asked for.
OPTIONS = ("proto_shift_gain", "mask_time_width", "anchor_keep_ratio", "loss_env_contrast", "tail_freeze_epoch")

_SUBJECTS = (
    "the encoder",
    "the classifier",
    "the base session",
    "the second increment",
    "the spectrogram",
    "the residual",
    "the formant track",
    "the validation curve",
    "the learning rate",
    "the noise level",
    "the transformer layer",
    "the recurrent layer",
    "the prototype",
    "the confusion matrix",
    "the data loader",
    "the feature cache",
    "the checkpoint",
    "the loss",
    "the window",
    "the server",
    "the embedding space",
    "the augmentation",
    "the speaker split",
    "the keyword list",
    "the figure",
    "the table",
    "the related work",
    "the slides",
    "the reading group",
)
_VERBS = (
    "looks better than",
    "should be compared with",
    "does not explain",
    "depends on",
    "was wrong because of",
    "is the same as",
    "needs",
    "gets worse with",
    "comes from",
    "has nothing to do with",
    "may replace",
    "should be plotted against",
    "was run again without",
    "goes with",
)
_ENDS = (
    "for the old words",
    "in the last session",
    "on the small set",
    "at night",
    "with more epochs",
    "without noise",
    "after the fix",
    "according to the paper",
    "for short clips",
    "in the end",
    "when it is shuffled",
    "for women",
    "on the second card",
    "with the old config",
)
_SLIPS = random.Random(5)


def slipped(text: str) -> str:
    """The text with one slip in each of its longer words: two letters exchanged, or one left out."""
    words = []
    for word in text.split():
        if len(word) > 5:
            at = _SLIPS.randrange(1, len(word) - 2)
            word = word[:at] + (word[at + 1] + word[at] + word[at + 2 :] if _SLIPS.random() < 0.5 else word[at + 1 :])
        words.append(word)
    return " ".join(words)


def make_vault(root: Path, n_notes: int, seed: int, thoughts: list[int]) -> list[tuple[str, str, str]]:
    """Writes the vault. Returns: (kind, question, link of the section that answers it)."""
    chance = random.Random(seed)
    first = datetime.date(2024, 1, 1)

    def filler() -> str:
        subject, verb, other = chance.choice(_SUBJECTS), chance.choice(_VERBS), chance.choice(_SUBJECTS)
        return f"- {subject.capitalize()} {verb} {other} {chance.choice(_ENDS)}."

    notes: list[list[list[str]]] = []
    days: list[list[datetime.date]] = []
    for _ in range(n_notes):
        start = chance.randrange(480)
        days.append([first + datetime.timedelta(days=start + 2 * n) for n in range(chance.randint(1, 4))])
        notes.append([[filler() for _ in range(chance.randint(1, 7))] for _ in days[-1]])
    places = chance.sample([(n, d) for n in range(n_notes) for d in range(len(days[n]))], len(THOUGHTS) + len(OPTIONS))

    def name(number: int) -> str:
        return f"topic_{number:04}"

    def link(place: tuple[int, int]) -> str:
        return f"[[{name(place[0])}#{days[place[0]][place[1]].isoformat()}]]"

    questions: list[tuple[str, str, str]] = []
    for index, (thought, near, meant) in enumerate(THOUGHTS):
        n, d = places[index]
        notes[n][d].insert(chance.randint(0, len(notes[n][d])), f"- {thought}")
        if index not in thoughts:
            continue
        words = thought.rstrip(".").split()
        at = chance.randrange(len(words) - 3)
        quoted = " ".join(words[at : at + 3]).strip(",;:")
        questions += [
            ("near", near, link((n, d))),
            ("meaning", meant, link((n, d))),
            ("slips", slipped(near), link((n, d))),
            ("quoted", f'where did I write "{quoted}"', link((n, d))),
            ("day", f"{near.split()[-1]} on {days[n][d].strftime('%Y/%m/%d')}", link((n, d))),
        ]
    for index, option in enumerate(OPTIONS):
        n, d = places[len(THOUGHTS) + index]
        notes[n][d].append(f"- Tried `{option}` 0.3 next.")
        turned = "_".join(reversed(option.split("_")))
        questions += [
            ("identifier", f"what about {option}?", link((n, d))),
            ("identifier", f"did I try {turned}", link((n, d))),
        ]
    for number, sections in enumerate(notes):
        text = [f"# {name(number)}\n"]
        for day, bullets in zip(days[number], sections, strict=True):
            text.append(f"## {day.isoformat()}\n" + "\n".join(bullets) + "\n")
        (root / f"{name(number)}.md").write_text("\n".join(text))
    return questions


def score(ranks: list[int]) -> str:
    """Shares of questions by the rank of their section (0: not found), and the mean reciprocal rank."""
    shares = [sum(0 < rank <= k for rank in ranks) / len(ranks) for k in (1, 3, 8)]
    mrr = sum(1 / rank for rank in ranks if rank) / len(ranks)
    return " ".join(f"{value:6.1%}" for value in shares) + f"  {mrr:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--split", choices=("dev", "test"), default="test")
    parser.add_argument("--cache", type=Path, help="keeps embeddings between calls")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    thoughts = [n for n in range(len(THOUGHTS)) if (n % 2 == 0) == (options.split == "dev")]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "vault"
        root.mkdir()
        questions = make_vault(root, options.notes, options.seed, thoughts)
        state = Path(folder) / "cache"
        kept = (options.cache or state) / "embeddings.sqlite"
        kept.parent.mkdir(parents=True, exist_ok=True)
        store, _ = open_store(state / "store.sqlite")
        embedder = Embedder(cache=kept)
        vectors, _ = open_vectors(state / "chroma", embedder, store)
        begun = time.monotonic()
        bring_in_step(Vault(root), store, None)
        text_seconds = time.monotonic() - begun
        report = bring_in_step(Vault(root), store, vectors)
        embedder.load()
        print(
            f"{report.notes} notes, {report.chunks} chunks; text in {text_seconds:.1f} s, "
            f"vectors in {report.seconds:.1f} s ({report.embedded} texts embedded)",
            file=sys.stderr,
        )
        again = bring_in_step(Vault(root), store, vectors)
        search = Search(store, vectors)
        search.find("warm up")

        def hybrid(question: str) -> list[str]:
            return [hit.chunk.link for hit in search.find(question, top_k=8)]

        def words(question: str) -> list[str]:
            return [hit.chunk.link for hit in Search(store).find(question, top_k=8)]

        def dense(question: str) -> list[str]:
            near = store.chunks([item.id for item in vectors.query(question, 24)])
            return list(dict.fromkeys(chunk.link for chunk in near))[:8]

        def bm25(question: str) -> list[str]:
            found = store.match(any_of(term.text for term in terms(question)), 24)
            return list(dict.fromkeys(chunk.link for chunk in store.chunks([match.id for match in found])))[:8]

        results: dict[str, dict[str, list[int]]] = {}
        times: dict[str, list[float]] = {}
        for method in (hybrid, words, dense, bm25):
            for kind, question, wanted in questions:
                begun = time.perf_counter()
                found = method(question)
                times.setdefault(method.__name__, []).append(time.perf_counter() - begun)
                rank = found.index(wanted) + 1 if wanted in found else 0
                results.setdefault(method.__name__, {}).setdefault(kind, []).append(rank)
        cold: list[float] = []
        for number in range(100):
            begun = time.perf_counter()
            search.find(f"{questions[number % len(questions)][1]} {number}")
            cold.append(time.perf_counter() - begun)
        if options.json:
            print(json.dumps({"ranks": results, "p95_ms": float(np.percentile(cold, 95) * 1000)}))
        else:
            print(f"{'':10} {'kind':11} {'n':>3}  first  in 3   in 8   mrr")
            for name, kinds in results.items():
                for kind, ranks in {**kinds, "all": [rank for listed in kinds.values() for rank in listed]}.items():
                    print(f"{name:10} {kind:11} {len(ranks):3} {score(ranks)}")
            print(f"unchanged vault: {again.seconds * 1000:.0f} ms, {again.embedded} embedded")
            for name, listed in {**times, "hybrid, questions never asked before": cold}.items():
                middle, late = np.percentile(listed, [50, 95]) * 1000
                print(f"{name}: p50 {middle:.1f} ms, p95 {late:.1f} ms")
        vectors.close()
        store.close()


if __name__ == "__main__":
    main()
