"""The `kwslab` command. A thin client: `--help` and the first screen load nothing heavy."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import assistant
from assistant.errors import AssistantError, DaemonError, HostError, ModelUnavailable, UsageError
from assistant.terminal import document, printable

if TYPE_CHECKING:
    from assistant.client import Client
    from assistant.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])

#: So many runs are listed as text unless asked for more.
SHOWN_RUNS = 50

#: A run that was just launched is watched for so long.
EARLY_SECONDS = 2.0

#: Exit code of `ask` when the notes and runs hold no answer.
FOUND_NOTHING = 3


class Group(click.Group):
    """Lists commands in the order of a working day, and turns every known error into one line and its exit code."""

    # fmt: off
    ORDER = (
        "demo", "init", "doctor", "index", "ask", "search", "runs", "show", "check", "status",
        "next", "launch", "run", "host", "queue", "stop", "logs", "note", "sync", "undo", "models", "daemon",
    )
    # fmt: on

    def list_commands(self, context: click.Context) -> list[str]:
        """The commands, in the order of a working day."""
        return sorted(
            super().list_commands(context), key=lambda name: self.ORDER.index(name) if name in self.ORDER else 99
        )

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the command line. Known errors go to stderr as one message; a broken pipe or Ctrl-C ends quietly."""
        try:
            return super().main(*args, **kwargs)
        except AssistantError as error:
            click.echo(f"kwslab: {printable(str(error))}", err=True)
            sys.exit(error.exit_code)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)


class Context:
    """What the options every command takes add up to."""

    def __init__(self, as_json: bool, vault: str | None, state: str | None, no_daemon: bool) -> None:
        self.as_json = as_json
        self.no_daemon = no_daemon
        self._vault, self._state = vault, state
        self._client: Client | None = None

    @property
    def settings(self) -> Settings:
        """The configuration with the command line applied. Raises SettingsError."""
        from assistant import settings

        return settings.load(vault=self._vault, state=self._state)

    @property
    def client(self) -> Client:
        """The daemon's client, or this process's own with --no-daemon."""
        if self._client is None:
            from assistant.client import DaemonClient, LocalClient

            self._client = LocalClient(self.settings) if self.no_daemon else DaemonClient(self.settings)
        return self._client

    def call(self, operation: str, /, **params: Any) -> Any:
        """One operation without events."""
        return self.client.call(operation, {k: v for k, v in params.items() if v is not None})

    def close(self) -> None:
        """Closes the client, if one was made."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def emit(self, value: Any, show: Callable[[Any], None]) -> None:
        """Prints the value: one JSON document with --json, else as `show` words it, free of terminal commands."""
        if self.as_json:
            click.echo(_document(value))
        else:
            show(printable(value))


def _document(value: Any) -> str:
    """One JSON document; of a long list one entry a line, since indenting thousands takes seconds."""
    if isinstance(value, list) and len(value) > 200:
        return "[\n" + ",\n".join(document(item, indent=None) for item in value) + "\n]"
    return document(value)


def common(command: Command) -> Command:
    """Adds --json, --vault, --state and --no-daemon, and passes them on as one Context."""
    import functools

    @functools.wraps(command)
    def wrapped(*args: Any, as_json: bool, vault: str | None, state: str | None, no_daemon: bool, **kwargs: Any) -> Any:
        root = click.get_current_context().find_root().params
        context = Context(
            as_json or bool(root.get("as_json")),
            vault or root.get("vault"),
            state or root.get("state"),
            no_daemon or bool(root.get("no_daemon")),
        )
        try:
            return command(context, *args, **kwargs)
        finally:
            context.close()

    decorated: Any = wrapped
    for option in reversed(_COMMON):
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


_COMMON = (
    click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else there."),
    click.option("--vault", metavar="DIR", help="The vault; else from the configuration."),
    click.option("--state", metavar="DIR", help="Where runs, journal and index are kept; else the XDG directories."),
    click.option("--no-daemon", is_flag=True, help="Do it in this process."),
)


@click.group(cls=Group, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(assistant.__version__, prog_name="kwslab")
@_COMMON[0]
@_COMMON[1]
@_COMMON[2]
@_COMMON[3]
@click.pass_context
def main(context: click.Context, as_json: bool, vault: str | None, state: str | None, no_daemon: bool) -> None:
    """The lab partner that knows what you ran and what to run next. Without a command: the terminal interface."""
    if context.invoked_subcommand is not None:
        return
    if as_json:
        raise UsageError("--json needs a command. `kwslab --help` lists them.")
    here = Context(False, vault, state, no_daemon)
    try:
        from assistant.tui.app import KwslabApp

        _ = here.settings.vault_path  # Says what to do when there is none, before the screen is taken.
        KwslabApp(here.client).run()
    finally:
        here.close()


# -- set-up ------------------------------------------------------------------------------------------------------------


@main.command()
@click.option("--dir", "directory", metavar="D", help="Where the demo is made. Default: ~/kwslab-demo")
@click.option("--yes", is_flag=True, help="Launch the suggested experiment without asking.")
@common
def demo(context: Context, directory: str | None, yes: bool) -> None:
    """The whole main job on an embedded default, start to end."""
    from assistant import demo as demonstration

    result = demonstration.run(Path(directory or "~/kwslab-demo").expanduser(), yes=yes, quiet=context.as_json)
    if context.as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))


@main.command()
@click.option("--vault", "vault_dir", metavar="DIR", help="Your Obsidian vault.")
@click.option("--project", metavar="DIR", help="Your training code.")
@click.option("--state", metavar="DIR", help="Where runs, journal and index are kept; else the XDG directories.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else there.")
@click.option("--no-daemon", is_flag=True, help="Do it in this process.")
def init(vault_dir: str | None, project: str | None, state: str | None, as_json: bool, no_daemon: bool) -> None:
    """Writes the commented configuration, checks everything, says what is missing."""
    from assistant import doctor

    root = click.get_current_context().find_root().params
    vault_dir, state = vault_dir or root.get("vault"), state or root.get("state")
    if not vault_dir:
        raise UsageError("init needs to know your vault: kwslab init --vault DIR [--project DIR]")
    message = doctor.write_config(Path(vault_dir), Path(project) if project else None)
    context = Context(as_json or bool(root.get("as_json")), vault_dir, state, no_daemon)
    try:
        found = doctor.examine(context.settings, context.client)
        context.emit(
            {"config": str(context.settings.config_file), "message": message, "parts": found},
            _show_init,
        )
    finally:
        context.close()
    if any(part["state"] == "bad" for part in found):
        sys.exit(1)


@main.command(name="doctor")
@common
def doctor_(context: Context) -> None:
    """Each part's state: vault, index, model, GPU, disk; what to do about each problem."""
    from assistant import doctor

    found = doctor.examine(context.settings, context.client)
    context.emit(found, _show_doctor)
    if any(part["state"] == "bad" for part in found):
        sys.exit(1)


