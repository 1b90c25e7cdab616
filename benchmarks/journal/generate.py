"""Writes seeded research journals in the researcher's note conventions, with questions and their gold answers.

Everything is drawn from one seed: days, runs with their figures, tasks, ideas, bugs, retractions, commands typed
in different ways, broken links, typing slips. Dev seeds are below 1000, test seeds from 1000 on.
Usage: python benchmarks/journal/generate.py OUT --seed 1 --notes 40
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DAY = datetime.timedelta(days=1)
#: Seeds from here on use other sentences and questions, for a claim.
CLAIM_SEED = 1000

MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@dataclass
class Run:
    """A run of the journal. server_day: its Server entry. day: the day its result stands under."""

    day: datetime.date
    server_day: datetime.date
    config: dict[str, str]
    title: str
    accuracy: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    unseen: list[float] = field(default_factory=list)
    harmonic: list[float] = field(default_factory=list)
    status: str = "finished"
    retracted: str = ""  # "own": verdict at the result, "later": a later note.
    remark: str = ""
    copied_from: Run | None = None
    slip: bool = False  # The description names other epochs than the command.


@dataclass
class Question:
    """A question with its gold. must: texts that the answer has to hold, each a list of accepted forms. lead: the same
    for its first lines. never: texts that would be wrong. sections: each a list of accepted "Note#heading" places."""

    id: str
    kind: str
    question: str
    today: str
    answered: bool
    must: list[list[str]] = field(default_factory=list)
    lead: list[list[str]] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    sections: list[list[str]] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    as_of: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return dict(vars(self))


class Journal:
    """Builds notes day by day. Heading forms, slips and layouts vary as they do in a hand-written vault."""

    def __init__(self, seed: int, notes: int) -> None:
        self.draw = random.Random(seed)
        self.seed = seed
        self.notes = notes
        self.today = datetime.date(2025, 1, 6) + self.draw.randrange(40, 300) * DAY
        self.start = self.today - self.draw.choice((45, 60, 90)) * DAY
        self.sections: dict[str, dict[datetime.date, list[str]]] = {}
        self.forms: dict[tuple[str, datetime.date], str] = {}
        self.runs: list[Run] = []
        self.questions: list[Question] = []
        self.tasks: list[dict[str, Any]] = []
        #: stories: sentences of one section with the gold phrase, and questions that use other words. absent: questions
        #: about what no journal holds; hard: about things that it holds, without answering.
        name = "sentences.json" if seed < CLAIM_SEED else "sentences_claim.json"
        self.sentences: dict[str, Any] = json.loads(Path(__file__).with_name(name).read_text("utf-8"))

    # -- places --------------------------------------------------------------------------------------------------------

    def day(self, low: float = 0.0, high: float = 1.0) -> datetime.date:
        """A day in a part of the journal's time."""
        days = (self.today - self.start).days
        return self.start + int(days * self.draw.uniform(low, high)) * DAY

    def heading(self, note: str, day: datetime.date) -> str:
        """The heading of a day in a note; the form stays for that day."""
        if (note, day) not in self.forms:
            third = (day - self.start).days * 3 // max(1, (self.today - self.start).days + 1)
            form = ("%Y-%m-%d", "%Y/%m/%d", "%Y/%m/%d")[min(third, 2)]
            if self.draw.random() < 0.12:
                form = "%Y%m%d"
            self.forms[(note, day)] = day.strftime(form)
        return self.forms[(note, day)]

    def write(self, note: str, day: datetime.date, text: str) -> str:
        """Adds text under a day; returns the place as "Note#heading"."""
        self.sections.setdefault(note, {}).setdefault(day, []).append(text.rstrip("\n"))
        return f"{note}#{self.heading(note, day)}"

    def slip(self, text: str) -> str:
        """A typing slip in about one of ten sentences, never in a word with digits, marks or capitals."""
        words = text.split(" ")
        if self.draw.random() < 0.1:
            places = [i for i, word in enumerate(words) if word.isalpha() and word.islower() and len(word) > 6]
            if places:
                at = self.draw.choice(places)
                word, i = words[at], self.draw.randrange(2, len(words[at]) - 2)
                words[at] = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
        return " ".join(words)

    # -- questions -----------------------------------------------------------------------------------------------------

    def ask(self, kind: str, question: str, answered: bool = True, **gold: Any) -> None:
        """Adds a question with its gold."""
        number = len(self.questions)
        today = gold.pop("today", self.today)
        as_of = gold.pop("as_of", None)
        self.questions.append(
            Question(
                f"{self.seed}-{number}",
                kind,
                question,
                today.isoformat(),
                answered,
                as_of=as_of.isoformat() if as_of else "",
                **gold,
            )
        )


