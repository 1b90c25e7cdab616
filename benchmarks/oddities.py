"""How often is `kwslab check` right? Precision and recall for each kind, on generated and hand-written vaults.

    uv run python benchmarks/oddities.py [--seeds 1-10] [--show] [--json]

Each generated vault is half a year of Server, Experiments, to-do and topic notes. Most of it is innocent, much of it
looks odd and is not: comparisons, warm-up epochs, sweeps, rounding, reruns on another GPU, results that are bad and not
wrong. Oddities of each kind are planted in several wordings, some of them hard. The "quiet" vaults have all but the
oddities: whatever is found in them is a false alarm. The check was mended on these wordings, so the figures say that it
holds on them and what it does not see. The journals of `benchmarks/journal` were written for another end (--journals).
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vault_sync.check import KINDS, Finding, check
from vault_sync.notes import parse_note
from vault_sync.results import logged_records

_SYLLABLES = "ba lo ren ti cho ma vel dur ka pin sa tor ne fi gul".split()  # noqa: SIM905


@dataclass
class Run:
    """One planned run; name is a word that occurs nowhere else."""

    name: str
    day: datetime.date
    options: dict[str, str]
    words: str = ""
    arrays: dict[str, list[float]] | None = None
    entry: bool = True
    linked: bool = True
    verdict: str = ""
    remark: str = ""
    state: str = "x"
    ended: str = ""
    after_days: int = 0


@dataclass
class Made:
    """A vault and its labels: kind and words that the finding's message, or its places, must hold."""

    notes: dict[str, str] = field(default_factory=dict)
    labels: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)


#: Descriptions that agree with the command: (words, what the command must have for them to).
_INNOCENT = (
    ("{layer} layer, {epochs} epochs.", {}),
    ("{epochs} epochs, lr {lr} and decay {decay}.", {}),
    ("learning rate of {lr}.", {}),
    ("without noise.", {"noise_prob": "0.0"}),
    ("with noise.", {"noise_prob": "0.8"}),
    ("noise only on the support clips.", {"noise_prob": "0.8"}),
    ("no noise on the residual stream.", {"noise_prob": "0.8"}),
    ("`loss_lpc` {lpc}.", {}),
    ("`lpc_loss` {lpc}, like yesterday.", {}),
    ("better than the GRU?", {}),
    ("looked at it after 30 epochs.", {}),
    ("5 epochs of warm-up.", {}),
    ("patience of 20 epochs.", {}),
    ("a checkpoint every 10 epochs.", {}),
    ("warm up for 5 epochs, then cosine.", {}),
    ("the last 20 epochs with a frozen encoder.", {}),
    ("classifier frozen for 10 epochs.", {}),
    ("`epochs_base` 100 -> 30.", {"epochs_base": "30"}),
    ("compared to 200 epochs.", {}),
    ("more epochs did not help, so back to {epochs} epochs.", {}),
    ("the GRU was worse, so this one again.", {"sequential_layer": "Transformer"}),
    ("Transformer without the GRU before it.", {"sequential_layer": "Transformer"}),
    ("lr 0.01 was too high.", {}),
    ("decay {decay}, not 0.01.", {}),
    ("noise level of the test set raised by hand.", {"noise_prob": "0.0"}),
    ("clean speech, like in the paper.", {"noise_prob": "0.0"}),
    ("seed 3 of 5.", {}),
    ("third try.", {}),
)
#: Descriptions that do not: (words, what the command has).
_CONTRADICTING = (
    ("{layer} layer, 100 epochs.", {"epochs_base": "30"}),
    ("30 epochs.", {"epochs_base": "100"}),
    ("trained for 200 epochs.", {"epochs_base": "100"}),
    ("without noise.", {"noise_prob": "0.8"}),
    ("no noise.", {"noise_prob": "0.4"}),
    ("noise is off.", {"noise_prob": "0.8"}),
    ("with noise.", {"noise_prob": "0.0"}),
    ("`loss_lpc` 0.5.", {"loss_lpc": "2"}),
    ("`lpc_loss` = 2.", {"loss_lpc": "1"}),
    ("learning rate of 0.05.", {"lr_base": "0.005"}),
    ("lr 0.02.", {"lr_base": "0.005"}),
    ("decay 0.01.", {"decay": "0.0005"}),
    ("noise 0.8.", {"noise_prob": "0.4"}),
    ("GRU layer.", {"sequential_layer": "Transformer"}),
    ("Transformer layer.", {"sequential_layer": "GRU"}),
    ("swapped", {"lr_base": "0.0005", "decay": "0.005"}),
)
_WRONG = (
    ("verdict", "> [!fail] This result is from wrong code."),
    ("verdict", "> [!error] The labels were shuffled, do not use."),
    ("verdict", "> [!warning] Wrong, test words were in the training part."),
    ("verdict", "> [!FAIL] Evaluated with the old protocol, invalid."),
    ("later", "- The labels of {link} were wrong."),
    ("later", "- Don't use {link}, the support clips came from the test list."),
    ("later", "- {link} is invalid: prototypes of the base session were overwritten."),
    ("later", "- Retracted {link}, had a bug in the hop size."),
    ("later", "- Found a bug. Result of {link} is not correct."),
    ("later", "- `{name}` was trained on the wrong split, throw it away."),
)
_NOT_WRONG = (
    ("verdict", "> [!fail] Worse than the baseline."),
    ("verdict", "> [!fail] No gain from it."),
    ("verdict", "> [!fail] Overfits after the second session."),
    ("verdict", "> [!warning] Took twice the memory."),
    ("verdict", "> [!success] Best so far."),
    ("verdict", "> [!note] Only the first seed."),
    ("later", "- Is {link} wrong?"),
    ("later", "- Nothing is wrong with {link}."),
    ("later", "- My plot of {link} used the wrong colours."),
    ("later", "- What could go wrong in {link}?"),
    ("later", "- I was wrong about {link}, it holds."),
    ("later", "- Compare {link} with the wrong-label run of the paper."),
    ("later", "- Wrong turn on the way home. See {link} tomorrow."),
)
_ENDS = ("Stopped.", "NaN occurs.", "Killed, out of memory.", "Stopped by hand, lr was too high.")
_KINDS_PLANTED = 3  # of each kind a vault