def _show_init(result: dict[str, Any]) -> None:
    click.echo(result["message"])
    _show_doctor(result["parts"])


def _show_doctor(found: list[dict[str, str]]) -> None:
    signs = {"ok": ("ok  ", "green"), "warn": ("note", "yellow"), "bad": ("BAD ", "red")}
    for part in found:
        word, colour = signs[part["state"]]
        click.echo(f"{click.style(word, fg=colour)}  {part['part']:<10} {part['message']}")
        if part.get("todo") and part["state"] != "ok":
            click.echo(f"      {'':<10} -> {part['todo']}")


@main.command()
@click.option("--rebuild", is_flag=True, help="Delete what is derived and make it again.")
@common
def index(context: Context, rebuild: bool) -> None:
    """Brings the index in step with the notes."""
    bar = _Progress(context.as_json)
    result = context.client.call("index", {"rebuild": rebuild}, bar.event)
    bar.done()
    for problem in result["problems"]:
        click.echo(f"note: {problem}", err=True)
    context.emit(
        {key: result[key] for key in ("notes", "chunks", "embedded", "removed", "seconds")},
        lambda r: click.echo(
            f"{r['notes']} notes, {r['chunks']} chunks; "
            f"{r['embedded']} embedded, {r['removed']} removed, {r['seconds']:.1f} s"
        ),
    )