# -- runs --------------------------------------------------------------------------------------------------------------

LAYERS = ("None", "GRU", "Transformer")
WEIGHT = {"None": 0.0, "GRU": 2.1, "Transformer": 3.4}


def make_runs(journal: Journal) -> None:
    """A walk through settings, one option changed at a time, with figures from one hidden additive model."""
    draw = journal.draw
    number = {30: 14, 40: 18}.get(journal.notes, min(120, 12 + journal.notes // 8))
    length = (journal.today - journal.start).days
    days = sorted(draw.randrange(1, max(2, length - 1)) for _ in range(number))
    config = {
        "project": "trans",
        "dataset": "gsc2",
        "lr_base": "0.005",
        "decay": "0.0005",
        "epochs_base": "100",
        "noise_prob": "0.0",
        "sequential_layer": "None",
    }
    used: set[float] = set()
    for offset in days:
        config = dict(config)
        if journal.runs:
            name = draw.choice(("noise_prob", "sequential_layer", "lr_base", "epochs_base", "loss_lpc", "temperature"))
            values = {
                "noise_prob": ("0.0", "0.4", "0.8"),
                "sequential_layer": LAYERS,
                "lr_base": ("0.005", "0.01", "0.02"),
                "epochs_base": ("50", "100", "200"),
                "loss_lpc": ("0.1", "0.5", "1"),
                "temperature": ("8", "16", "32"),
            }[name]
            config[name] = draw.choice([v for v in values if v != config.get(name)])
        day = journal.start + offset * DAY
        run = Run(day + (DAY if draw.random() < 0.2 else 0 * DAY), day, config, describe(config, draw))
        if any(other.title == run.title and other.day == run.day for other in journal.runs):
            continue
        outcome = draw.random()
        if outcome < 0.08:
            run.status = "failed"
        elif outcome < 0.14:
            run.status, run.day = "stopped", run.server_day  # Its entry is all that tells of it.
        else:
            figures(run, draw, used)
        journal.runs.append(run)
    finished = [r for r in journal.runs if r.accuracy]
    for run in draw.sample(finished[2:], 2):
        boost(run, draw, used)
    add_slips(journal, [r for r in finished if not r.retracted])


def add_slips(journal: Journal, runs: list[Run]) -> None:
    """One result pasted from another run, among the lower ones, and one description with the epochs of another run."""
    draw = journal.draw
    lower = sorted(runs, key=lambda r: r.harmonic[-1])[: max(2, len(runs) // 2)]
    pairs = [(a, b) for a in lower for b in lower if a.day < b.day and a.config != b.config]
    if pairs and draw.random() < 0.6:
        original, copy = draw.choice(pairs)
        copy.accuracy, copy.seen, copy.unseen = original.accuracy, original.seen, original.unseen
        copy.harmonic, copy.copied_from = original.harmonic, original
    plain = [r for r in runs if r.config["epochs_base"] == "100" and r.copied_from is None]
    if plain and draw.random() < 0.6:
        run = draw.choice(plain)
        run.title = describe({**run.config, "epochs_base": "300"}, draw)
        run.slip = True


def describe(config: dict[str, str], draw: random.Random) -> str:
    """The researcher's words for a setting; they name what matters."""
    layer = config["sequential_layer"]
    parts = [{"None": "No sequence layer", "GRU": "One GRU layer", "Transformer": "One Transformer layer"}[layer]]
    parts.append("no noise" if config["noise_prob"] == "0.0" else f"`noise_prob` {config['noise_prob']}")
    if "loss_lpc" in config:
        parts.append(f"`{draw.choice(('loss_lpc', 'lpc_loss'))}` {config['loss_lpc']}")
    if config["lr_base"] != "0.005":
        parts.append(f"`lr_base` {config['lr_base']}")
    if config["epochs_base"] != "100":
        parts.append(f"{config['epochs_base']} epochs")
    if config.get("temperature", "16") != "16":
        parts.append(f"temperature {config['temperature']}")
    return ", ".join(parts) + "."


def figures(run: Run, draw: random.Random, used: set[float]) -> None:
    """Arrays from a hidden model, with seen, unseen and harmonic mean that agree; every last figure occurs once."""
    c = run.config
    level = 62.0 + WEIGHT[c["sequential_layer"]] + {"0.0": 0.0, "0.4": 1.6, "0.8": 2.9}[c["noise_prob"]]
    level += {"0.1": 0.7, "0.5": 1.9, "1": -1.2}.get(c.get("loss_lpc", ""), 0.0)
    level += {"0.005": 0.0, "0.01": -1.1, "0.02": -3.3}[c["lr_base"]]
    level += {"50": -2.2, "100": 0.0, "200": 0.5}[c["epochs_base"]] + {"8": -0.9, "32": -0.6}.get(
        c.get("temperature", ""), 0
    )
    while True:
        set_arrays(run, level + draw.uniform(-0.2, 0.2), draw)
        if run.harmonic[-1] not in used and run.accuracy[-1] not in used:
            used.update((run.harmonic[-1], run.accuracy[-1]))
            return


def set_arrays(run: Run, level: float, draw: random.Random) -> None:
    """Five incremental sessions, ending near `level` percent of unseen accuracy."""
    run.seen = [round(96.0 - 0.4 * i + draw.uniform(-0.15, 0.15), 3) for i in range(5)]
    run.unseen = [round(level + 3.0 * (4 - i) + draw.uniform(-0.2, 0.2), 3) for i in range(5)]
    run.harmonic = [round(2 * s * u / (s + u), 3) for s, u in zip(run.seen, run.unseen, strict=True)]
    run.accuracy = [round(96.6 + draw.uniform(-0.3, 0.3), 3)]
    for i, (s, u) in enumerate(zip(run.seen, run.unseen, strict=True)):
        new = 3 * (i + 1)
        run.accuracy.append(round((20 * s + new * u) / (20 + new), 3))


def boost(run: Run, draw: random.Random, used: set[float]) -> None:
    """Makes a result too good, to be taken back."""
    set_arrays(run, 79.0 + draw.uniform(0, 4), draw)
    used.update((run.harmonic[-1], run.accuracy[-1]))
    run.retracted = draw.choice(("own", "later"))


def trimmed(values: Sequence[float]) -> str:
    """An array as the script prints it."""
    return "[" + ", ".join(f"{v:.3f}".rstrip("0").rstrip(".") for v in values) + "]"


def number(value: float) -> str:
    """A figure as the notes hold it."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def write_runs(journal: Journal) -> None:
    """Server entries and results, with the irregularities of hand-written logs."""
    draw = journal.draw
    later = [
        "Result of yesterday in {link} is wrong, support clips were taken from the test list.",
        "Do not use {link}, there was a bug in the split of the classes.",
        "{link} never can be true, it was the problem of the code.",
    ]
    remarks = [
        "Better than before.",
        "Unseen words fall down fast.",
        "Only the base session is good.",
        "Not much of a difference.",
        "First session is nice, then it goes down.",
        "Last session is what counts.",
        "Have to look at the confusion matrix.",
    ]
    for run in journal.runs:
        server_head = journal.heading("Server", run.server_day)
        result_head = journal.heading("Experiments", run.day)
        lines = [f"python train.py {run.config['project']}"]
        lines += [f'  -{k} "{v}"' if k == "sequential_layer" else f"  -{k} {v}" for k, v in run.config.items()]
        text = " \\\n".join(lines)
        if draw.random() < 0.2:
            text += " \\"
        if draw.random() < 0.2:
            text = text.replace(
                "-epochs_base " + run.config["epochs_base"] + " \\", f"-epochs_base {run.config['epochs_base']}\\"
            )
        tail = "\n```" if draw.random() < 0.9 else "```"
        entry = f"- [{'-' if run.status == 'stopped' else 'x'}] {run.title}\n\n```sh gsc2.sh\n{text}{tail}\n"
        entry += {"failed": "NaN occurs.\n", "stopped": "Stopped.\n"}.get(run.status, "")
        entry += f"> [!note] Result\n> [[Experiments#{result_head}]]\n---\n"
        journal.write("Server", run.server_day, entry)
        if not run.accuracy:
            if run.status == "failed":
                journal.write(
                    "Experiments",
                    run.day,
                    f"> {run.title}\n> Server : [[Server#{server_head}]]\n> [!error] NaN occurs.\n",
                )
            continue
        arrays = (
            f"{trimmed(run.accuracy)}\nSeen acc:\n{trimmed(run.seen)}\nUnseen acc:\n{trimmed(run.unseen)}\n"
            f"Harmonic mean:\n{trimmed(run.harmonic)}\n"
        )
        if draw.random() < 0.15 and not run.retracted:
            result = f"```txt {run.title}\n{arrays}```\n"
        else:
            result = "> [!fail] This result is from wrong code.\n" if run.retracted == "own" else ""
            result += f"> {run.title}\n> Server : [[Server#{server_head}]]\n{arrays}"
            if draw.random() < 0.5:
                run.remark = draw.choice(remarks)
                result += f"- {run.remark}\n"
        place = journal.write("Experiments", run.day, result)
        if run.retracted == "later":
            note = journal.draw.choice(later).format(link=f"`{run.title.split(',')[0]}` of [[{place}]]")
            if sum(r.day == run.day and bool(r.accuracy) for r in journal.runs) > 1:
                run.retracted = "vague"
                continue
            journal.write("Scratch", run.day + DAY, f"- {note}")


def server_place(journal: Journal, run: Run) -> str:
    """Where its command stands."""
    return f"Server#{journal.heading('Server', run.server_day)}"


def result_place(journal: Journal, run: Run) -> str:
    """Where its result stands."""
    return f"Experiments#{journal.heading('Experiments', run.day)}"


def places(journal: Journal, run: Run) -> list[str]:
    """Both of its places."""
    return [result_place(journal, run), server_place(journal, run)]


def ask_runs(journal: Journal) -> None:
    """Questions whose answers lie in the runs. Runs whose retraction names no one of several are kept out of them."""
    draw, today = journal.draw, journal.today
    runs = journal.runs
    good = [r for r in runs if r.accuracy and not r.retracted and r.copied_from is None]
    clear = not any(r.retracted == "vague" for r in runs)
    forms = (
        "what did I run {when} on the GPU?",
        "which experiments did I run {when}?",
        "list the runs {when}",
        "what was trained on the server {when}?",
    )
    monday = today - (today.weekday() + 7) * DAY
    intervals = [("last week", monday, monday + 6 * DAY), ("in the last two weeks", today - 13 * DAY, today)]
    month = today.replace(day=1) - DAY
    intervals.append((f"in {MONTHS[month.month - 1]}", month.replace(day=1), month))
    pick = draw.choice(runs)
    intervals.append((f"on {pick.day:%Y/%m/%d}", pick.day, pick.day))
    intervals.append((f"since {pick.day:%B} {pick.day.day}", pick.day, today))
    for words, first, last in intervals:
        found = [r for r in runs if first <= r.day <= last]
        question = draw.choice(forms).format(when=words)
        if not found:
            journal.ask("runs", question, False)
        elif len(found) <= 20:
            journal.ask(
                "runs",
                question,
                must=[[number(r.harmonic[-1])] if r.harmonic else [r.title[:20], r.day.isoformat()] for r in found],
                sections=[places(journal, r) for r in found],
                allowed=[place for r in found for place in places(journal, r)],
            )
    empty = journal.start - draw.randrange(20, 60) * DAY
    journal.ask("unanswerable", f"what did I run on {empty:%Y-%m-%d}?", False)
    late = [r for r in runs if r.day < journal.start + 20 * DAY]
    if len(late) > 1:
        limit = journal.start + 20 * DAY
        journal.ask(
            "count",
            "how many runs did I do so far?",
            as_of=limit - DAY,
            lead=[[f"{sum(r.server_day < limit for r in runs)} run"]],
            allowed=[p for r in late for p in places(journal, r)],
        )
    if clear:
        for name, values in (("harmonic mean", "harmonic"), ("unseen accuracy", "unseen"), ("accuracy", "accuracy")):
            best = max(good, key=lambda r: getattr(r, values)[-1])
            wording = draw.choice(
                ("what is my best {m}?", "which run had the highest {m}?", "what is the best {m} so far?")
            )
            journal.ask(
                "best",
                wording.format(m=name),
                lead=[[number(getattr(best, values)[-1])]],
                must=[[best.day.isoformat()]],
                sections=[places(journal, best)],
                allowed=["Experiments#", "Server#", "Scratch#"],
            )
        layer = draw.choice(("GRU", "Transformer"))
        subset = [r for r in good if r.config["sequential_layer"] == layer]
        if subset:
            worst = min(subset, key=lambda r: r.harmonic[-1])
            journal.ask(
                "best",
                f"what was the worst harmonic mean with {layer}?",
                lead=[[number(worst.harmonic[-1])]],
                sections=[places(journal, worst)],
                allowed=["Experiments#", "Server#", "Scratch#"],
            )
    ask_slips(journal)
    wrong = [r for r in runs if r.retracted in ("own", "later")]
    if wrong and clear:
        journal.ask(
            "check",
            draw.choice(
                ("which results are wrong?", "which results should I not trust?", "which results did I retract?")
            ),
            must=[[number(r.harmonic[-1]), r.day.isoformat()] for r in wrong],
            sections=[places(journal, r) for r in wrong],
            allowed=["Experiments#", "Server#", "Scratch#"],
        )
    ask_figures(journal, good)
    ask_pairs(journal, good)
    ask_states(journal)


def ask_slips(journal: Journal) -> None:
    """Copied figures, and words that the command does not bear out."""
    draw = journal.draw
    for run in journal.runs:
        if run.copied_from is not None:
            pair = (run, run.copied_from)
            journal.ask(
                "check",
                draw.choice(
                    ("which runs have the same results?", "are there duplicate results?", "which results were copied?")
                ),
                must=[[r.day.isoformat()] for r in pair],
                sections=[[result_place(journal, r)] for r in pair],
                allowed=["Experiments#", "Server#"],
            )
        if run.slip:
            journal.ask(
                "check",
                draw.choice(
                    ("does a description disagree with its command?", "which commands do not fit their descriptions?")
                ),
                must=[[run.day.isoformat()], ["300"], ["100"]],
                sections=[places(journal, run)],
                allowed=places(journal, run),
            )


def ask_figures(journal: Journal, good: list[Run]) -> None:
    """One figure, one setting, first and last, tried or not."""
    draw = journal.draw
    for run in draw.sample(good, min(4, len(good))):
        same_day = [r for r in journal.runs if r.day == run.day]
        if len(same_day) == 1:
            name, values = draw.choice(
                (("harmonic mean", run.harmonic), ("accuracy", run.accuracy), ("seen accuracy", run.seen))
            )
            journal.ask(
                "value",
                f"what was the {name} of the run on {run.day:%Y-%m-%d}?",
                must=[[number(values[-1])]],
                sections=[places(journal, run)],
                allowed=places(journal, run),
            )
            option, words = draw.choice(
                (("lr_base", "learning rate"), ("noise_prob", "noise_prob"), ("epochs_base", "number of epochs"))
            )
            journal.ask(
                "value",
                f"what {words} did I use on {run.day:%B} {run.day.day}?",
                lead=[[run.config[option]]],
                sections=[places(journal, run)],
                allowed=places(journal, run),
            )
    for layer in ("GRU", "Transformer"):
        listed = [r for r in journal.runs if r.config["sequential_layer"] == layer]
        if listed:
            first = min(listed, key=lambda r: r.day)
            if sum(r.day == first.day for r in listed) == 1:
                journal.ask(
                    "runs",
                    f"when did I first run the {layer}?",
                    lead=[[first.day.isoformat()]],
                    sections=[places(journal, first)],
                    allowed=places(journal, first),
                )
    tried = {r.config.get("loss_lpc") for r in journal.runs}
    for value in ("0.1", "0.5", "1"):
        if value in tried:
            listed = [r for r in journal.runs if r.config.get("loss_lpc") == value]
            journal.ask(
                "tried",
                draw.choice((f"did I ever try loss_lpc {value}?", f"have I already run lpc_loss {value}?")),
                lead=[["Yes"], [f"{len(listed)} run"]],
                sections=[[p for r in listed for p in places(journal, r)]],
                allowed=[p for r in listed for p in places(journal, r)],
            )
            break
    journal.ask("unanswerable", f"what was the accuracy with loss_lpc {draw.choice(('3', '7', '0.02'))}?", False)
    journal.ask("unanswerable", f"did I ever try lr_base {draw.choice(('0.3', '0.00001'))}?", False)


def ask_pairs(journal: Journal, good: list[Run]) -> None:
    """Effects and comparisons that all pairs of runs agree on."""
    draw = journal.draw
    for option, on, off, question in (
        ("noise_prob", ("0.4", "0.8"), ("0.0",), ("does noise help?", "did noise_prob improve the results?")),
        (
            "sequential_layer",
            ("Transformer",),
            ("GRU",),
            ("is the Transformer better than the GRU?", "compare Transformer and GRU"),
        ),
    ):
        signs = []
        used: list[Run] = []
        for a in good:
            for b in good:
                rest_a = {k: v for k, v in a.config.items() if k != option}
                rest_b = {k: v for k, v in b.config.items() if k != option}
                if rest_a == rest_b and a.config[option] in off and b.config[option] in on:
                    signs.append(b.harmonic[-1] > a.harmonic[-1])
                    used += [a, b]
        if signs and len(set(signs)) == 1 and len(signs) <= 6 and not any(r.retracted == "vague" for r in journal.runs):
            wording = draw.choice(question)
            yes = (
                [["Yes"] if signs[0] else ["No"]]
                if not wording.startswith("compare")
                else [["Transformer" if signs[0] else "GRU"]]
            )
            a, b = used[0], used[1]
            journal.ask(
                "effect" if option == "noise_prob" else "compare",
                wording,
                lead=yes,
                must=[[number(a.harmonic[-1])], [number(b.harmonic[-1])]],
                sections=[places(journal, a), places(journal, b)],
                allowed=["Experiments#", "Server#"],
            )


def ask_states(journal: Journal) -> None:
    """Runs that failed or were stopped."""
    failed = [r for r in journal.runs if r.status == "failed"]
    if failed:
        journal.ask(
            "runs",
            "which runs failed?",
            must=[[r.day.isoformat(), r.server_day.isoformat()] for r in failed],
            sections=[places(journal, r) for r in failed],
            allowed=[p for r in failed for p in places(journal, r)],
        )


# -- tasks -------------------------------------------------------------------------------------------------------------


def write_tasks(journal: Journal) -> None:
    """To-do notes a month with copies across days, and questions about states."""
    draw = journal.draw
    for category, template in draw.sample(journal.sentences["tasks"], 10):
        text = template.format(n=draw.randrange(2, 9))
        day = journal.day(0.1, 0.9)
        state = draw.choice((" ", " ", "-", "x", "x", ">"))
        task: dict[str, Any] = {"text": text, "category": category, "days": [day], "state": state}
        if state in (" ", "-") and draw.random() < 0.4:
            task["days"].append(min(journal.today, day + draw.randrange(1, 6) * DAY))
        journal.tasks.append(task)
    for task in journal.tasks:
        for number_of_copy, day in enumerate(dict.fromkeys(task["days"])):
            last = day == task["days"][-1]
            state = task["state"] if last else " "
            note = MONTHS[day.month - 1]
            heading = f"{task['category']}-{day:%Y/%m/%d}"
            journal.write(note, day, f"### {heading}\n- [{state}] {task['text']}")
            task["place"] = f"{note}#{heading}"
            del number_of_copy
    by_state = {s: [t for t in journal.tasks if t["state"] == s] for s in " -x>"}
    open_tasks = by_state[" "] + by_state["-"]
    if open_tasks:
        journal.ask(
            "tasks",
            draw.choice(("what is still open on my to-do list?", "open tasks", "what do I still have to do?")),
            must=[[t["text"]] for t in open_tasks],
            never=[t["text"] for t in by_state["x"]],
            sections=[[t["place"]] for t in open_tasks],
            allowed=[t["place"] for t in open_tasks],
        )
    if by_state[">"]:
        journal.ask(
            "tasks",
            "which tasks did I defer?" if draw.random() < 0.3 else "which tasks are deferred?",
            must=[[t["text"]] for t in by_state[">"]],
            sections=[[t["place"]] for t in by_state[">"]],
            allowed=[t["place"] for t in by_state[">"]],
        )
    for task in by_state["x"][:1]:
        day = task["days"][-1]
        journal.ask(
            "tasks",
            f"what did I finish on {day:%Y-%m-%d}?",
            must=[[task["text"]]],
            sections=[[task["place"]]],
            allowed=[t["place"] for t in journal.tasks if t["days"][-1] == day],
        )


# -- stories -----------------------------------------------------------------------------------------------------------


def write_stories(journal: Journal) -> None:
    """Ideas, reasons and bugs, each in one section, with questions that use other words than the decisive sentence."""
    draw = journal.draw
    for story in draw.sample(journal.sentences["stories"], 12):
        day = journal.day(0.05, 0.95)
        drawn = draw.randrange(3, 9)
        lines = [sentence.format(n=drawn) for sentence in story["text"]]
        gold = story["gold"].format(n=drawn)
        kept = [line if gold in line else journal.slip(line) for line in lines]
        if story["note"] == "Scratch":
            text = "\n".join(f"- {line}" for line in kept)
        else:
            text = "\n".join(f"- {line}" for line in kept)
            if draw.random() < 0.4:
                journal.write("Scratch", day, f"- Wrote it down in [[{story['note']}#{day:%Y/%m/%d}]].")
        place = journal.write(story["note"], day, text)
        gold_parts = [[gold]] if story["kind"] != "when" else [[day.isoformat(), f"{day:%Y/%m/%d}"]]
        journal.ask(
            story["kind"], draw.choice(story["questions"]), must=gold_parts, sections=[[place]], allowed=[place]
        )
        if draw.random() < 0.15 and story["kind"] != "when":
            journal.ask(story["kind"], draw.choice(story["questions"]), False, as_of=max(journal.start, day - DAY))


def write_filler(journal: Journal) -> None:
    """Everyday sentences in Scratch and topic notes, up to the size wanted."""
    draw = journal.draw

    def sentence() -> str:
        return journal.slip(
            draw.choice(journal.sentences["filler_forms"]).format(
                s=draw.choice(journal.sentences["filler_subjects"]), n=draw.randrange(2, 64)
            )
        )

    for offset in range((journal.today - journal.start).days):
        if draw.random() < 0.7:
            day = journal.start + offset * DAY
            journal.write("Scratch", day, "\n".join(f"- {sentence()}" for _ in range(draw.randrange(1, 4))))
    journal.write("Scratch", journal.day(), "- Detail is in [[formant_residuals#2025/13/01]] I think.")
    while len(journal.sections) < journal.notes:
        name = "_".join(
            draw.sample(
                [
                    "mel",
                    "gain",
                    "hop",
                    "plot",
                    "seed",
                    "pool",
                    "norm",
                    "clip",
                    "band",
                    "rate",
                    "fold",
                    "grid",
                    "lab",
                    "pad",
                    "step",
                    "tone",
                ],
                3,
            )
        )
        name += f"_{len(journal.sections)}" if name in journal.sections else ""
        for _ in range(draw.randrange(1, 5)):
            journal.write(name, journal.day(), "\n".join(f"- {sentence()}" for _ in range(draw.randrange(1, 5))))


def ask_absent(journal: Journal) -> None:
    """Questions that the journal does not answer."""
    for question in journal.draw.sample(journal.sentences["absent"], 6):
        journal.ask("unanswerable", question, False)
    for question in journal.draw.sample(journal.sentences["hard"], 2):
        journal.ask("unanswerable", question, False)


def make_journal(root: Path, seed: int, notes: int = 40) -> list[Question]:
    """Writes the vault of a seed and gives its questions.

    Args: root: an empty or new directory. notes: about how many notes.
    """
    return write_journal(root, seed, notes).questions


def write_journal(root: Path, seed: int, notes: int = 40) -> Journal:
    """Writes the vault of a seed and gives all that it was made from; see `make_journal`."""
    journal = Journal(seed, notes)
    make_runs(journal)
    write_runs(journal)
    write_tasks(journal)
    write_stories(journal)
    write_filler(journal)
    ask_runs(journal)
    ask_absent(journal)
    root.mkdir(parents=True, exist_ok=True)
    for note, days in journal.sections.items():
        parts = []
        for day in sorted(days):
            blank = " " if journal.draw.random() < 0.15 else ""
            parts.append(f"## {journal.heading(note, day)}{blank}\n" + "\n\n".join(days[day]) + "\n")
        text = f"---\nid: {note}\naliases: []\ntags: []\n---\n\n# {note}\n\n" + "\n".join(parts)
        (root / f"{note}.md").write_text(text, "utf-8")
    return journal


def main() -> None:
    """Writes vault and questions of one seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--notes", type=int, default=40)
    args = parser.parse_args()
    questions = make_journal(args.out / "vault", args.seed, args.notes)
    lines = [json.dumps(q.to_json(), ensure_ascii=False) for q in questions]
    (args.out / "questions.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{args.out}: {len(list((args.out / 'vault').iterdir()))} notes, {len(questions)} questions")


if __name__ == "__main__":
    main()
