"""How long does an answer take? One vault of 2,000 notes with 5,000 runs, a real daemon, questions of every kind.

    uv run python benchmarks/answers.py [--notes 2000] [--runs 5000] [--rounds 5] [--keep DIR] [--words-only]
                                        [--save FILE] [--against FILE] [--json]

The vault is a generated journal (benchmarks/journal); a third of the runs is logged in it by hand, the others lie as
run directories. A client asks over the daemon's socket, as `kwslab` does, and takes the time until the whole answer is
there; beside it stands the processor time that the daemon spent, which a busy machine changes little. Every question
comes in rounds, in another order each. Reported: per kind the median and the 95th percentile; the same for search;
both while vectors are made; a cold `kwslab ask`; the first `next` after a run was added. `--save` keeps the answers,
`--against` compares them with kept ones: a change that is to make answers faster must not make them other ones.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "journal")]

from generate import make_journal  # noqa: E402 - the journal generator is a script beside this one

from assistant.client import DaemonClient  # noqa: E402
from assistant.settings import Settings, load  # noqa: E402
from fskws.config import parse_options  # noqa: E402

SEED = 21
#: Of the runs, so many are logged in the notes by hand.
LOGGED_SHARE = 1 / 3
#: Questions of kinds that the journal's own hardly hold; the journal's come on top of them.
QUESTIONS = (
    "what did I run last week on the GPU?",
    "what did I run yesterday?",
    "list all runs of this month",
    "how many runs did I do last month?",
    "how many runs used a GRU?",
    "what is my best harmonic mean so far?",
    "which run had the best unseen accuracy with a Transformer?",
    "what was the worst accuracy with noise_prob 0.8?",
    "does noise help?",
    "what does a higher learning rate change?",
    "effect of loss_lpc on the harmonic mean",
    "does the temperature matter?",
    "is a GRU better than a Transformer?",
    "compare the runs with noise_prob 0.0 and 0.8",
    "compare last week with the week before",
    "did I ever try temperature 32 with a GRU?",
    "did I try a batch size of 512?",
    "which results are wrong?",
    "do any results contradict each other?",
    "are there duplicate results?",
    "what should I try next?",
    "what should I run next?",
    "suggest five experiments",
    "what is running right now?",
    "is the GPU free?",
    "what is still open on my to-do list?",
    "what did I finish last week?",
    "what happened last Tuesday?",
    "summarise last week",
    "why did I change the loss?",
    "how did I solve the memory problem?",
    "what was the idea about prototypes?",
    "what do the notes say about the residual?",
    "when did I first use noise?",
    "which runs failed last month?",
    "show the last run before today",
    "harmonic mean above 70 with GRU",
    "what learning rate did the best run use?",
    "why does the validation accuracy go down after the second session?",
    "who supervises the speech group in Osaka?",
)
SEARCHES = (
    "loss_lpc_shuffled",
    "lpc_loss 0.5",
    "noise probability",
    "why is the loss not going down",
    "residual and formant stream",
    '"harmonic mean"',
    "embeddings of the prototypes",
    "confusion between short words",
    "2025/04/11",
    "server broken",
    "temperature of the softmax",
    "how to avoid forgetting old keywords",
    "augmentation",
    "transfromer layer",
    "the base session is too strong",
    "out of memory",
)
CHOICES = {
    "noise_prob": ("0.0", "0.2", "0.4", "0.6", "0.8"),
    "sequential_layer": ("None", "GRU", "Transformer"),
    "lr_base": ("0.005", "0.01", "0.02"),
    "decay": ("0.0005", "0.001"),
    "epochs_base": ("50", "100", "200"),
    "loss_lpc": ("0.1", "0.5", "1", "2"),
    "loss_res_cls": ("0.1", "0.5", "1"),
    "temperature": ("8", "16", "32"),
    "seed": ("1", "2", "3", "4", "5"),
}


#: The letters of a run's id.
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


# -- the vault and its runs --------------------------------------------------------------------------------------------


def arrays(config: dict[str, str], draw: random.Random) -> dict[str, list[float]]:
    """Per-session figures by a hidden additive rule, with chance."""
    level = 66.0 + 3.0 * (config["sequential_layer"] == "GRU") + 2.0 * float(config["noise_prob"])
    level += float(config.get("loss_lpc", "0")) - 4.0 * (config["lr_base"] == "0.02") + draw.gauss(0.0, 0.8)
    seen = [round(96.0 - 0.7 * i + draw.random(), 3) for i in range(5)]
    unseen = [round(level - 3.5 * i + draw.random(), 3) for i in range(5)]
    harmonic = [round(2 * s * u / (s + u), 3) for s, u in zip(seen, unseen, strict=True)]
    accuracy = [
        round(97.0 + draw.random(), 3),
        *(round(0.8 * s + 0.2 * u, 3) for s, u in zip(seen, unseen, strict=True)),
    ]
    return {"accuracy": accuracy, "seen": seen, "unseen": unseen, "harmonic_mean": harmonic}


def walk(draw: random.Random, number: int) -> Iterator[dict[str, str]]:
    """Configurations as a researcher walks: one option changed against the last or one of the best."""
    config = {
        "lr_base": "0.005",
        "decay": "0.0005",
        "epochs_base": "100",
        "noise_prob": "0.0",
        "sequential_layer": "None",
    }
    kept = [config]
    for _ in range(number):
        config = dict(draw.choice(kept[-40:]))
        name = draw.choice(tuple(CHOICES))
        config[name] = draw.choice(CHOICES[name])
        kept.append(config)
        yield config


def command(config: dict[str, str]) -> list[str]:
    """The words of a run's command."""
    return ["python", "train.py", "trans", *(word for name, value in config.items() for word in (f"-{name}", value))]


