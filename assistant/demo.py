"""`kwslab demo`: the whole main job on an embedded default, from spoken words to cited answers and a launched run.

Everything is done through the same doors as on the researcher's own vault. A second run finds what the first one made.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from assistant import settings as settings_module
from assistant.client import Client, DaemonClient
from assistant.demo_vault import IDEA_QUESTION, TRAIN_COMMAND, TRAIN_OPTIONS, make_demo_vault
from assistant.errors import AssistantError, LaunchError

GPU_QUESTION = "what did I run last week on the GPU?"

#: The first run repeats the newest entry of the notes on this machine, so that later runs have a measured parent.
FIRST_RUN = {**TRAIN_OPTIONS, "noise_prob": "0.8", "epochs_base": "8"}
FIRST_TITLE = "Small spoken set, `noise_prob` 0.8 and 8 epochs, on this machine."

_FILE = "demo.json"


def run(directory: Path, *, yes: bool, quiet: bool = False) -> dict[str, Any]:
    """Runs the demonstration in `directory` and returns what it made, as the --json document.

    Args: directory: made if missing. yes: launch the suggestion without asking. quiet: print nothing but errors.
    Raises: AssistantError: a step failed; what was made until then stays and the next call goes on from there.
    """
    return _Demo(directory, yes, quiet).run()


class _Demo:
    def __init__(self, directory: Path, yes: bool, quiet: bool) -> None:
        self.directory, self.yes, self.quiet = directory, yes, quiet
        self.started = time.monotonic()
        self.number = 0
        self.made: dict[str, Any] = {}
        self.result: dict[str, Any] = {"directory": str(directory)}

    def run(self) -> dict[str, Any]:
        self._say(
            click.style("kwslab demo", bold=True) + " - from spoken words to a cited answer, on this machine alone"
        )
        with self._step("notes: four weeks of an invented project"):
            self._make_notes()
        with self._step("keywords: spoken by espeak-ng"):
            self._make_keywords()
        client = DaemonClient(settings_module.load())
        try:
            self._work(client)
        finally:
            client.close()
        self._closing()
        return self.result

    def _work(self, client: Client) -> None:
        with self._step("training: log-mel, BC-ResNet, base session and three incremental ones"):
            first = self._first_run(client)
            self._line(self._figures(first))
        with self._step("the run's summary, written into the vault"):
            self._written(client, first)
        with self._step("index: notes and runs into SQLite and Chroma"):
            counts = client.call("index", {}, self._progress)
            self._line(f"{counts['notes']} notes, {counts['chunks']} chunks, {counts['embedded']} newly embedded")
        for question in (GPU_QUESTION, IDEA_QUESTION):
            with self._step(f"question: {question}"):
                self._ask(client, question)
        with self._step("what to run next"):
            suggestion = self._suggestion(client)
        if suggestion is None:
            return
        second = self._second_run(client, suggestion)
        if second is not None:
            with self._step("its summary, written into the vault"):
                self._written(client, second)

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _make_notes(self) -> None:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AssistantError(
                f"the demo cannot be made in {self.directory} ({error.strerror}). Give another place: --dir D"
            ) from error
        config = self.directory / "config.toml"
        vault = self.directory / "vault"
        os.environ["KWSLAB_CONFIG"] = str(config)
        os.environ.pop("KWSLAB_STATE", None)
        with contextlib.suppress(FileNotFoundError, ValueError):
            self.made = json.loads((self.directory / _FILE).read_text("utf-8"))
        fresh = make_demo_vault(vault, settings_module.today())
        if not config.exists():
            text = settings_module.config_text(vault, self.directory)
            config.write_text(
                f'# The demonstration keeps everything in its own directory.\nstate = "state"\n\n{text}', "utf-8"
            )
        notes = sorted(path.name for path in vault.glob("*.md"))
        self._line(f"{len(notes)} notes in {vault}" + ("" if fresh else " (made earlier; left as they are)"))
        self.result |= {"vault": str(vault), "config": str(config), "state": str(self.directory / "state")}

    def _make_keywords(self) -> None:
        words, clips = TRAIN_OPTIONS["words"], TRAIN_OPTIONS["clips_per_word"]
        command = [sys.executable, "-m", "fskws", "data", "synth", "--words", words, "--clips-per-word", clips]
        done = subprocess.run(command, capture_output=True, text=True, env=self._env(), cwd=self.directory)
        if done.returncode != 0:
            raise AssistantError(f"the keyword set could not be made: {done.stderr.strip() or done.stdout.strip()}")
        for line in done.stdout.strip().splitlines():
            self._line(line)

    def _first_run(self, client: Client) -> dict[str, Any]:
        done = self._known(client, "first")
        if done is not None:
            self._line(f"run {done['id']} was made earlier")
            return done
        argv = [*TRAIN_COMMAND]
        for name, value in FIRST_RUN.items():
            argv += [f"-{name}", value]
        started = client.call(
            "run", {"argv": argv, "cwd": str(self.directory), "env": self._env(), "name": FIRST_TITLE}
        )
        return self._follow(client, "first", started["id"])

    def _second_run(self, client: Client, suggestion: dict[str, Any]) -> dict[str, Any] | None:
        done = self._known(client, "second")
        if done is not None:
            with self._step("launch"):
                self._line(f"run {done['id']} was launched earlier; launch the next one from the terminal interface")
            return done
        if not self.yes:
            if self.quiet or not sys.stdin.isatty():
                self._say("\nnot launched: nobody to ask. Add --yes to launch it.")
                return None
            if not click.confirm("\nLaunch this command now?", default=True):
                self._say("not launched")
                return None
        with self._step(f"launch: {suggestion['title']}"):
            started = client.call("launch", {"id": suggestion["id"], "cwd": str(self.directory), "env": self._env()})
            record = self._follow(client, "second", started["id"])
            self._line(self._figures(record))
        return record

    def _known(self, client: Client, key: str) -> dict[str, Any] | None:
        """The run of an earlier demonstration, unless it failed; then it is tried again."""
        if key not in self.made:
            return None
        try:
            record: dict[str, Any] = client.call("show", {"id": self.made[key]})
        except LaunchError:
            return None
        if record["status"] == "running":
            return self._follow(client, key, record["id"])
        return record if record["status"] == "finished" else None

    def _follow(self, client: Client, key: str, id: str) -> dict[str, Any]:
        """Shows a run's output until it ends. Raises LaunchError when it did not finish."""
        self.made[key] = id
        self._remember()
        self.result[key] = id
        offset, last = 0, ""
        while True:
            piece = client.call("logs", {"id": id, "offset": offset})
            offset_before, offset = offset, piece["offset"]
            for line in piece["text"].splitlines():
                if line.strip():
                    last = line
                    self._line(line)
            if piece["ended"] and offset == offset_before:
                break
            if offset == offset_before:
                time.sleep(0.1)
        record: dict[str, Any] = client.call("show", {"id": id})
        if record["status"] != "finished":
            raise LaunchError(
                f"run {id} {record['status']}: {record['cause'] or last}. Its output: kwslab logs {id}; "
                "give the command again to try once more."
            )
        return record

    def _written(self, client: Client, record: dict[str, Any]) -> None:
        """Waits until the daemon has written the run's result by itself; asks for it only if it does not come."""
        deadline = time.monotonic() + 10.0
        while time.monotonic() < deadline:
            found = client.call("show", {"id": record["id"]})
            if any(link.startswith("[[Experiments#") for link in found["note_links"]):
                break
            time.sleep(0.2)
        else:
            for item in client.call("sync")["writes"]:
                if item["error"]:
                    raise AssistantError(f"the summary of {record['id']} is not in the vault yet: {item['error']}")
            found = client.call("show", {"id": record["id"]})
        for link in found["note_links"]:
            self._line(link)
        self.result.setdefault("written", []).extend(found["note_links"])

    def _ask(self, client: Client, question: str) -> None:
        answer = client.call("ask", {"question": question})
        self.result.setdefault("answers", []).append(answer)
        for line in answer["answer"].splitlines():
            self._line(line)
        if not self.quiet:
            for number, citation in enumerate(answer["citations"], 1):
                self._line(click.style(f"[{number}] {citation['link']}", fg="cyan"))
            self._line(click.style(str(answer["coverage"].get("line", "")), dim=True))
        if not answer["answered"]:
            raise AssistantError(f"the demo's own notes gave no answer to {question!r}. Give the command again.")

    def _suggestion(self, client: Client) -> dict[str, Any] | None:
        from assistant.__main__ import show_suggestion

        found = client.call("next", {"top": 1})
        self.result["next"] = found
        if not found:
            self._line("nothing to suggest")
            return None
        if not self.quiet:
            show_suggestion(found[0])
        return dict(found[0])

    # -- words ---------------------------------------------------------------------------------------------------------

    def _env(self) -> dict[str, str]:
        """This process's environment with this Python first on the path, so that `python` in a command is this one."""
        here = str(Path(sys.executable).parent)
        return {**os.environ, "PATH": os.pathsep.join([here, os.environ.get("PATH", "")])}

    def _remember(self) -> None:
        from fskws.runs import write_aside

        write_aside(self.directory / _FILE, json.dumps(self.made).encode())

    @contextlib.contextmanager
    def _step(self, title: str) -> Iterator[None]:
        self.number += 1
        began = time.monotonic()
        self._say(click.style(f"\n{self.number}. {title}", bold=True))
        yield
        self._say(click.style(f"   {time.monotonic() - began:.1f} s", dim=True))

    def _progress(self, event: dict[str, Any]) -> None:
        if event.get("type") == "progress" and event["done"] == event["total"]:
            self._line(f"{event['what']}: {event['done']}")

    def _figures(self, record: dict[str, Any]) -> str:
        metrics = record["metrics"]
        return (
            f"run {record['id']}: base session {metrics['accuracy'][0]:.2f} %, after the last one "
            f"{metrics['accuracy'][-1]:.2f} %, harmonic mean {metrics['harmonic_mean'][-1]:.2f} %"
        )

    def _say(self, text: str) -> None:
        if not self.quiet:
            click.echo(text)

    def _line(self, text: str) -> None:
        self._say(f"   {text}")

    def _closing(self) -> None:
        seconds = time.monotonic() - self.started
        self.result["seconds"] = round(seconds, 1)
        started_with = "uv run kwslab" if os.environ.get("UV") else "kwslab"
        here = f"KWSLAB_CONFIG={shlex.quote(str(self.directory / 'config.toml'))} {started_with}"
        self._say(
            f"\nDone in {seconds:.0f} s. Everything is under {self.directory}:\n"
            f"   vault/       the notes; the two newest entries of Server.md and Experiments.md were written just now\n"
            f"   state/       runs, journal and index\n"
            f"   config.toml  the configuration\n"
            f"Open the terminal interface on it:\n   {here}\n"
            f"The daemon goes on watching; end it with:\n   {here} daemon stop"
        )
