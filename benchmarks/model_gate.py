"""How much of what a model writes passes the gate, how soon, and how tight the gate itself is.

    uv run python benchmarks/model_gate.py [--model FILE | --base-url URL --name NAME] [--record DATA] [--json]

Three parts, two of them over the demonstration's notes. The model answers why and how questions over the sections that
share most words with them; counted are its sentences, those that passed, and the time to the first passed one. The gate
alone is then given the notes' own sentences (should pass) and the same ones with one thing changed: a figure,
a date, a link, an option name, a negation, an invented sentence (none should pass). Then sentences over invented notes,
written by hand (`gate_sentences.json`): wrong ones by what is wrong with them, and faithful ones, near the notes' words
or in words of their own. `--record` writes the model's share where `[model] use = "auto"` looks for it, as
`kwslab models use` does.
"""

from __future__ import annotations

import argparse
import collections
import datetime
import json
import random
import re
import sys
from pathlib import Path
from typing import Any

from assistant.gate import Gate, Synthesis
from assistant.llm import EndpointModel, Model, WorkerModel
from assistant.measure import QUESTIONS, Tally, measure, sections
from assistant.models import record_share
from assistant.prompts import Passage
from assistant.stems import content_words

INVENTED = (
    "The optimizer was changed to AdamW because the loss oscillated.",
    "Attention maps showed that the model looks at the first phoneme.",
    "The learning rate warm-up was the reason for the better result.",
    "A larger batch makes the prototypes more stable in late sessions.",
    "The supervisor recommended a conference submission in spring.",
)


def measure_model(model: Model, passages: list[Passage], repeat: int, show: bool) -> tuple[Tally, dict[str, Any]]:
    """Share of sentences that pass and time to the first passed one, over all questions."""

    def answered(question: str, done: Synthesis) -> None:
        print(f"? {question}  ({done.statistics.seconds:.1f} s)", file=sys.stderr)
        for sentence in done.sentences:
            print(f"  + {sentence}", file=sys.stderr)
        for sentence, reason in done.statistics.refused:
            print(f"  - {sentence}   [{reason}]", file=sys.stderr)

    tally = measure(model, passages, questions=QUESTIONS * repeat, on_answer=answered if show else None)
    return tally, {
        "model": model.name,
        "questions": tally.questions,
        "sentences": tally.sentences,
        "passed": tally.passed,
        "share": round(tally.measured().share, 3),
        "first_seconds_median": tally.measured().first_seconds,
        "questions_with_a_passed_sentence": len(tally.first),
        "refused": dict(tally.reasons.most_common()),
        "problems": tally.problems,
    }


def measure_gate(passages: list[Passage], seed: int = 0, show: bool = False) -> dict[str, Any]:
    """How many of the notes' own sentences pass, and how many changed ones do, per kind of change."""
    draw = random.Random(seed)
    passed: collections.Counter[str] = collections.Counter()
    given: collections.Counter[str] = collections.Counter()
    for number, passage in enumerate(passages):
        others = [p for p in passages if p is not passage]
        gate = Gate([passage, *draw.sample(others, 3)])
        for sentence in re.split(r"(?<=[.!?])\s+", " ".join(passage.text.split())):
            sentence = re.sub(r"^(?:[-*>]\s*)+(?:\[[ x>-]\]\s*)?", "", sentence)
            if len(content_words(sentence)) < 3 or sentence.endswith(("?", ":")) or "```" in sentence:
                continue
            for kind, text in [("as written", sentence), *changed(sentence, draw)]:
                given[kind] += 1
                verdict = gate.check(text)
                passed[kind] += verdict.passed
                if show and verdict.passed != (kind == "as written"):
                    print(f"{kind}: {text}   [{verdict.reason or 'passed'}]", file=sys.stderr)
        invented = INVENTED[number % len(INVENTED)]
        given["invented"] += 1
        passed["invented"] += gate.check(invented).passed
    return {kind: {"given": given[kind], "passed": passed[kind]} for kind in given}


def measure_hands() -> dict[str, dict[str, int]]:
    """How many of the sentences written by hand pass, by hand and kind."""
    passed: collections.Counter[str] = collections.Counter()
    given: collections.Counter[str] = collections.Counter()
    for case in json.loads((Path(__file__).parent / "gate_sentences.json").read_text("utf-8")):
        gate = Gate([Passage(**passage) for passage in case["passages"]], question=case["question"])
        kinds = [*case["wrong"], *(("near", s) for s in case["near"]), *(("free", s) for s in case["free"])]
        for kind, sentence in kinds:
            group = "faithful, " + kind if kind in ("near", "free") else "wrong"
            verdict = gate.check(sentence).passed
            for name in (f"hand {case['hand']}: {group}", *([f"wrong: {kind}"] if group == "wrong" else [])):
                given[name] += 1
                passed[name] += verdict
    return {name: {"given": given[name], "passed": passed[name]} for name in sorted(given)}


def changed(sentence: str, draw: random.Random) -> list[tuple[str, str]]:
    """The sentence with one thing changed, where it has such a thing."""
    found = []
    figures = list(re.finditer(r"(?<![\w.\[/-])\d+(?:\.\d+)?(?![\w./:-])", sentence))
    if figures:
        match = draw.choice(figures)
        other = f"{float(match[0]) * 1.37 + 3.1:.3f}"
        found.append(("another figure", sentence[: match.start()] + other + sentence[match.end() :]))
    if "[[" in sentence:
        found.append(("another link", re.sub(r"\[\[[^\]]*\]\]", "[[Scratch#1999-01-01]]", sentence, count=1)))
    if re.search(r"`\w+_\w+`", sentence):
        found.append(("another option", re.sub(r"`\w+_\w+`", "`warmup_ratio`", sentence, count=1)))
    negated = re.sub(r"\b(is|are|was|has|does|can|will)\b", r"\1 not", sentence, count=1)
    if negated != sentence and " not not" not in negated:
        found.append(("negated", negated))
    found.append(("another date", f"On 2026-07-04, {sentence[0].lower()}{sentence[1:]}"))
    return found


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="a GGUF file; default: the embedded model")
    parser.add_argument("--base-url", help="an OpenAI-compatible server in its place")
    parser.add_argument("--name", default="", help="the model's name, on the server and in the record")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--record", type=Path, help="data directory whose model_shares.json is updated")
    parser.add_argument("--gate-only", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--show", action="store_true", help="every sentence, on stderr")
    args = parser.parse_args()
    passages = sections()
    result: dict[str, Any] = {"gate": measure_gate(passages, show=args.show) | measure_hands()}
    if not args.gate_only:
        model: Model = (
            EndpointModel(args.base_url, args.name) if args.base_url else WorkerModel(args.model, name=args.name)
        )
        try:
            tally, result["model"] = measure_model(model, passages, args.repeat, args.show)
        finally:
            model.close()
        if args.record:
            today = datetime.date.today().isoformat()
            record_share(args.record, model.name, tally.measured(model.identity, today))
    if args.json:
        print(json.dumps(result, indent=1))
        return
    for kind, counts in result["gate"].items():
        print(f"gate   {kind:<28} {counts['passed']:>4} of {counts['given']} passed")
    for key, value in result.get("model", {}).items():
        print(f"model  {key:<34} {value}")


if __name__ == "__main__":
    main()