class _Progress:
    """One line on stderr that is rewritten; silent when stderr is no terminal."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet or not sys.stderr.isatty()
        self._last = 0.0

    def event(self, event: dict[str, Any]) -> None:
        """Shows an event of type progress."""
        now = time.monotonic()
        if self.quiet or event.get("type") != "progress" or now - self._last < 0.1:
            return
        self._last = now
        total = event.get("total") or 0
        share = f" {100 * event['done'] // total}%" if total else ""
        click.echo(f"\r\033[K{event['what']}: {event['done']}/{total}{share}", nl=False, err=True)

    def done(self) -> None:
        """Clears the line."""
        if not self.quiet and self._last:
            click.echo("\r\033[K", nl=False, err=True)


# -- questions ---------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("question", nargs=-1)
@click.option("--today", metavar="D", help="Answer as if today were this day (moves the calendar only).")
@click.option("--as-of", metavar="D", help="Answer as if nothing dated later existed.")
@click.option("--no-model", is_flag=True, help="The composed answer alone.")
@click.option(
    "--batch", metavar="F", help="Questions from a file of JSON lines {id, question, today, as_of?}; - for stdin."
)
@common
def ask(
    context: Context, question: tuple[str, ...], today: str | None, as_of: str | None, no_model: bool, batch: str | None
) -> None:
    """Answers a question from notes and runs, with citations; says so when they hold no answer."""
    if batch is not None:
        if question:
            raise UsageError("give either a question or --batch FILE, not both.")
        _ask_batch(context, batch, today, as_of, no_model)
        return
    params = {"question": printable(" ".join(question)), "today": today, "as_of": as_of, "model": not no_model}
    if not context.as_json:
        params["conversation"] = "desk"  # "and the week before?" goes on with the last question.
    printed: list[str] = []

    def event(message: dict[str, Any]) -> None:
        if context.as_json:
            return
        if message["type"] == "composed":
            _show_answer(message["answer"], rest=False)
        elif message["type"] == "sentence":
            click.echo(f"{'' if 'sentence' in printed else chr(10)}{printable(message['text'])} ", nl=False)
        printed.append(message["type"])

    result = context.client.call("ask", {k: v for k, v in params.items() if v is not None}, event)
    if context.as_json:
        click.echo(document(result))
    else:
        if "sentence" in printed:
            click.echo("")
        _show_answer(result, body="composed" not in printed)
    if not result["answered"]:
        sys.exit(FOUND_NOTHING)


def _show_answer(result: dict[str, Any], *, body: bool = True, rest: bool = True) -> None:
    result = printable(result)
    if body:
        click.echo(result["answer"])
    if rest:
        if result["citations"]:
            click.echo("")
            for number, citation in enumerate(result["citations"], 1):
                click.echo(click.style(f"[{number}] {citation['link']}", fg="cyan"))
        click.echo(click.style(f"\n{result['coverage'].get('line', '')}", dim=True))


def _ask_batch(context: Context, path: str, today: str | None, as_of: str | None, no_model: bool) -> None:
    try:
        lines = (sys.stdin if path == "-" else Path(path).open(encoding="utf-8")).read().split("\n")  # noqa: SIM115
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"--batch {path}: cannot be read ({error}). Give a file of JSON lines {{id, question, today}}."
        ) from error
    asked = [line for line in lines if line.strip()]
    for number, line in enumerate(asked, 1):
        answer: dict[str, Any]
        name: Any = number
        try:
            item = json.loads(line)
            if not isinstance(item, dict) or not isinstance(item.get("question"), str):
                raise ValueError("a JSON object with id and question is needed")
            name = item.get("id", number)
            params = {
                "question": item["question"],
                "today": item.get("today") or today,
                "as_of": item.get("as_of") or as_of,
                "model": not no_model,
            }
            result = context.client.call("ask", {k: v for k, v in params.items() if v is not None})
            places = [
                f"{c['note']}#{c['heading']}".removesuffix("#" * c["link"].startswith("/")) for c in result["citations"]
            ]
            answer = {"id": name, **result, "citations": places}
        except (ValueError, AssistantError) as error:
            click.echo(f"line {number}: {printable(str(error))}", err=True)
            answer = {"id": name, "answer": "", "citations": [], "answered": False, "error": str(error)}
        click.echo(document(answer, indent=None))


@main.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--top", default=8, show_default=True, metavar="K", help="How many passages.")
@click.option("--today", metavar="D", help="Move the calendar.")
@common
def search(context: Context, query: tuple[str, ...], top: int, today: str | None) -> None:
    """Passages of the notes, best first."""

    def show(hits: list[dict[str, Any]]) -> None:
        if not hits:
            click.echo("nothing found")
        for hit in hits:
            click.echo(click.style(f"{hit['link']}", fg="cyan") + f"  {hit['date'] or ''}  {hit['score']:.3f}")
            lines = [line for line in hit["text"].splitlines() if line.strip()]
            for line in lines[:4]:
                click.echo(f"    {line[:110]}")

    context.emit(context.call("search", query=" ".join(query), top=top, today=today), show)


# -- runs --------------------------------------------------------------------------------------------------------------


@main.command()
@click.option("--since", metavar="D")
@click.option("--until", metavar="D")
@click.option("--source", metavar="S", help="launched, observed or logged.")
@click.option("--status", metavar="S", help="running, finished, failed, stopped, lost or unknown.")
@click.option("--where", multiple=True, metavar="K=V", help="An option and its value; may be given several times.")
@click.option("--sort", metavar="METRIC", help="Best first by a metric, such as harmonic_mean.")
@click.option("--top", type=click.IntRange(0), metavar="K", help=f"The first K; 0: all. As text: {SHOWN_RUNS}.")
@common
def runs(context: Context, top: int | None, **filters: Any) -> None:
    """What ran: launched here, seen on a GPU, or written down in the notes."""
    filters["where"] = list(filters["where"])
    if top is None:
        top = 0 if context.as_json else SHOWN_RUNS
    filters["limit"] = top or None
    more: list[bool] = []

    def event(message: dict[str, Any]) -> None:
        more.append(message["type"] == "more")

    found = context.client.call("runs", {key: value for key, value in filters.items() if value is not None}, event)
    context.emit(found, _show_runs)
    if any(more) and not context.as_json:
        click.echo(f"... the first {len(found)}: --top 0 lists all; --since, --status, --where and --sort choose")


def _show_runs(records: list[dict[str, Any]]) -> None:
    if not records:
        click.echo("no runs")
        return
    width = max(len(record["id"]) for record in records)
    for record in records:
        verdict = " !" if any(v.startswith(("fail", "error")) for v in record["verdicts"]) else ""
        head = f"{record['date']}  {record['id']:<{width}}  {record['status']:<8}"
        line = f"{head} {key_figure(record):<14} {record['title'][:60]}"
        click.echo(line.rstrip() + click.style(verdict, fg="red"))


def key_figure(record: dict[str, Any]) -> str:
    """The one figure a list shows: the last session's harmonic mean or accuracy, else the first metric's last value."""
    metrics = record["metrics"]
    for name, short in (("harmonic_mean", "HM"), ("accuracy", "acc")):
        values = metrics.get(name)
        if isinstance(values, list) and values:
            return f"{short} {values[-1]:.2f}"
    for name, value in metrics.items():
        if isinstance(value, dict) and isinstance(value.get("last"), int | float):
            return f"{name} {value['last']:.4g}"
    return ""


@main.command()
@common
def check(context: Context) -> None:
    """Contradictions and oddities in notes and runs, each with its places."""

    def display(findings: list[dict[str, Any]]) -> None:
        for item in findings:
            click.echo(f"{click.style(item['kind'], bold=True)}: {item['message']}")
            for place in item["where"]:
                click.echo(f"    {place}")
        if not findings:
            click.echo("nothing odd found")

    context.emit(context.call("check"), display)


@main.command()
@click.argument("run")
@common
def show(context: Context, run: str) -> None:
    """One record whole."""

    def display(record: dict[str, Any]) -> None:
        click.echo(click.style(record["title"] or record["id"], bold=True))
        for key in (
            "id",
            "source",
            "date",
            "status",
            "exit_code",
            "cause",
            "started_at",
            "ended_at",
            "host",
            "cwd",
            "link",
            "directory",
        ):
            if record[key] not in ("", None):
                shown = str(record[key])
                if key in ("started_at", "ended_at"):
                    shown = shown[:19].replace("T", " ")
                click.echo(f"  {key:<12} {shown}")
        if record["argv"]:
            import shlex

            click.echo(f"  {'command':<12} {shlex.join(record['argv'])}")
        for name, value in record["metrics"].items():
            text = value if isinstance(value, list) else ", ".join(f"{k} {v}" for k, v in value.items())
            click.echo(f"  {name:<12} {text}")
        for line in _snapshot_lines(record.get("snapshot") or {}):
            click.echo(f"  {line}")
        if record.get("prediction"):
            click.echo(f"  {'prediction':<12} {record['prediction']['text']}")
        code = record.get("code") or {}
        for said in (code.get("words"), *code.get("problems", ())):
            if said:
                click.echo(f"  {'code':<12} against {code['against']}: {said}")
        for key in ("verdicts", "remarks", "note_links"):
            for item in record[key]:
                click.echo(f"  {key[:-1]:<12} {item}")
        for other in record["joined"]:
            click.echo(f"  {'perhaps':<12} probably the same run as {other}")

    context.emit(context.call("show", id=run), display)


def _snapshot_lines(code: dict[str, Any]) -> list[str]:
    lines = []
    if code.get("commit"):
        changed = f", with a patch of {code['patch_bytes']} bytes" if code.get("dirty") else ""
        lines.append(f"{'commit':<12} {code['commit'][:12]} on {code.get('branch')}{changed}")
    if code.get("python"):
        lines.append(f"{'python':<12} {code['python']}, {code.get('packages_count', 0)} packages")
    lines += [f"{'hash':<12} {digest[:16]}  {name}" for name, digest in code.get("hashes", {}).items()]
    lines += [f"{'not frozen':<12} {words}" for words in code.get("frozen", ())]
    return lines + [f"{'not saved':<12} {words}" for words in code.get("problems", ())]


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--name", default="", metavar="N", help="A title for the run.")
@click.option("--task", default="", metavar="LINK", help="The to-do item it is for, such as '[[April#2025/04/16]]'.")
@click.option("--detach", is_flag=True, help="Do not wait for it.")
@click.option("--after", multiple=True, metavar="RUN", help="Wait until this run has finished well.")
@click.option("--gpus", default=0, metavar="N", help="Wait for N free GPUs; they are leased to the run.")
@click.option("--mem", type=int, metavar="MB", help="Memory it needs of each GPU; others may share the rest.")
@click.option("--host", default="", metavar="H", help="Run it on this host, in its project directory.")
@click.option("--frozen", is_flag=True, help="Start it in a copy of the code: commit, changes, small new files.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
@common
def run(
    context: Context,
    name: str,
    task: str,
    detach: bool,
    after: tuple[str, ...],
    gpus: int,
    mem: int | None,
    host: str,
    frozen: bool,
    command: tuple[str, ...],
) -> None:
    """Records and supervises any command: kwslab run -- python train.py ..."""
    params: dict[str, Any] = {"argv": list(command), "cwd": str(Path.cwd()), "env": dict(os.environ)}
    params |= {"name": name, "task": task}
    params |= {"after": list(after), "gpus": gpus, "frozen": frozen}
    started = context.call("run", **params, memory_mb=mem, host=host or None)
    for words in started.get("frozen", ()):
        click.echo(f"not frozen: {words}", err=True)
    if detach:
        context.emit({"id": started["id"]}, lambda value: click.echo(value["id"]))
        return
    if started["status"] == "waiting":
        _wait_for_start(context, started["id"])
    sys.exit(_follow(context, started["id"]))


def _wait_for_start(context: Context, id: str) -> None:
    """Says what a queued run waits for until it starts. Ctrl-C takes it out of the queue."""
    said = ""
    try:
        while True:
            entry = next((e for e in _patient(context, "queue") if e["id"] == id), None)
            if entry is None:
                return
            if entry["why"] and entry["why"] != said:
                said = entry["why"]
                click.echo(f"run {id} waits: {said}", err=True)
            time.sleep(1.0)
    except KeyboardInterrupt:
        _patient(context, "queue", drop=id)
        click.echo(f"\nrun {id} was taken out of the queue", err=True)
        sys.exit(130)


def _follow(context: Context, id: str) -> int:
    """Shows a run's output until it ends. Ctrl-C stops the run; losing the terminal does not. Returns its exit code."""
    if not context.as_json:
        click.echo(f"run {id}: Ctrl-C stops it; closing this terminal does not", err=True)
    offset, said = 0, ""
    while True:
        try:
            piece = _patient(context, "logs", id=id, offset=offset)
            if piece["text"] and not context.as_json:
                click.echo(piece["text"], nl=False)
            more, offset = piece["offset"] != offset, piece["offset"]
            if piece["ended"] and not more:
                break
            if piece.get("lost", "") != said:
                said = piece.get("lost", "")
                click.echo(f"run {id}: {said or 'contact is back'}" + ("; it goes on" if said else ""), err=True)
            if not more:
                time.sleep(0.2)
        except KeyboardInterrupt:
            click.echo(f"\nstopping {id} ...", err=True)
            try:
                _patient(context, "stop", id=id)
            except HostError as error:
                click.echo(f"kwslab: {error}", err=True)
                sys.exit(130)
    record = _patient(context, "show", id=id)
    if context.as_json:
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
    elif record["status"] != "finished":
        click.echo(f"run {id}: {record['status']}" + (f" ({record['cause']})" if record["cause"] else ""), err=True)
    code = record["exit_code"]
    return 1 if code is None else (128 - code if code < 0 else code)