def make(seed: int, quiet: bool = False, n_days: int = 120) -> Made:
    """A vault of half a year with labelled oddities, or without any."""
    draw = random.Random(seed)
    made = Made()
    used: set[str] = set()

    def name() -> str:
        while True:
            word = "".join(draw.choice(_SYLLABLES) for _ in range(4))
            if word not in used:
                used.add(word)
                return word

    def some(wordings: Sequence) -> object:
        return draw.choice(wordings)

    first = datetime.date(2024, 1, 3)
    days = [first + datetime.timedelta(days=round(i * 1.5)) for i in range(n_days)]
    runs: list[Run] = []
    later: dict[datetime.date, list[str]] = {}
    for day in days:
        for _ in range(draw.randint(1, 3)):
            options = {
                "lr_base": "0.005",
                "decay": "0.0005",
                "epochs_base": "100" if day < days[n_days // 2] else draw.choice(("100", "30")),
                "noise_prob": draw.choice(("0.0", "0.8")),
                "sequential_layer": draw.choice(("GRU", "Transformer")),
                "loss_lpc": draw.choice(("0.5", "1", "2")),
            }
            words, needs = some(_INNOCENT)  # type: ignore[misc]
            run = Run(name(), day, {**options, **needs}, words, _arrays(draw))
            if draw.random() < 0.1:  # a sweep over rate and decay: any of them is meant
                run.options.update(lr_base=draw.choice(("0.001", "0.02")), decay=draw.choice(("0.001", "0.005")))
                run.words = "lr {lr}, decay {decay}."
            if draw.random() < 0.1:
                run.arrays, run.ended = None, draw.choice(_ENDS)
            elif draw.random() < 0.25:
                how, text = some(_NOT_WRONG)  # type: ignore[misc]
                if how == "verdict":
                    run.verdict = text
                else:
                    later.setdefault(min(day + datetime.timedelta(days=3), days[-1]), []).append(_linked(text, run))
            elif draw.random() < 0.1:
                assert run.arrays is not None
                run.arrays = {key: [round(v, 1) for v in values] for key, values in run.arrays.items()}
            elif draw.random() < 0.1:
                run.after_days = 2
            runs.append(run)
    again = draw.sample([r for r in runs if r.arrays], 4)
    for run in again:  # the same run again on another GPU
        runs.append(Run(name(), run.day, {**run.options, "gpu": "1"}, "once more on gpu 1.", run.arrays))
    if not quiet:
        _plant(
            draw,
            made,
            [run for run in runs if sum(run.arrays is other.arrays for other in runs) == 1],
            later,
            days,
            name,
            some,
        )
    _write(draw, made, runs, later, days, name, quiet)
    return made


def _plant(draw, made, runs, later, days, name, some) -> None:  # type: ignore[no-untyped-def]
    """Makes some of the runs odd, and labels them."""
    told = "".join(line for lines in later.values() for line in lines)
    free = [run for run in runs if run.arrays and not run.verdict and run.day < days[-8] and run.name not in told]
    draw.shuffle(free)

    def label(kind: str, *words: str) -> None:
        made.labels.append((kind, words))

    for _ in range(_KINDS_PLANTED):
        one, other = free.pop(), free.pop()
        other.arrays = one.arrays
        other.options["loss_lpc"] = "1" if one.options["loss_lpc"] != "1" else "2"
        if "lpc" in other.words:
            other.words = "third try."
        label("same results", one.name, other.name)
        run = free.pop()
        run.arrays = {key: list(values) for key, values in (run.arrays or {}).items()}
        at = draw.randrange(5)
        run.arrays["harmonic_mean"][at] = round(run.arrays["harmonic_mean"][at] + draw.choice((-2, -0.3, 0.5, 3)), 3)
        label("harmonic mean", run.name)
        run = free.pop()
        run.arrays = {key: list(values) for key, values in (run.arrays or {}).items()}
        run.arrays[draw.choice(("seen", "unseen"))].pop()
        label("array lengths", run.name)
        run = free.pop()
        run.arrays, run.words = None, "{layer} layer."
        label("run without result", run.name)
        run = free.pop()
        run.entry, run.words = False, "a result from the other machine."
        label("result without run", run.name)
    for _ in range(2 * _KINDS_PLANTED):
        run = free.pop()
        run.words, options = some(_CONTRADICTING)
        run.options.update(options)
        if run.words == "swapped":
            run.words = "{layer} layer."
        label("command and description", run.name)
        run = free.pop()
        how, text = some(_WRONG)
        if how == "verdict":
            run.verdict = text
        else:
            later.setdefault(run.day + datetime.timedelta(days=6), []).append(_linked(text, run))
        label("called wrong", run.name)


def _linked(text: str, run: Run) -> str:
    return text.replace("{link}", f"[[Experiments#^{run.name}]]").replace("{name}", run.name)


def _arrays(draw: random.Random) -> dict[str, list[float]]:
    seen = [round(96 - 0.4 * i + draw.random(), 3) for i in range(5)]
    unseen = [round(72 - 3 * i + draw.random(), 3) for i in range(5)]
    harmonic = [round(2 * s * u / (s + u), 3) for s, u in zip(seen, unseen, strict=True)]
    accuracy = [round(97 + draw.random(), 3), *(round(0.8 * s + 0.2 * u, 3) for s, u in zip(seen, unseen, strict=True))]
    return {"accuracy": accuracy, "seen": seen, "unseen": unseen, "harmonic_mean": harmonic}


def _write(draw, made, runs, later, days, name, quiet) -> None:  # type: ignore[no-untyped-def]
    """The notes."""
    server, results = ["# Server\n"], ["# Experiments\n"]
    on_server: dict[datetime.date, list[Run]] = {}
    on_results: dict[datetime.date, list[Run]] = {}
    for run in runs:
        on_server.setdefault(run.day, []).append(run)
        on_results.setdefault(run.day + datetime.timedelta(days=run.after_days), []).append(run)
    form = "%Y/%m/%d"
    doubled = set() if quiet else set(draw.sample(days[5:-5], _KINDS_PLANTED))
    for day in sorted({*on_server, *on_results}):
        server.append(f"\n## {day.strftime(form)}\n")
        for run in on_server.get(day, []):
            if run.entry:
                result_day = (day + datetime.timedelta(days=run.after_days)).strftime(form)
                command = " \\\n  ".join(f"-{key} {value}" for key, value in run.options.items())
                server.append(
                    f"- [{run.state}] {_title(run)}\n\n```sh gsc2.sh\npython train.py trans \\\n  {command}\n```\n"
                )
                server.append(f"> {run.ended}\n---\n" if run.ended else "")
                linked = run.arrays is not None and not run.ended
                server.append(f"> [!note] Result\n> [[Experiments#{result_day}]]\n---\n" if linked else "---\n")
        if day not in on_results:
            continue
        results.append(f"\n## {day.strftime(form)}\n")
        for run in on_results[day]:
            if run.arrays is None:
                continue
            back = f"> Server : [[Server#{run.day.strftime(form)}]]\n" if run.entry else ""
            results.append(f"> {_title(run)} ^{run.name}\n{back}" + (f"{run.verdict}\n" if run.verdict else ""))
            for key, heading in (("accuracy", ""), ("seen", "Seen acc:\n"), ("unseen", "Unseen acc:\n")):
                results.append(f"{heading}{run.arrays[key]}\n")
            results.append(f"Harmonic mean:\n{run.arrays['harmonic_mean']}\n\n")
        if day in doubled:
            results.append(f"\n## {day:%Y-%m-%d}\nA thought about that day.\n")
            made.labels.append(("two headings for one day", ("Experiments", day.isoformat())))
    made.notes["Server"], made.notes["Experiments"] = "".join(server), "".join(results)
    made.notes["LPC Residual"] = (
        "---\nid: lpc\naliases: [the residual]\ntags: []\n---\n# LPC Residual\n"
        "## Why it helps, in short (v2)\nText. ^why-1\n"
        + "".join(f"## {day.strftime(form)}\n- A thought. {''.join(later.get(day, []))}\n" for day in days[::2])
    )
    made.notes["Scratch"] = "# Scratch\n" + "".join(
        f"\n## {day.strftime(form)}\n- Thought number {i} of the day.\n" + "".join(f"{line}\n" for line in later[day])
        for i, day in enumerate(sorted(later))
    )
    _write_tasks(draw, made, days, name, quiet)


def _title(run: Run) -> str:
    values = {"lr": "lr_base", "epochs": "epochs_base", "layer": "sequential_layer", "lpc": "loss_lpc"}
    words = run.words.format(decay=run.options["decay"], **{key: run.options[option] for key, option in values.items()})
    return f"Series {run.name}: {words}"


def _write_tasks(draw, made, days, name, quiet) -> None:  # type: ignore[no-untyped-def]
    headings = re.findall(r"(?m)^## (\d{4})/(\d\d)/(\d\d)", made.notes["Experiments"])
    written = datetime.date(*map(int, headings[4]))
    good = (
        "[[Server]]",
        "[[lpc residual#Why it helps, in short (v2)]]",
        "[[LPC Residual.md#Why it helps in short v2]]",
        "[[LPC Residual#^why-1]]",
        "[[the residual]]",
        f"[[Experiments#{written:%Y %m %d}]]",
        f"[[server#{days[7]:%Y/%m/%d}|that day]]",
        "![[confusion matrix.png]]",
        "[[#To do]]",
        "`[[not a link]]`",
        "[[LPC Residual#LPC Residual#Why it helps, in short (v2)]]",
    )
    todo: dict[datetime.date, list[str]] = {day: [] for day in days}
    for i, day in enumerate(days):
        todo[day] += [f"- [{draw.choice('x->')}] Measure {name()} with {draw.choice(good)}" for _ in range(2)]
        if draw.random() < 0.3 and i + 3 < len(days):  # copied to another day, then done there
            task = f"Try {name()} with a longer window"
            todo[day].append(f"- [ ] {task}")
            todo[days[i + 3]].append(f"- [x] {task}")
        if draw.random() < 0.1:
            todo[day].append(f"- [ ] ~~Ask about {name()}~~")
    for _ in range(0 if quiet else _KINDS_PLANTED):
        one, other = sorted(draw.sample(days, 2))
        task, again = f"Sweep the {(word := name())} margin", draw.choice(("", ".", " (again)"[:0]))
        todo[one].append(f"- [ ] {task}")
        todo[other].append(f"- [ ] {task}{again}")
        made.labels.append(("task in several places", (word,)))
        word = name()
        broken = draw.choice(
            (f"[[{word}]]", f"[[Server#{word}]]", f"[[LPC Residual#^{word}]]", f"[[Server#Day {word}]]")
        )
        todo[draw.choice(days)].append(f"- [x] See {broken}")
        made.labels.append(("broken link", (word,)))
    for month in sorted({(day.year, day.month) for day in days}):
        mine = [day for day in days if (day.year, day.month) == month]
        made.notes[f"{mine[0]:%B}"] = "# To do\n" + "".join(
            f"\n## {day:%Y/%m/%d}\n### Experiments-{day:%Y/%m/%d}\n" + "\n".join(todo[day]) + "\n" for day in mine
        )


def from_journal(seed: int) -> Made:
    """A generated research journal of the question benchmark, with the oddities it was given."""
    sys.path.insert(0, str(Path(__file__).with_name("journal")))
    import generate

    made = Made()
    with tempfile.TemporaryDirectory() as folder:
        journal = generate.write_journal(Path(folder), seed, 60)
        for path in Path(folder).iterdir():
            made.notes[path.stem] = path.read_text("utf-8")
    for run in journal.runs:
        day = f"#{journal.heading('Experiments', run.day)}:"
        if run.copied_from is not None:
            other = f"#{journal.heading('Experiments', run.copied_from.day)}:"
            made.labels.append(("same results", (day, other)))
        if run.slip:
            made.labels.append(("command and description", (run.title.rstrip("."), day)))
        if run.retracted in ("own", "later"):
            made.labels.append(("called wrong", (run.title.rstrip("."), day)))
    for task in journal.tasks:
        if len(set(task["days"])) > 1 and task["state"] in " -":
            made.labels.append(("task in several places", (task["text"],)))
    for text in made.notes.values():  # a heading that stands nowhere as it is written in the link
        for link, note, heading in re.findall(r"(\[\[([^\[\]#|]+)#([^\[\]#|]+)\]\])", text):
            written = re.findall(r"(?m)^#+ (.*?)[ \t]*$", made.notes.get(note, ""))
            if not {heading.strip(), heading.strip().replace("/", "")} & set(written):
                made.labels.append(("broken link", (link,)))
    made.labels = list(dict.fromkeys(made.labels))
    return made


def judge(made: Made) -> tuple[Counter[str], Counter[str], Counter[str], list[tuple[str, object]]]:
    """Found, missed and false alarms by kind, and what was missed or false."""
    notes = [parse_note(f"{name}.md", text) for name, text in made.notes.items()]
    findings = check(notes, logged_records(notes))
    hits, missed, false = Counter[str](), Counter[str](), Counter[str]()
    wrong: list[tuple[str, object]] = []
    left = list(findings)
    for kind, words in made.labels:
        found = [f for f in left if f.kind == kind and all(word in _told(f) for word in words)]
        if found:
            hits[kind] += 1
            left = [f for f in left if f not in found]
        else:
            missed[kind] += 1
            text = [line for text in made.notes.values() for line in text.split("\n") if words[0] in line]
            wrong.append((f"missed {kind}", text))
    for finding in left:
        false[finding.kind] += 1
        wrong.append(("false alarm", finding))
    return hits, missed, false, wrong


def _told(finding: Finding) -> str:
    return f"{finding.message} {' '.join(finding.where)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="1-10")
    parser.add_argument("--journals", action="store_true", help="the question benchmark's journals instead")
    parser.add_argument("--show", action="store_true", help="what was missed and what was a false alarm")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    low, _, high = options.seeds.partition("-")
    totals = [Counter[str]() for _ in range(4)]
    n_notes = n_runs = 0
    for seed in range(int(low), int(high or low) + 1):
        made = from_journal(seed) if options.journals else make(seed)
        *counts, wrong = judge(made)
        for total, count in zip(totals, counts, strict=False):
            total.update(count)
        if options.journals:
            if options.show:
                print(*(f"{seed} {what} {detail}" for what, detail in wrong), sep="\n")
            continue
        calm = make(seed, quiet=True)
        _, _, alarms, more = judge(calm)
        totals[3].update(alarms)
        n_notes, n_runs = n_notes + len(calm.notes), n_runs + calm.notes["Server"].count("```sh")
        if options.show:
            for what, detail in [*wrong, *(("quiet", item) for item in more)]:
                print(seed, what, detail)
    hits, missed, false, quiet = totals
    rows = {}
    for kind in KINDS:
        found, labelled = hits[kind], hits[kind] + missed[kind]
        rows[kind] = {
            "labelled": labelled,
            "found": found,
            "false": false[kind],
            "precision": found / max(1, found + false[kind]),
            "recall": found / max(1, labelled),
            "alarms_in_quiet": quiet[kind],
        }
    if options.json:
        print(json.dumps({"kinds": rows, "quiet_runs": n_runs, "quiet_notes": n_notes}))
        return
    print(f"{'kind':26}{'labelled':>9}{'found':>7}{'false':>7}{'precision':>11}{'recall':>8}{'quiet':>7}")
    for kind, row in rows.items():
        print(
            f"{kind:26}{row['labelled']:9}{row['found']:7}{row['false']:7}{row['precision']:11.3f}{row['recall']:8.3f}"
            f"{row['alarms_in_quiet']:7}"
        )
    print(f"quiet vaults: {n_runs} runs in {n_notes} notes, {sum(quiet.values())} false alarms")


if __name__ == "__main__":
    main()
