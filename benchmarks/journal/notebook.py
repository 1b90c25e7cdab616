"""A second kind of seeded research journal, by another hand than generate.py, with questions typed in a hurry.

Seeds from 2000 on are written by a third hand, notebook_other.py, on the same machinery.

Nothing but the conventions of the notes was at hand when it was written. Gold is worked out of what was drawn, by plain
code, and `--verify` looks every gold figure up again in the written files.
Usage: python benchmarks/journal/notebook.py OUT --seed 1 --notes 40 [--verify]
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generate import Question

DAY = datetime.timedelta(days=1)
SESSIONS = 5
#: Seeds from here on are written by the third hand.
THIRD_HAND = 2000

#: Option -> values a run is drawn from; the first is what most runs use.
OPTIONS: dict[str, list[str]] = {
    "lr_base": ["0.005", "0.01", "0.002"],
    "decay": ["0.0005", "0.005"],
    "epochs_base": ["100", "60", "150"],
    "noise_prob": ["0.0", "0.8"],
    "sequential_layer": ["None", "Transformer", "GRU"],
    "loss_lpc": ["0", "1", "0.3"],
    "loss_a_freq_cls": ["0", "0.5"],
    "temperature": ["16", "32"],
}
ORDER = [
    "project",
    "dataset",
    "lr_base",
    "decay",
    "epochs_base",
    "temperature",
    "noise_prob",
    "sequential_layer",
    "loss_lpc",
    "loss_a_freq_cls",
]
PLAIN = {name: values[0] for name, values in OPTIONS.items()} | {"project": "trans", "dataset": "gsc2"}

#: What is written of an option's value in a run's description.
WORDS = {
    ("noise_prob", "0.8"): ["`noise_prob` 0.8", "noise on the speech only", "with noise 0.8"],
    ("noise_prob", "0.0"): ["without noise"],
    ("sequential_layer", "Transformer"): ["one Transformer layer", "Transformer encoder"],
    ("sequential_layer", "GRU"): ["GRU instead of the encoder", "two GRU layers"],
    ("sequential_layer", "None"): ["no sequence module"],
    ("loss_lpc", "1"): ["`loss_lpc` 1", "lpc loss 1"],
    ("loss_lpc", "0.3"): ["`loss_lpc` 0.3"],
    ("loss_a_freq_cls", "0.5"): ["formant classification 0.5"],
    ("lr_base", "0.01"): ["`lr_base` 0.01"],
    ("lr_base", "0.002"): ["smaller learning rate"],
    ("decay", "0.005"): ["`decay` 0.005"],
    ("epochs_base", "60"): ["60 epochs"],
    ("epochs_base", "150"): ["150 epochs"],
    ("temperature", "32"): ["`temperature` 32"],
}

#: Note, sentences as they stand, words of the gold passage, questions in other words.
STORIES: list[tuple[str, str, str, list[str]]] = [
    (
        "frame_pooling",
        "Tried taking the maximum over the frames instead of the mean. The short words got worse, becuase the padding "
        "frames win. Keep the mean.",
        "padding",
        ["why did i keep mean pooling", "whats wrong with max over frames?", "max pooling over time, why not"],
    ),
    (
        "Scratch",
        "The loss went to nan after epoch 12. It was the log of an all-zero frame in the residual branch; adding a "
        "floor of 1e-6 before the log solved it.",
        "floor",
        ["how did i fix the nan loss", "loss was nan at some point, what solved it?", "nan in the residual branch??"],
    ),
    (
        "prototype_drift",
        "Idea: let the old prototypes move a bit toward the new mean when a session is added, weighted by similarity. "
        "Similar to what TEEN does but in the other direction.",
        "weighted by similarity",
        [
            "what was the idea with moving old prototypes",
            "idea about prototype drift pls",
            "what did i think about shifting old prototypes toward new ones",
        ],
    ),
    (
        "Scratch",
        "Found why the server was so slow this week: the dataset lay on the network drive. Copied it to /scratch and "
        "an epoch takes 40 seconds again.",
        "network drive",
        ["why was training so slow", "what made the server slow", "epoch took forever, what was the reason?"],
    ),
    (
        "confusion_pairs",
        "`three` and `tree` are confused in both directions, `four` mostly goes to `forward`. The first phoneme is "
        "the same in each pair, so a longer context would help.",
        "first phoneme",
        ["which words get mixed up and why", "what do confused keywords have in common", "why is four confused"],
    ),
    (
        "Scratch",
        "Talked with the advisor. She wants the noise curve in the paper at 0, 10 and 20 dB, and the table of the "
        "ablation before the end of the month.",
        "noise curve",
        [
            "what does my advisor want for the paper",
            "what did the advisor say",
            "what was asked in the advisor meeting",
        ],
    ),
    (
        "lpc_order",
        "Order 12 for the prediction is enough at 16 kHz. With 20 the envelope follows the harmonics of high voices, "
        "and the formants are not seen any more.",
        "harmonics",
        ["why lpc order 12 and not 20", "what order should the lpc have", "reason against a higher lpc order?"],
    ),
    (
        "support_choice",
        "The five support files of one speaker give a much too good number. From now on each support clip is from "
        "another speaker.",
        "another speaker",
        ["how should support clips be chosen", "what did i decide about the support set", "rule for support speakers?"],
    ),
    (
        "Scratch",
        "The confusion matrix had its axes swapped in `plot_matrix`, so all I wrote about the columns was about the "
        "rows. Fixed in the morning.",
        "swapped",
        ["what was the bug in the confusion matrix", "what did i fix in plot_matrix", "error with the matrix plot"],
    ),
    (
        "margin_head",
        "An additive margin in the cosine head makes the base classes tighter, but then the new words fall between "
        "them. Not worth it for few shots.",
        "fall between",
        ["is a margin in the cosine head useful", "why no additive margin", "what happened with the margin idea"],
    ),
]

#: About what no journal holds.
ABSENT = [
    "what did prof lindqvist say about the thesis",
    "eer of the best model?",
    "how many parameters has the wav2vec model i trained",
    "what was the accuracy on librispeech",
    "when did i try mixup",
    "whats the latency on the raspberry pi",
    "result with loss_contrastive 0.2",
    "why did i change to the conformer",
    "which run used the swin backbone",
    "what did i run in december 2022",
    "who gave me the noise recordings",
    "what hm did i get with temperature 400",
    "what does my note about kubernetes say",
    "how did i tune the beam search",
]

FILLER = [
    "Coffee machine on the third floor is broken, the one near the lift works.",
    "Seminar talk about diffusion models for speech, 14 people came.",
    "Asked for a new monitor, 27 inch, 310 euro.",
    "Paper deadline is in {n} days.",
    "Reading group: they report 91.{n} on a closed vocabulary, no code given.",
    "Cleaned the desk. Found old scratch papers.",
    "The reviewers want a comparision with other backbones.",
]

REMARKS = [
    "Session 3 drops more than the others.",
    "Base session is fine.",
    "New words are better than befoer.",
    "Have to look at the confusion of the last session.",
]

TASKS = [
    "Plot the embeddings of the held-out words",
    "Write the related work section",
    "Measure the time per epoch on the small card",
    "Ask for more disk on the server",
    "Read the paper about closed-form classifiers",
    "Compare the shuffled residual with the plain one",
    "Make the table for the appendix",
    "Check the speaker overlap of the lists",
    "Run the base code again with another seed",
    "Record my own voice for a demo",
]


@dataclass
class Run:
    """One run. day: its Server day. result_day: the day its result stands under; None for no result.

    retracted: "" or the reason written later. ended: finished, stopped or nan. slip: words name other epochs.
    """

    number: int
    day: datetime.date
    config: dict[str, str]
    words: str
    result_day: datetime.date | None
    accuracy: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    unseen: list[float] = field(default_factory=list)
    harmonic: list[float] = field(default_factory=list)
    ended: str = "finished"
    retracted: str = ""
    remark: str = ""
    copy_of: int | None = None
    slip: bool = False
    wrong_mean: bool = False

    @property
    def whole(self) -> bool:
        """Whether its result can be relied on."""
        return self.ended == "finished" and not self.retracted and self.copy_of is None and not self.wrong_mean


def number(value: float) -> str:
    """A figure as it is written: three decimals at most, no trailing zeros."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def day_forms(day: datetime.date) -> list[str]:
    """Ways in which an answer may name a day."""
    month = day.strftime("%B")
    forms = [day.isoformat(), day.strftime("%Y/%m/%d"), day.strftime("%Y%m%d")]
    return [*forms, f"{day.day} {month}", f"{month} {day.day}", f"{day.day} {month[:3]}", f"{month[:3]} {day.day}"]