def _patient(context: Context, operation: str, /, **params: Any) -> Any:
    """An operation that outlives the daemon: a lost one is started again and asked once more."""
    for attempt in range(5):
        try:
            return context.call(operation, **params)
        except DaemonError:
            if attempt == 4:
                raise
            time.sleep(0.3)
    raise AssertionError("unreachable")


@main.command()
@click.argument("run")
@common
def stop(context: Context, run: str) -> None:
    """Ends a run: asks, waits, then kills its whole tree."""
    context.emit(context.call("stop", id=run), lambda record: click.echo(f"{record['id']}: {record['status']}"))


@main.command()
@click.argument("run")
@click.option("-f", "--follow", is_flag=True, help="Go on until the run ends.")
@common
def logs(context: Context, run: str, follow: bool) -> None:
    """A run's output."""
    pieces: list[str] = []
    offset, ended = 0, False
    try:
        while True:
            piece = _patient(context, "logs", id=run, offset=offset)
            more, offset, ended = piece["offset"] != offset, piece["offset"], piece["ended"]
            if context.as_json:
                pieces.append(piece["text"])
            else:
                click.echo(piece["text"], nl=False)
            if not more:
                if ended or not follow:
                    break
                time.sleep(0.2)
    except KeyboardInterrupt:
        sys.exit(130)
    if context.as_json:
        click.echo(json.dumps({"id": run, "text": "".join(pieces), "ended": ended}, ensure_ascii=False))