def log_runs(vault: Path, configs: Sequence[dict[str, str]], last: datetime.date, draw: random.Random) -> None:
    """Appends runs to Server and Experiments, as typed by hand, in days before the journal's own."""
    server, results = [], []
    per_day = 12
    first = last - datetime.timedelta(days=len(configs) // per_day + 1)
    for number, config in enumerate(configs):
        day = f"{first + datetime.timedelta(days=number // per_day):%Y/%m/%d}"
        if number % per_day == 0:
            server.append(f"\n## {day}\n")
            results.append(f"\n## {day}\n")
        title = f"{config['sequential_layer']} layer, `noise_prob` {config['noise_prob']}, number {number}."
        options = " \\\n".join(f"  -{name} {value}" for name, value in config.items())
        server.append(f"- [x] {title}\n\n```sh gsc2.sh\npython train.py trans \\\n{options}\n```\n")
        server.append(f"> [!note] Result\n> [[Experiments#{day}]]\n---\n")
        figures = arrays(config, draw)
        results.append(f"> {title}\n> Server : [[Server#{day}]]\n{figures['accuracy']}\nSeen acc:\n{figures['seen']}\n")
        results.append(f"Unseen acc:\n{figures['unseen']}\nHarmonic mean:\n{figures['harmonic_mean']}\n\n")
    for name, lines in (("Server", server), ("Experiments", results)):
        file = vault / f"{name}.md"
        head, mark, tail = file.read_text("utf-8").partition("\n## ")
        file.write_text(head + "".join(lines) + mark + tail, "utf-8")


def add_run(runs_dir: Path, number: int, config: dict[str, str], when: datetime.datetime, draw: random.Random) -> str:
    """A finished run's directory, as its supervisor leaves it. Returns its id."""
    letters = [_LETTERS[number // 32**place % 32] for place in range(5, -1, -1)]
    identity = f"r{when:%Y%m%d}-{''.join(letters)}"
    root = runs_dir / identity
    root.mkdir(mode=0o700)
    argv = command(config)
    begun = when.astimezone()
    ended = begun + datetime.timedelta(minutes=draw.randint(20, 200))
    words = {
        "id": identity,
        "source": "launched",
        "argv": argv,
        "cwd": str(runs_dir),
        "title": f"{config['sequential_layer']} layer, noise {config['noise_prob']}",
        "config": dict(parse_options(argv)),
        "host": "local",
        "created_at": begun.isoformat(timespec="seconds"),
        "created_unix": begun.timestamp(),
    }
    (root / "command.json").write_text(json.dumps(words))
    (root / "record.json").write_text(json.dumps({"started_at": begun.isoformat(timespec="seconds")}))
    failed = draw.random() < 0.06
    over = {"status": "failed" if failed else "finished", "code": int(failed), "cause": "exit code 1" if failed else ""}
    (root / "exit.json").write_text(json.dumps({**over, "ended_at": ended.isoformat(timespec="seconds")}))
    if not failed:
        figures = arrays(config, draw)
        lines = [json.dumps({"step": 1, "loss": 0.5}), json.dumps({"step": 2, **figures})]
        (root / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    return identity


def make(root: Path, n_notes: int, n_runs: int) -> tuple[datetime.date, list[str]]:
    """Vault, run directories and config under `root`. Returns: the day to ask on, and the questions."""
    draw = random.Random(SEED)
    questions = make_journal(root / "vault", SEED, n_notes)
    today = datetime.date.fromisoformat(questions[0].today)
    configs = list(walk(draw, n_runs))
    n_logged = int(n_runs * LOGGED_SHARE)
    log_runs(root / "vault", configs[:n_logged], today - datetime.timedelta(days=100), draw)
    runs_dir = root / "state" / "data" / "runs"
    runs_dir.mkdir(parents=True, mode=0o700)
    launched = configs[n_logged:]
    for number, config in enumerate(launched):
        ago = 200 * (len(launched) - number) / len(launched)
        when = datetime.datetime.combine(today, datetime.time(9)) - datetime.timedelta(days=ago)
        add_run(runs_dir, number, config, when, draw)
    (root / "config.toml").write_text("[write]\nenabled = false\n")
    own = [question.question for question in questions if not question.as_of]
    return today, list(dict.fromkeys([*QUESTIONS, *draw.sample(own, min(len(own), 30))]))


# -- asking ------------------------------------------------------------------------------------------------------------


def cpu_seconds(pid: int) -> float:
    """Processor time a process has spent so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank; the largest value for small samples."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(call: Callable[[], Any], pid: int) -> tuple[Any, float, float]:
    """(result, milliseconds, milliseconds of processor time in the daemon)."""
    spent, begun = cpu_seconds(pid), time.perf_counter()
    result = call()
    seconds = time.perf_counter() - begun
    return result, 1000 * seconds, 1000 * (cpu_seconds(pid) - spent)


def report(kinds: dict[str, list[tuple[float, float]]]) -> list[dict[str, Any]]:
    """One row a kind: how many, median, 95th percentile, mean processor time."""
    rows = []
    for kind, listed in sorted(kinds.items()):
        milliseconds = [one for one, _ in listed]
        rows.append(
            {
                "kind": kind,
                "asked": len(listed),
                "p50_ms": round(percentile(milliseconds, 0.5), 1),
                "p95_ms": round(percentile(milliseconds, 0.95), 1),
                "cpu_ms": round(sum(cpu for _, cpu in listed) / len(listed), 1),
            }
        )
    return rows


def bare(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without what changes from call to call: the coverage, and the clock of what runs now."""
    kept = {key: value for key, value in answer.items() if key != "coverage"}
    kept["figures"] = sorted(answer["figures"], key=str)
    return {} if answer["plan"]["kind"] == "status" else kept


class Asked:
    """Times and answers of one daemon."""

    def __init__(self, client: DaemonClient, today: datetime.date, pid: int) -> None:
        self.client, self.today, self.pid = client, today.isoformat(), pid
        self.answers: dict[str, Any] = {}
        self.slowest: dict[str, float] = {}

    def ask(self, question: str, into: dict[str, list[tuple[float, float]]]) -> None:
        """One question; its time goes to its kind and to all."""
        params = {"question": question, "today": self.today, "model": False}
        answer, milliseconds, cpu = timed(lambda: self.client.call("ask", params), self.pid)
        for kind in (answer["plan"]["kind"], "ALL QUESTIONS"):
            into.setdefault(kind, []).append((milliseconds, cpu))
        self.answers[question] = bare(answer)
        self.slowest[question] = max(milliseconds, self.slowest.get(question, 0.0))

    def search(self, query: str, into: dict[str, list[tuple[float, float]]]) -> None:
        """One search."""
        params = {"query": query, "today": self.today}
        found, milliseconds, cpu = timed(lambda: self.client.call("search", params), self.pid)
        into.setdefault("search", []).append((milliseconds, cpu))
        self.answers[f"search: {query}"] = [[hit["link"], hit["text"]] for hit in found]


def wait_for_vectors(client: DaemonClient, seconds: float) -> bool:
    """Waits until the daemon says that its vectors are there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if client.call("info")["vectors"] == "ready":
            return True
        time.sleep(0.25)
    return False


def cold_ask(root: Path, settings: Settings, today: datetime.date) -> tuple[float, dict[str, Any]]:
    """Seconds of one `kwslab ask --no-model` that has to start the daemon."""
    DaemonClient(settings, start=False).stop_daemon()
    begun = time.perf_counter()
    words = ["ask", "--json", "--no-model", "--vault", str(root / "vault"), "--state", str(root / "state")]
    words += ["--today", today.isoformat(), "what did I run last week on the GPU?"]
    done = subprocess.run(
        [sys.executable, "-m", "assistant", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "KWSLAB_CONFIG": str(root / "config.toml")},
        check=False,
    )
    seconds = time.perf_counter() - begun
    if done.returncode not in (0, 3):
        raise SystemExit(f"the cold question failed: {done.stderr}")
    return seconds, json.loads(done.stdout)


def measure(root: Path, today: datetime.date, questions: list[str], options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one state. The daemon is ended afterwards."""
    os.environ["KWSLAB_CONFIG"] = str(root / "config.toml")
    settings = load(vault=str(root / "vault"), state=str(root / "state"))
    client = DaemonClient(settings)
    figures: dict[str, Any] = {"questions": len(questions), "rounds": options.rounds}
    draw = random.Random(1)
    try:
        begun = time.perf_counter()
        first = client.call("ask", {"question": questions[0], "today": today.isoformat(), "model": False})
        figures["first_answer_with_nothing_indexed_seconds"] = round(time.perf_counter() - begun, 2)
        info = client.call("info")
        pid = int(info["pid"])
        asked = Asked(client, today, pid)
        figures["notes"], figures["chunks"] = first["coverage"]["notes"], client.call("info")["chunks"]
        figures["runs"] = first["coverage"]["records"]
        meanwhile: dict[str, list[tuple[float, float]]] = {}
        begun = time.perf_counter()
        if not options.words_only:
            while client.call("info")["vectors"] != "ready":
                asked.ask(draw.choice(questions), meanwhile)
                asked.search(draw.choice(SEARCHES), meanwhile)
                time.sleep(0.5)
            figures["vectors_seconds"] = round(time.perf_counter() - begun, 1)
            figures["while_vectors_are_made"] = report(meanwhile)
        for question in questions:  # Warm: each was asked before.
            asked.ask(question, {})
        for query in SEARCHES:
            asked.search(query, {})
        asked.slowest.clear()
        kinds: dict[str, list[tuple[float, float]]] = {}
        for _ in range(options.rounds):
            for question in draw.sample(questions, len(questions)):
                asked.ask(question, kinds)
            for query in draw.sample(SEARCHES, len(SEARCHES)):
                asked.search(query, kinds)
                asked.search(f"{query} {draw.randrange(10**6)}", kinds)  # One never asked before.
        figures["warm"] = report(kinds)
        slow = sorted(asked.slowest.items(), key=lambda item: -item[1])[:8]
        figures["slowest"] = {question: round(value, 1) for question, value in slow}
        asked.answers = {key: value for key, value in asked.answers.items() if not key[-6:].strip().isdigit()}
        config = next(walk(random.Random(9), 1))
        when = datetime.datetime.combine(today, datetime.time(8))
        identity = add_run(settings.runs_dir, 10**6 + int(time.time()) % 10**6, config, when, random.Random(3))
        _, figures["next_after_a_new_run_ms"], _ = timed(
            lambda: client.call("next", {"top": 3, "as_of": today.isoformat()}), pid
        )
        if client.call("show", {"id": identity})["id"] != identity:
            raise SystemExit("the run that was added is not known")
        figures["answers"] = asked.answers
        seconds, answer = cold_ask(root, settings, today)
        figures["cold_ask_seconds"], figures["cold_ask_says"] = round(seconds, 2), answer["coverage"]["line"]
    finally:
        with contextlib.suppress(Exception):
            client.stop_daemon()
        client.close()
    return figures


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Questions whose answer is another one than before."""
    return [question for question, answer in after.items() if question in before and before[question] != answer]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="makes vault and state there, or uses what is there")
    parser.add_argument("--words-only", action="store_true", help="does not wait for the vectors")
    parser.add_argument("--save", type=Path, help="keeps the answers")
    parser.add_argument("--against", type=Path, help="compares the answers with kept ones")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        root = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        made = root / "made.json"
        if made.is_file():
            kept = json.loads(made.read_text("utf-8"))
            today, questions = datetime.date.fromisoformat(kept["today"]), kept["questions"]
        else:
            today, questions = make(root, options.notes, options.runs)
            made.write_text(json.dumps({"today": today.isoformat(), "questions": questions}), "utf-8")
        figures = measure(root, today, questions, options)
    answers = figures.pop("answers")
    if options.save:
        options.save.write_text(json.dumps(answers, indent=1, ensure_ascii=False, sort_keys=True), "utf-8")
    if options.against:
        figures["other_answers_than_kept"] = changed(json.loads(options.against.read_text("utf-8")), answers)
    if options.json:
        print(json.dumps(figures, indent=1, ensure_ascii=False))
        return
    for name, value in figures.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            print(f"{name}:")
            for row in value:
                print("  {kind:14} {asked:5}  p50 {p50_ms:7.1f}  p95 {p95_ms:7.1f}  cpu {cpu_ms:7.1f} ms".format(**row))
        elif isinstance(value, dict):
            print(f"{name}:")
            for question, milliseconds in value.items():
                print(f"  {milliseconds:8.1f} ms  {question}")
        else:
            print(f"{name}: {value}")


if __name__ == "__main__":
    main()