class Notebook:
    """Draws a journal, writes it, asks about it. The tables are attributes, so that another hand may bring its own."""

    options = OPTIONS
    order: Sequence[str] = ORDER
    plain = PLAIN
    words = WORDS
    quoted: Sequence[str] = ("sequential_layer",)
    remarks: Sequence[str] = REMARKS
    filler: Sequence[str] = FILLER
    filler_notes: Sequence[str] = ("meeting", "paper", "log", "draft")

    def __init__(self, root: Path, seed: int, notes: int) -> None:
        self.root, self.seed, self.count = root, seed, notes
        self.draw = random.Random(f"notebook {seed}")
        self.today = datetime.date(2025, 3, 3) + self.draw.randrange(120) * DAY
        self.start = self.today - 70 * DAY
        self.runs: list[Run] = []
        self.headings: dict[tuple[str, datetime.date], str] = {}
        self.pages: dict[str, dict[datetime.date, list[str]]] = {}
        self.questions: list[Question] = []
        self.told: list[tuple[tuple[str, str, str, list[str]], datetime.date]] = []
        self.tasks: dict[str, tuple[str, datetime.date, datetime.date]] = {}
        #: What stands between a note's title and its first day.
        self.preface: dict[str, str] = {}

    # -- the world -----------------------------------------------------------------------------------------------------

    def make(self) -> None:
        """Draws everything, writes it, and makes the questions."""
        self.make_runs()
        self.write_runs()
        self.write_stories()
        self.write_tasks()
        self.write_filler()
        self.save()
        self.ask()

    def make_runs(self) -> None:
        """Runs on about a third of the days; at most two a day."""
        draw = self.draw
        days = [self.start + n * DAY for n in range(70)]
        wanted = 20 if self.count < 300 else 34
        chosen = sorted(draw.sample(days[:-1], wanted))
        seen_configs: list[dict[str, str]] = []
        for day in chosen:
            config = dict(draw.choice(seen_configs[-4:])) if seen_configs and draw.random() < 0.6 else dict(PLAIN)
            for _ in range(20):
                option = draw.choice(list(OPTIONS))
                config[option] = draw.choice([v for v in OPTIONS[option] if v != config[option]])
                if config not in seen_configs:
                    break
            seen_configs.append(config)
            self.add_run(day, config)
        pick = draw.sample(range(4, len(self.runs) - 2), 6)
        self.runs[pick[0]].ended = "stopped"
        self.runs[pick[1]].ended = "nan"
        for n in pick[:2]:
            run = self.runs[n]
            run.accuracy, run.seen, run.unseen, run.harmonic = [], [], [], []
        best = max((r for r in self.runs if r.harmonic), key=lambda r: r.harmonic[-1])
        best.retracted = "the test list held training clips"
        spare = [n for n in pick[2:] if self.runs[n] is not best]
        copy = self.runs[spare[0]]
        first = next(r for r in self.runs if r.harmonic and not r.retracted and r.number != copy.number)
        copy.copy_of = first.number
        copy.accuracy, copy.seen, copy.unseen, copy.harmonic = first.accuracy, first.seen, first.unseen, first.harmonic
        if first.number > copy.number:
            first.copy_of, copy.copy_of = copy.number, None
        self.runs[spare[1]].slip = True
        wrong = self.runs[spare[2]]
        wrong.wrong_mean = True
        wrong.harmonic = [*wrong.harmonic[:-1], round(wrong.harmonic[-1] + 6.25, 3)]

    def add_run(self, day: datetime.date, config: dict[str, str]) -> None:
        """A run with figures that fall from session to session."""
        draw = self.draw
        later = DAY if draw.random() < 0.3 and day + DAY < self.today else 0 * DAY
        differing = [k for k in self.options if config[k] != self.plain[k]]
        parts = [draw.choice(self.words[(k, config[k])]) for k in differing if (k, config[k]) in self.words][:3]
        words = ", ".join(parts) or "plain setting again"
        run = Run(len(self.runs), day, config, words[0].upper() + words[1:], day + later)
        base = draw.uniform(95.5, 98.2)
        run.accuracy = [round(base, 3)]
        gain = 3.0 * (config["noise_prob"] == "0.8") + 2.0 * (config["sequential_layer"] != "None")
        for n in range(SESSIONS):
            seen = round(base - 0.9 * (n + 1) - draw.uniform(0, 1.4), 3)
            unseen = round(66 + gain - 3.1 * n + draw.uniform(-4, 4), 3)
            run.seen.append(seen)
            run.unseen.append(unseen)
            run.harmonic.append(round(2 * seen * unseen / (seen + unseen), 3))
            share = 3 * (n + 1) / (20 + 3 * (n + 1))
            run.accuracy.append(round(seen * (1 - share) + unseen * share, 3))
        if draw.random() < 0.4:
            run.remark = draw.choice(self.remarks)
        self.runs.append(run)

    # -- the writing ---------------------------------------------------------------------------------------------------

    def heading(self, note: str, day: datetime.date) -> str:
        """The heading of a day in a note; each in one of three forms."""
        if (note, day) not in self.headings:
            late = day > self.start + 35 * DAY
            form = self.draw.choices(["%Y/%m/%d", "%Y-%m-%d", "%Y%m%d"], [6, 1, 2] if late else [1, 6, 1])[0]
            self.headings[(note, day)] = day.strftime(form)
        return self.headings[(note, day)]

    def link(self, note: str, day: datetime.date) -> str:
        """A wikilink to a day; about one in eight is broken or in another form, as in real notes."""
        word = self.heading(note, day)
        slip = self.draw.random()
        if slip < 0.05:
            word = (day + 200 * DAY).strftime("%Y/%m/%d")
        elif slip < 0.12:
            word = day.strftime("%Y %m %d")
        return f"[[{note.lower() if self.draw.random() < 0.15 else note}#{word}]]"

    def put(self, note: str, day: datetime.date, text: str) -> str:
        """Writes under a day; returns the place "Note#heading"."""
        self.pages.setdefault(note, {}).setdefault(day, []).append(text)
        return f"{note}#{self.heading(note, day)}"

    def command(self, run: Run) -> str:
        """The command as it was typed."""
        draw = self.draw
        words = ["python train.py trans \\"]
        options = [k for k in self.order if k in run.config]
        for n, name in enumerate(options):
            value = run.config[name]
            if name in self.quoted:
                value = draw.choice(['"{}"', "'{}'"]).format(value)
            last = n == len(options) - 1
            end = "" if last and draw.random() < 0.8 else ("\\" if draw.random() < 0.05 else " \\")
            words.append(f"  -{name} {value}{end}")
        return "\n".join(words)

    def words_of(self, run: Run) -> str:
        """The description; that of a slip names other epochs than its command."""
        if run.slip:
            other = "30" if run.config["epochs_base"] != "30" else "100"
            return f"{run.words}, {other} epochs"
        return run.words

    def write_runs(self) -> None:
        """Server entries and results."""
        draw = self.draw
        for run in self.runs:
            mark = "x" if run.ended == "finished" else draw.choice("x-")
            close = "" if draw.random() < 0.9 else "  "
            info = "sh full config" if run.day < self.start + 25 * DAY else "sh gsc2.sh"
            fence = f"```{info}\n{self.command(run)}\n```"
            if draw.random() < 0.07:
                fence = fence.replace("\n```", "```") if fence.endswith("\n```") else fence
            lines = [f"- [{mark}] {self.words_of(run)}.{close}", "", fence]
            if run.ended == "finished" and run.result_day is not None:
                lines += ["> [!note] Result", f"> {self.link('Experiments', run.result_day)}"]
            elif run.ended == "stopped":
                lines += ["> [!fail]", "> Stopped, the card was needed by others."]
            else:
                lines += ["> [!ERROR]  NaN occurs."]
            self.put("Server", run.day, "\n".join([*lines, "---"]))
            self.write_result(run)

    def write_result(self, run: Run) -> None:
        """The result in the newer or older layout."""
        draw = self.draw
        if run.ended != "finished" or run.result_day is None:
            if run.ended == "nan":
                self.put("Experiments", run.day, f"> {self.words_of(run)}.\n> NaN occurs.")
            return
        arrays = (
            f"[{', '.join(map(number, run.accuracy))}]\nSeen acc:\n[{', '.join(map(number, run.seen))}]\nUnseen acc:\n"
            f"[{', '.join(map(number, run.unseen))}]\nHarmonic mean:\n[{', '.join(map(number, run.harmonic))}]"
        )
        if run.number < 4 and draw.random() < 0.6:
            text = f"```txt {self.words_of(run)}\n{arrays}\n```"
        else:
            text = f"> {self.words_of(run)}.\n> Server : {self.link('Server', run.day)}\n{arrays}"
        if run.remark:
            text += f"\n- {run.remark}"
        self.put("Experiments", run.result_day, text)
        if run.retracted:
            day = min(run.result_day + draw.randrange(2, 5) * DAY, self.today - DAY)
            shown = f"[[Experiments#{self.heading('Experiments', run.result_day)}]]"
            self.retraction = self.put(
                "Scratch", day, f"- > [!fail] The result of {shown} is wrong, {run.retracted}. Don't use it."
            )

    def write_stories(self) -> None:
        """Prose in Scratch and topic notes, on days of their own."""
        days = self.draw.sample([self.start + n * DAY for n in range(68)], len(STORIES))
        for story, day in zip(STORIES, days, strict=True):
            clock = f"{self.draw.randrange(9, 20):02}:{self.draw.randrange(60):02}:{self.draw.randrange(60):02} : "
            self.put(story[0], day, f"- {clock if self.draw.random() < 0.3 else ''}{story[1]}")
            self.told.append((story, day))

    def write_tasks(self) -> None:
        """Monthly to-do notes; open tasks stand again under later days."""
        draw = self.draw
        for text in TASKS:
            first = self.start + draw.randrange(20, 50) * DAY
            state = draw.choice([" ", " ", "x", "x", "-", ">"])
            last = first + draw.randrange(1, 15) * DAY
            self.tasks[text] = (state, first, last)
            for day, mark in ((first, " "), (last, state)):
                note = day.strftime("%B")
                category = f"### Experiments-{day:%Y/%m/%d}\n" if draw.random() < 0.3 else ""
                self.put(note, day, f"{category}- [{mark}] {text}")
        self.put(
            (self.start + 30 * DAY).strftime("%B"), self.start + 30 * DAY, "- [ ] ~~Buy a second card for the desk~~"
        )

    def write_filler(self) -> None:
        """Other notes, with figures that have nothing to do with any run."""
        draw = self.draw
        for n in range(max(0, self.count - len(self.pages))):
            kind = draw.choice(self.filler_notes)
            for _ in range(draw.randrange(1, 4)):
                day = self.start + draw.randrange(70) * DAY
                self.put(f"{kind}_{n:04}", day, "- " + draw.choice(self.filler).format(n=draw.randrange(10, 99)))
        for _ in range(6):
            day = self.start + draw.randrange(70) * DAY
            self.put("Scratch", day, "- " + draw.choice(self.filler).format(n=draw.randrange(10, 99)))

    def save(self) -> None:
        """Writes the vault."""
        self.root.mkdir(parents=True, exist_ok=True)
        for note, days in self.pages.items():
            parts = [
                f"## {self.heading(note, day)}{' ' if self.draw.random() < 0.2 else ''}\n" + "\n\n".join(days[day])
                for day in sorted(days)
            ]
            top = f"---\nid: {note}\naliases: []\ntags: []\n---\n\n# {note}\n\n{self.preface.get(note, '')}"
            (self.root / f"{note}.md").write_text(top + "\n\n".join(parts) + "\n", "utf-8")

    # -- the questions -------------------------------------------------------------------------------------------------

    def add(self, kind: str, question: str, answered: bool = True, **gold: Any) -> None:
        """One question."""
        gold.setdefault("today", self.today.isoformat())
        number_ = f"n{self.seed}-{len(self.questions):03}"
        self.questions.append(Question(id=number_, kind=kind, question=question, answered=answered, **gold))

    def places(self, run: Run) -> list[str]:
        """Where a run stands."""
        found = [f"Server#{self.heading('Server', run.day)}"]
        if run.ended == "finished" and run.result_day is not None:
            found.append(f"Experiments#{self.heading('Experiments', run.result_day)}")
        return found

    def spoken(self, day: datetime.date) -> str:
        """A day as it is typed."""
        month = day.strftime("%B").lower()
        forms = [f"{day:%Y/%m/%d}", f"{day:%Y-%m-%d}", f"{month} {day.day}", f"{day.day} {month}"]
        return self.draw.choice([*forms, f"{month[:3]} {day.day}"])

    def ask(self) -> None:
        """All questions."""
        self.ask_intervals()
        self.ask_superlatives()
        self.ask_runs()
        self.ask_prose()
        self.ask_tasks()
        self.ask_doubts()
        for question in self.draw.sample(ABSENT, 11):
            self.add("absent", question, answered=False)
        self.add("absent", f"what did i run on {self.today + 12 * DAY:%Y/%m/%d}", answered=False)

    def ask_intervals(self) -> None:
        """Runs of a stretch of days. Only where Server and result days lie on the same side of its ends."""
        today, monday = self.today, self.today - self.today.weekday() * DAY
        month = (self.start + 35 * DAY).replace(day=1)
        month_end = (month + 32 * DAY).replace(day=1) - DAY
        picked = self.draw.choice(self.runs[5:]).day
        span = (picked - 2 * DAY, picked + 3 * DAY)
        asked: list[tuple[str, datetime.date, datetime.date]] = [
            ("what did i run last week on the gpu", monday - 7 * DAY, monday - DAY),
            ("wat ran yesterday", today - DAY, today - DAY),
            ("trainings of the last 10 days?", today - 9 * DAY, today),
            (f"list all runs in {month:%B}".lower(), month, month_end),
            (f"which runs between {span[0]:%Y/%m/%d} and {span[1]:%Y/%m/%d}", *span),
            (f"experiments from {span[0].day} {span[0]:%B} to {span[1].day} {span[1]:%B} pls", *span),
            (f"what did the server do since {span[0]:%B} {span[0].day}", span[0], today),
            ("two weeks ago, what did i train", monday - 14 * DAY, monday - 8 * DAY),
            (f"runs on {self.spoken(picked)}", picked, picked),
            ("what did i run 3 days ago", today - 3 * DAY, today - 3 * DAY),
            ("this weeks runs", monday, today),
        ]
        for question, first, last in asked:
            inside, clean = [], True
            for run in self.runs:
                days = {run.day, run.result_day if run.ended == "finished" and run.result_day else run.day}
                if all(first <= d <= last for d in days):
                    inside.append(run)
                elif any(first <= d <= last for d in days):
                    clean = False
            edge = today - 10 * DAY  # whether "the last 10 days" hold it, people disagree
            if not clean or len(inside) > 9 or ("10 days" in question and edge in {r.day for r in self.runs}):
                continue
            if not inside:
                self.add("interval", question, answered=False)
                continue
            must = [
                [number(r.harmonic[-1]), number(r.accuracy[-1])] if r.harmonic else ["topped", "NaN", "nan"]
                for r in inside
            ]
            shared = {number(r.harmonic[-1]) for r in inside if r.harmonic}
            never = [number(r.harmonic[-1]) for r in self.runs if r not in inside and r.harmonic]
            sections = [self.places(r) for r in inside]
            self.add(
                "interval",
                question,
                must=must,
                never=[n for n in never if n not in shared and len(n) > 5] if len(inside) < 7 else [],
                sections=sections,
                allowed=[p for r in inside for p in self.places(r)] + [self.retraction],
            )

    def ask_superlatives(self) -> None:
        """Best, worst, first, last, how many."""
        good = [r for r in self.runs if r.whole]
        values: dict[str, Callable[[Run], float]] = {
            "hm": lambda r: r.harmonic[-1],
            "unseen": lambda r: r.unseen[-1],
            "seen": lambda r: r.seen[-1],
            "acc": lambda r: r.accuracy[-1],
        }
        asked: list[tuple[str, str, Callable[..., Run]]] = [
            ("best harmonic mean so far?", "hm", max),
            ("highest hm, which run", "hm", max),
            ("which run had the lowest hm", "hm", min),
            ("best unseen acc in the last session", "unseen", max),
            ("what is the top novel accuracy i ever got", "unseen", max),
            ("worst seen acc of all runs", "seen", min),
            ("highest overall accuracy after the last session?", "acc", max),
        ]
        doubtful = [r for r in self.runs if r.harmonic and not r.whole]
        for question, name, choose in asked:
            value = values[name]
            chosen = choose(good, key=value)
            # where a doubtful run would win and is no retracted one, two colleagues could disagree
            if any(choose([chosen, r], key=value) is r and not r.retracted for r in doubtful):
                continue
            self.add(
                "superlative",
                question,
                must=[[number(value(chosen))]],
                sections=[self.places(chosen)],
                allowed=[p for r in self.runs for p in self.places(r)] + [self.retraction],
            )
        for option, wanted, question in [
            ("sequential_layer", "GRU", "best hm with gru"),
            ("noise_prob", "0.8", "highest harmonic mean with noise?"),
            ("loss_lpc", "1", "best unseen result with lpc_loss 1"),
        ]:
            having = [r for r in good if r.config[option] == wanted]
            also = [r for r in doubtful if r.config[option] == wanted and not r.retracted]
            if not having:
                continue
            metric = values["unseen" if "unseen" in question else "hm"]
            chosen = max(having, key=metric)
            if any(metric(r) >= metric(chosen) for r in also):
                continue
            self.add("filtered", question, must=[[number(metric(chosen))]], sections=[self.places(chosen)])
        for option, wanted, question in [
            ("sequential_layer", "GRU", "how many runs used gru"),
            ("temperature", "32", "how often did i use temperature 32"),
            ("epochs_base", "150", "number of runs with 150 base epochs"),
        ]:
            having = [r for r in self.runs if r.config[option] == wanted]
            if having and all(r.whole and not r.slip for r in having):
                count = len(having)
                spelled = dict(enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")))
                forms = [f"{count} run", f"{count} of", f"{count} time", spelled.get(count, str(count))]
                self.add("count", question, lead=[forms])
        last = self.runs[-1]
        words = [number(last.harmonic[-1]), number(last.accuracy[-1]), last.words[:14]] if last.harmonic else []
        if words:
            self.add("last", "last run before today?", must=[words], sections=[self.places(last)])
            self.add("last", "what was the last thing i trained", must=[words], sections=[self.places(last)])
        first = self.runs[0]
        if first.harmonic:
            forms = [number(first.harmonic[-1]), number(first.accuracy[-1]), *day_forms(first.day)]
            self.add("first", "which was my first run", must=[forms], sections=[self.places(first)])
        for option, wanted, question in [
            ("sequential_layer", "Transformer", "when did i first use the transformer"),
            ("noise_prob", "0.8", "first time with noise?"),
        ]:
            having = [r for r in self.runs if r.config[option] == wanted]
            if having:
                forms = [f for r in having[:1] for f in day_forms(r.day)]
                self.add("first", question, must=[forms], sections=[self.places(having[0])])

    def alone(self, run: Run) -> bool:
        """Whether a run's days belong to it alone, so that a day names it."""
        others = [r for r in self.runs if r is not run]
        days = {r.day for r in others} | {r.result_day for r in others}
        return run.result_day == run.day and run.day not in days

    def ask_runs(self) -> None:
        """Figures and options of one run; two compared; one option's effect."""
        draw = self.draw
        named = [r for r in self.runs if r.whole and not r.slip and self.alone(r)]
        draw.shuffle(named)
        figures: list[tuple[str, Callable[[Run], float]]] = [
            ("hm of the run on {}", lambda r: r.harmonic[-1]),
            ("unseen acc at the end, {}", lambda r: r.unseen[-1]),
            ("base session accuracy of the run from {}?", lambda r: r.accuracy[0]),
            ("what seen acc did i get on {}", lambda r: r.seen[-1]),
            ("novel acc on {} in the last session", lambda r: r.unseen[-1]),
            ("harmonic mean in session 3 on {}", lambda r: r.harmonic[2]),
        ]
        for run, (question, gold) in zip(named, figures, strict=False):
            self.add(
                "figure",
                question.format(self.spoken(run.day)),
                must=[[number(gold(run))]],
                sections=[self.places(run)],
            )
        draw.shuffle(named)
        for run, (question, option) in zip(
            named,
            [
                ("which lr on {}", "lr_base"),
                ("how many base epochs did i use on {}", "epochs_base"),
                ("what was noise_prob on {}", "noise_prob"),
                ("weight decay of the run on {}?", "decay"),
                ("temperature on {}", "temperature"),
                ("which sequence module did the run on {} have", "sequential_layer"),
            ],
            strict=False,
        ):
            self.add(
                "option",
                question.format(self.spoken(run.day)),
                must=[[run.config[option]]],
                sections=[[self.places(run)[0], self.places(run)[-1]]],
            )
        draw.shuffle(named)
        for question, a, b in zip(
            [
                "compare the run on {} with the one on {}",
                "{} vs {}, which run is better",
                "difference between {} and {}",
            ],
            named[::2],
            named[1::2],
            strict=False,
        ):
            self.add(
                "compare",
                question.format(self.spoken(a.day), self.spoken(b.day)),
                must=[[number(a.harmonic[-1])], [number(b.harmonic[-1])]],
                sections=[self.places(a), self.places(b)],
            )
        phrases = {
            "noise_prob": ["does noise help", "did noise make it better?"],
            "loss_lpc": ["does the lpc loss bring anything", "effect of loss_lpc"],
            "sequential_layer": ["does a sequence module help"],
            "decay": ["what does a bigger decay do", "effect of decay"],
            "lr_base": ["effect of lr_base"],
            "epochs_base": ["do more epochs help"],
            "temperature": ["is temperature 32 better than 16"],
            "loss_a_freq_cls": ["does the formant classification loss help", "effect of a_freq_cls_loss"],
        }
        good = [r for r in self.runs if r.whole and not r.slip]
        for option, questions in phrases.items():
            pairs = [
                (a, b)
                for n, a in enumerate(good)
                for b in good[n + 1 :]
                if {k for k in OPTIONS if a.config[k] != b.config[k]} == {option}
            ]
            if len(pairs) == 1:
                a, b = pairs[0]
                gap = number(abs(a.harmonic[-1] - b.harmonic[-1]))
                both = [[number(a.harmonic[-1]), gap], [number(b.harmonic[-1]), gap]]
                for question in questions:
                    self.add("effect", question, must=both, sections=[self.places(a), self.places(b)])
        early = self.start + 40 * DAY
        known = [r for r in self.runs if r.whole and (r.result_day or r.day) <= early]
        other = [r for r in self.runs if r.harmonic and not r.whole and (r.result_day or r.day) <= early]
        best = max(known, key=lambda r: r.harmonic[-1])
        if all(r.harmonic[-1] < best.harmonic[-1] for r in other):
            self.add(
                "as of",
                "best harmonic mean so far",
                today=early.isoformat(),
                as_of=early.isoformat(),
                must=[[number(best.harmonic[-1])]],
                sections=[self.places(best)],
            )

    def ask_prose(self) -> None:
        """Ideas, decisions, bugs, in other words than they were written."""
        for story, day in self.told:
            place = f"{story[0]}#{self.heading(story[0], day)}"
            for question in self.draw.sample(story[3], 2):
                self.add("prose", question, must=[[story[2]]], sections=[[place]])
        story, day = self.draw.choice(self.told)
        if story[0] == "Scratch" and len(self.pages["Scratch"][day]) == 1:
            self.add(
                "prose",
                f"what did i write in scratch on {self.spoken(day)}",
                must=[[story[2]]],
                sections=[[f"Scratch#{self.heading('Scratch', day)}"]],
            )

    def ask_tasks(self) -> None:
        """Open, ongoing and finished tasks."""
        states: dict[str, list[str]] = {}
        for text, (state, _, _) in self.tasks.items():
            states.setdefault(state, []).append(text)
        for question, state in [
            ("what is still open", " "),
            ("open todos?", " "),
            ("which tasks are ongoing", "-"),
            ("what did i postpone", ">"),
            ("deferred tasks", ">"),
        ]:
            texts = states.get(state, [])
            if texts:
                self.add(
                    "tasks",
                    question,
                    must=[[t] for t in texts],
                    never=[t for t in self.tasks if t not in texts and self.tasks[t][0] == "x"],
                )
        for text in states.get("x", [])[:2]:
            short = " ".join(text.lower().split()[:6])
            self.add("tasks", f"is '{short}' done", lead=[["Yes", "yes", "done", "finished", "Done", "Finished"]])
        for text in states.get(" ", [])[:1]:
            short = " ".join(text.lower().split()[:6])
            self.add("tasks", f"did i finish '{short}'?", lead=[["No", "not ", "open", "Not"]])

    def ask_doubts(self) -> None:
        """Retractions, copies, figures that do not fit."""
        wrong = next(r for r in self.runs if r.retracted)
        assert wrong.result_day is not None
        result = f"Experiments#{self.heading('Experiments', wrong.result_day)}"
        why = [["training clips"]]
        sections = [[self.retraction, result]]
        for question in ("which results are wrong", "what results can i not trust and why"):
            self.add("doubt", question, must=why, sections=sections)
        if self.alone(wrong):
            self.add("doubt", f"is the result of {self.spoken(wrong.result_day)} ok", must=why, sections=sections)
        copy = next(r for r in self.runs if r.copy_of is not None)
        first = self.runs[copy.copy_of or 0]
        forms = [number(copy.harmonic[-1])]
        for run in (copy, first):
            assert run.result_day is not None
            forms += [self.heading("Experiments", run.result_day), *day_forms(run.result_day)]
        self.add("doubt", "are there results that were copied by mistake", must=[forms])
        self.add("doubt", "do any notes contradict each other?", must=[[*forms, "training clips"]])


def make_journal(root: Path, seed: int, notes: int = 40) -> list[Question]:
    """Writes the vault of a seed and gives its questions.

    Args: root: an empty or new directory. notes: about how many notes.
    """
    if seed >= THIRD_HAND:
        from notebook_other import OtherNotebook  # it builds on this module

        other = OtherNotebook(root, seed, notes)
        other.make()
        return list(other.questions)
    notebook = Notebook(root, seed, notes)
    notebook.make()
    return notebook.questions


def passage(text: str, heading: str) -> list[str]:
    """The texts under a heading of any level, each up to the next heading of its level or above."""
    parts, level = [], 0
    for line in text.split("\n"):
        marks = re.match(r"(#+) ", line)
        if marks and (not level or len(marks[1]) <= level):
            level = len(marks[1]) if line[len(marks[1]) :].strip() == heading else 0
            if level:
                parts.append("")
        if level:
            parts[-1] += line + "\n"
    return parts


def verify(root: Path, questions: Sequence[Question]) -> list[str]:
    """Gold figures that no accepted section of the written files holds, found by reading the files alone."""
    missing = []
    for question in questions:
        held = ""
        for place in {p for group in question.sections for p in group} | set(question.allowed):
            note, _, heading = place.partition("#")
            text = (root / f"{note}.md").read_text("utf-8")
            parts = passage(text, heading)
            if len(parts) != 1:
                missing.append(f"{question.id}: {place} stands {len(parts)} times")
            held += "\n".join(parts)
        for forms in question.must:
            if question.sections and not any(form in held for form in forms):
                missing.append(f"{question.id}: {question.question}: none of {forms}")
    return missing


def main() -> None:
    """Writes vault and questions of one seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--verify", action="store_true")
    args = parser.parse_args()
    questions = make_journal(args.out / "vault", args.seed, args.notes)
    lines = [json.dumps(q.to_json(), ensure_ascii=False) for q in questions]
    (args.out / "questions.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    if args.verify:
        for line in verify(args.out / "vault", questions):
            print(line)
    print(f"{len(questions)} questions, {sum(not q.answered for q in questions)} without an answer in the notes")


if __name__ == "__main__":
    main()