@main.command()
@click.option("--host", default="", metavar="H", help="Of this host, whole.")
@common
def status(context: Context, host: str) -> None:
    """What each GPU and run is doing now, each fact with its age."""
    context.emit(context.call("status", host=host or None), _show_status)


def _show_status(facts: dict[str, Any]) -> None:
    for line in facts.get("lines", []):
        click.echo(line)
    for words in facts.get("words", []):
        click.echo(f"note: {words}", err=True)


# -- hosts -------------------------------------------------------------------------------------------------------------


@main.group()
def host() -> None:
    """Machines reached by ssh, where runs are started, followed and queued."""


def _show_checks(parts: list[dict[str, str]]) -> None:
    _show_doctor(parts)


def _checked_host(context: Context, name: str) -> list[dict[str, str]]:
    """Checks a host. On a terminal ssh may ask for a host key, a passphrase or a code, once."""
    parts: list[dict[str, str]] = context.call("host_check", name=name)
    asks = parts[0].get("kind") in ("permission denied", "host key unknown")
    if asks and not context.as_json and sys.stdin.isatty() and sys.stderr.isatty():
        from assistant.machines import log_in

        click.echo(f"kwslab: {parts[0]['message']}\nTrying once by hand:", err=True)
        if log_in(context.settings, name):
            parts = context.call("host_check", name=name)
    return parts


@host.command(name="add")
@click.argument("name")
@click.argument("ssh")
@click.option("--project", default="", metavar="DIR", help="The directory there that commands are started in.")
@click.option("--env", default="", metavar="CMD", help="Makes the environment there, such as 'conda activate kws'.")
@click.option("--port", default=0, metavar="N", help="Of its ssh server; else as ~/.ssh/config says.")
@click.option("--python", default="python3", show_default=True, metavar="P", help="There, 3.8 or newer, for kwslab.")
@click.option("--dir", "directory", default="", metavar="DIR", help="Where kwslab keeps its files there.")
@click.option("--ssh-config", default="", metavar="F", help="Another file than ~/.ssh/config.")
@common
def host_add(
    context: Context,
    name: str,
    ssh: str,
    project: str,
    env: str,
    port: int,
    python: str,
    directory: str,
    ssh_config: str,
) -> None:
    """Adds a machine: kwslab host add gpu user@server --project DIR --env 'conda activate kws'. SSH may be an alias."""
    from assistant.machines import add_host
    from assistant.settings import HostSettings

    file = context.settings.config_file
    ssh_config = str(Path(ssh_config).expanduser().absolute()) if ssh_config else ""
    new = add_host(file, name, HostSettings(ssh, project, env, port, python, directory, ssh_config))
    parts = _checked_host(context, name)

    def display(value: dict[str, Any]) -> None:
        click.echo(f"{name} is written into {file}" if new else f"{name} is in {file} already")
        _show_checks(parts)

    context.emit({"name": name, "added": new, "parts": parts}, display)
    if any(part["state"] == "bad" for part in parts):
        sys.exit(1)


@host.command(name="list")
@common
def host_list(context: Context) -> None:
    """Every host, and whether it answers."""

    def display(found: list[dict[str, Any]]) -> None:
        for item in found:
            since = f"{item['state']} since {item['since'][:16].replace('T', ' ')}"
            going = f", {len(item['open_runs'])} of its runs are not over" if item["open_runs"] else ""
            click.echo(f"{item['name']:<12} {item['ssh']}  {item['project'] or '~'}  {since}{going}")
            if item["problem"]:
                click.echo(f"{'':<12} {item['problem']}")
        if not found:
            click.echo("no hosts; add one: kwslab host add NAME user@server --project DIR --env 'conda activate kws'")

    context.emit(context.call("hosts"), display)


@host.command(name="check")
@click.argument("name")
@common
def host_check(context: Context, name: str) -> None:
    """Everything a run there needs, and what to do about what is missing."""
    parts = _checked_host(context, name)
    context.emit({"name": name, "parts": parts}, lambda value: _show_checks(value["parts"]))
    if any(part["state"] == "bad" for part in parts):
        sys.exit(1)


@host.command(name="remove")
@click.argument("name")
@click.option("--force", is_flag=True, help="Although runs go on there, whose end will not be known here.")
@common
def host_remove(context: Context, name: str, force: bool) -> None:
    """Takes a machine out of the configuration. Nothing is stopped or deleted there."""
    from assistant.machines import Machines, remove_host

    settings = context.settings
    open_runs = Machines(settings).open_runs(name)
    if open_runs and not force:
        raise HostError(
            f"{len(open_runs)} runs of {name} are not over ({', '.join(open_runs[:3])}). Wait for them or stop them; "
            "with --force they go on there and their end is not known here."
        )
    remove_host(settings.config_file, name)
    context.emit({"name": name, "removed": True}, lambda value: click.echo(f"{name} is no host any more"))


@main.group(name="queue")
def queue_() -> None:
    """What waits for a GPU or for another run."""


def _show_queue(entries: list[dict[str, Any]]) -> None:
    import shlex

    for number, entry in enumerate(entries, 1):
        there = "" if entry["host"] == "local" else f"  on {entry['host']}"
        click.echo(f"{number}  {entry['id']}{there}  {entry['title'] or shlex.join(entry['argv'])[:60]}")
        click.echo(f"   {entry['why'] or 'starts next'}")
    if not entries:
        click.echo("nothing waits")


@queue_.command(name="list")
@common
def queue_list(context: Context) -> None:
    """What waits, the next one first, and for what."""
    context.emit(context.call("queue"), _show_queue)


@queue_.command(name="move")
@click.argument("run")
@click.argument("place", type=int)
@common
def queue_move(context: Context, run: str, place: int) -> None:
    """Puts a waiting run at a place, 1 being the next."""
    context.emit(context.call("queue", move=run, place=place), _show_queue)


@queue_.command(name="drop")
@click.argument("run")
@common
def queue_drop(context: Context, run: str) -> None:
    """Takes a waiting run out."""
    context.emit(context.call("queue", drop=run), _show_queue)


# -- next --------------------------------------------------------------------------------------------------------------


@main.command(name="next")
@click.option("--top", default=3, show_default=True, metavar="K", help="How many suggestions.")
@click.option("--as-of", metavar="D", help="As if nothing dated later existed.")
@common
def next_(context: Context, top: int, as_of: str | None) -> None:
    """The next experiments: hypothesis, evidence, exact command, prediction, cost."""

    def display(found: list[dict[str, Any]]) -> None:
        if not found:
            reason = context.call("why_nothing", as_of=as_of)["reason"]
            click.echo(f"nothing to suggest: {reason}" if reason else "nothing to suggest")
        for item in found:
            show_suggestion(item)

    context.emit(context.call("next", top=top, as_of=as_of), display)


def show_suggestion(item: dict[str, Any]) -> None:
    """Prints one suggestion with its exact command."""
    import shlex

    click.echo(click.style(f"{item['id']}  {item['title']}", bold=True))
    click.echo(f"  why        {item['hypothesis']}")
    for link in item["evidence"]:
        click.echo(f"  evidence   {link}")
    for option, change in item["diff"].items():
        click.echo(f"  change     {option}: {change['from']} -> {change['to']}   (against {item['parent']})")
    prediction = item["prediction"]
    click.echo(f"  predicts   {prediction if isinstance(prediction, str) else prediction.get('text') or prediction}")
    cost = item["cost"]
    click.echo(f"  cost       {cost if isinstance(cost, str) else cost.get('text') or cost}")
    for link in item["closes"]:
        click.echo(f"  closes     {link}")
    click.echo(f"  command    {shlex.join(item['argv'])}\n")


@main.command()
@click.argument("id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--host", default="", metavar="H", help="Start it on this host, in its project directory.")
@common
def launch(context: Context, id: str, yes: bool, host: str) -> None:
    """Starts a suggestion's exact command, after your yes."""
    suggestion = context.call("suggestion", id=id)
    if not yes:
        if context.as_json:
            raise UsageError(f"launch {id} --json cannot ask; add --yes when you want it started.")
        show_suggestion(suggestion)
        if not click.confirm("Start this command?", default=False):
            click.echo("not started")
            sys.exit(1)
    started = context.call("launch", id=id, cwd=str(Path.cwd()), env=dict(os.environ), host=host or None)
    context.emit(
        {"id": started["id"]}, lambda value: click.echo(f"started {value['id']}; kwslab logs {value['id']} -f")
    )
    if not context.as_json:
        _say_early_failure(context, started["id"])


def _say_early_failure(context: Context, id: str) -> None:
    """Most runs that fail do so at once: a moment is waited, and the failure is said where the run was started."""
    until = time.monotonic() + EARLY_SECONDS
    while time.monotonic() < until:
        record = _patient(context, "show", id=id)
        if record["status"] not in ("running", "unknown", "lost"):
            if record["status"] != "finished":
                why = f" ({record['cause']})" if record["cause"] else ""
                click.echo(f"run {id}: {record['status']}{why}", err=True)
                sys.exit(1)
            return
        time.sleep(0.2)


# -- vault writes ------------------------------------------------------------------------------------------------------


@main.command()
@click.option("--dry-run", is_flag=True, help="Show what would be written, as a diff.")
@common
def sync(context: Context, dry_run: bool) -> None:
    """Writes what is due into the vault."""

    def display(result: dict[str, Any]) -> None:
        for item in result["writes"]:
            if result["dry_run"]:
                click.echo(item["diff"], nl=False)
            else:
                click.echo(f"{item['note']}: {item['error'] or item['what']}")
        if not result["writes"]:
            click.echo("nothing to write; the vault is in step")

    result = context.call("sync", dry_run=dry_run)
    context.emit(result, display)
    if any(item.get("error") for item in result["writes"]):
        sys.exit(1)


@main.command()
@click.argument("n", default=1)
@common
def undo(context: Context, n: int) -> None:
    """Takes the last N writes to the vault back."""

    def display(undone: list[dict[str, Any]]) -> None:
        for item in undone:
            click.echo(item["message"])
        if not undone:
            click.echo("nothing to undo")

    context.emit(context.call("undo", n=n), display)


@main.command()
@click.argument("text", nargs=-1, required=True)
@common
def note(context: Context, text: tuple[str, ...]) -> None:
    """One line under today's heading in the scratch note, with the clock time."""
    context.emit(
        context.call("note", text=" ".join(text)), lambda entry: click.echo(f"{entry['note']}: {entry['text']}")
    )


# -- language models ---------------------------------------------------------------------------------------------------


@main.group(name="models", invoke_without_command=True)
@click.pass_context
def models_(context: click.Context) -> None:
    """The language models that may word answers: list, use NAME, pull NAME."""
    if context.invoked_subcommand is None:
        context.invoke(models_list, as_json=False, vault=None, state=None, no_daemon=False)


@models_.command(name="list")
@common
def models_list(context: Context) -> None:
    """What there is, what is in use, and how well each was measured."""
    from assistant import models

    chosen = context.settings.model
    rows = models.list_models(context.settings.data, path=chosen.path, base_url=chosen.base_url, name=chosen.name)
    context.emit(rows, lambda found: _show_models(found, chosen.use))


def _show_models(rows: list[dict[str, Any]], use: str) -> None:
    from assistant.models import Measured

    for row in rows:
        sign = "*" if row["in_use"] else " "
        if row["here"]:
            state = "here"
        else:
            state = f"{row['bytes_of_broken_pull'] / 1e9:.1f} GB came" if row["bytes_of_broken_pull"] else ""
        sizes = f"{row['file_gb']:.1f} GB file, {row['memory_gb']:.1f} GB memory" if row.get("memory_gb") else ""
        line = f"{sign} {row['name']:<14} {state:<12} {sizes or row['path']}"
        click.echo(click.style(line, bold=row["in_use"]))
        if row.get("remark"):
            click.echo(f"    {row['parameters']}, {row['licence']}: {row['remark']}")
        if row["measured"]:
            click.echo(f"    {Measured(**row['measured']).words}")
    click.echo(
        f'\n* is in use, [model] use = "{use}". Names, sizes and licences of the list were not checked against the '
        "hub; `pull` goes by what it announces and checks size and SHA-256 against it."
    )


@models_.command(name="pull")
@click.argument("name")
@common
def models_pull(context: Context, name: str) -> None:
    """Fetches a model of the list, or OWNER/REPO/FILE.gguf of the hub. Ctrl-C keeps what came; again goes on."""
    from assistant import download

    bar = _Progress(context.as_json)
    try:
        path = download.pull(
            name,
            context.settings.data,
            lambda done, total: bar.event(
                {"type": "progress", "what": f"fetching {name}, MB", "done": done // 10**6, "total": total // 10**6}
            ),
        )
    except KeyboardInterrupt:
        bar.done()
        click.echo(f"interrupted; what came is kept: kwslab models pull {name} goes on", err=True)
        sys.exit(130)
    bar.done()
    context.emit(
        {"name": name, "path": str(path), "bytes": path.stat().st_size},
        lambda found: click.echo(
            f"{found['path']}\nuse it: kwslab models use {name if '/' not in name else path.stem}"
        ),
    )


@models_.command(name="use")
@click.argument("name")
@click.option("--model", "served", default="", metavar="N", help="What a server calls its model.")
@click.option("--measure/--no-measure", default=None, help="Default: measure it unless that was done.")
@common
def models_use(context: Context, name: str, served: str, measure: bool | None) -> None:
    """Uses a model of the list, a .gguf file or a server's address; measures how well it words answers."""
    import dataclasses

    from assistant import models, settings
    from assistant.wording import open_model

    data = context.settings.data
    used = models.resolve(name, data)
    if served and not used.base_url:
        raise UsageError("--model is for the address of a server: kwslab models use URL --model N")
    values = {"path": used.path, "base_url": used.base_url, "name": served}
    model = open_model(
        dataclasses.replace(context.settings.model, path=used.path, base_url=used.base_url, name=served),
        data / "model.log",
    )
    try:
        known = models.measured_shares(data).get(model.name)
        fresh = known is None or (known.identity != model.identity)
        if measure or (measure is None and fresh):
            _measure(context, model)
        elif used.path:
            model.count_tokens(["a"])  # A damaged file must not get into the configuration.
    finally:
        model.close()
    settings.change(context.settings.config_file, "model", values)
    told = _tell_daemon(context, values)
    chosen = context.settings.model
    choice = models.choose(chosen.use, model.name, data, identity=model.identity)
    result = models.measured_shares(data).get(model.name)
    context.emit(
        {
            "name": model.name,
            **{key: values[key] for key in ("path", "base_url")},
            "measured": None if result is None else vars(result),
            "words_answers": choice.use,
            "why": choice.why,
            "config": str(context.settings.config_file),
            "daemon_told": told,
        },
        lambda found: click.echo(
            f"{found['name']} is in use ({found['config']}).\n"
            f"{'It words answers' if found['words_answers'] else 'It does not word answers'}: {found['why']}"
        ),
    )


def _measure(context: Context, model: Any) -> None:
    """Measures a model and keeps its share. Ctrl-C leaves it unmeasured."""
    import datetime

    from assistant import models
    from assistant.measure import measure

    bar = _Progress(context.as_json)
    click.echo(f"measuring {model.name}; Ctrl-C leaves it unmeasured", err=True)
    try:
        tally = measure(
            model,
            on_question=lambda done, total: bar.event(
                {"type": "progress", "what": "questions", "done": done, "total": total}
            ),
        )
    except KeyboardInterrupt:
        bar.done()
        click.echo("not measured", err=True)
        return
    bar.done()
    if not tally.sentences and tally.problems:
        raise ModelUnavailable(tally.problems[-1])
    models.record_share(
        context.settings.data, model.name, tally.measured(model.identity, datetime.date.today().isoformat())
    )


def _tell_daemon(context: Context, values: dict[str, str]) -> bool:
    """Tells a running daemon of the model; without one there is nobody to tell."""
    from assistant.client import DaemonClient

    client = DaemonClient(context.settings, start=False)
    try:
        if client.info() is None:
            return False
        client.call("use_model", values)
        return True
    except AssistantError as error:
        click.echo(f"note: the daemon will follow with the next command ({error})", err=True)
        return False
    finally:
        client.close()


# -- daemon ------------------------------------------------------------------------------------------------------------


@main.group()
def daemon() -> None:
    """The process that owns index, vault writes and launches. Starts by itself on first need."""


@daemon.command(name="start")
@common
def daemon_start(context: Context) -> None:
    """Starts it, if none is running."""
    from assistant.client import DaemonClient

    client = DaemonClient(context.settings)
    client.call("info")
    context.emit(client.info(), lambda info: click.echo(f"daemon {info['pid']} serves {info['vault']}"))


@daemon.command(name="stop")
@common
def daemon_stop(context: Context) -> None:
    """Ends it; runs go on."""
    from assistant.client import DaemonClient

    stopped = DaemonClient(context.settings, start=False).stop_daemon()
    context.emit({"stopped": stopped}, lambda value: click.echo("stopped" if stopped else "no daemon was running"))


@daemon.command(name="install")
@common
def daemon_install(context: Context) -> None:
    """Writes it as a service of your session (systemd, launchd), and says what starts that."""
    from assistant import service

    def display(made: dict[str, Any]) -> None:
        click.echo(made["text"])
        click.echo(f"wrote {made['file']}; to start it:")
        for command in made["commands"]:
            click.echo(f"  {command}")

    context.emit(service.install(context.settings).to_json(), display)


@daemon.command(name="status")
@common
def daemon_status(context: Context) -> None:
    """Whether it runs, and what it knows."""
    from assistant.client import DaemonClient

    info = DaemonClient(context.settings, start=False).info()

    def display(value: dict[str, Any]) -> None:
        if not value["running"]:
            click.echo("no daemon is running")
            return
        for key in ("pid", "vault", "since", "socket", "notes", "chunks", "indexed_at", "vectors", "watching"):
            click.echo(f"{key:<11} {value[key]}")

    context.emit({"running": info is not None, **(info or {"pid": None})}, display)


if __name__ == "__main__":
    main(prog_name="kwslab")
