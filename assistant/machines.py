"""The hosts of the configuration: written into it and taken out with every comment kept, and one link for each."""

from __future__ import annotations

import dataclasses
import re
import secrets
import subprocess
import threading
import time
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from assistant import settings as settings_module
from assistant.copies import NEWS_SECONDS, Copies, Link, copies_in
from assistant.errors import HostError, LaunchError, SettingsError, UsageError
from assistant.hosts import SshHost, check_destination, check_host_name
from assistant.owner import make_private
from assistant.settings import HostSettings, Settings
from assistant.status import span
from fskws import runs

#: Beyond the grace time a stop may take so long on the host, and its news so long to come here.
STOP_SECONDS = 60.0
COPY_SECONDS = 15.0

# -- the configuration -------------------------------------------------------------------------------------------------


def add_host(file: Path, name: str, host: HostSettings) -> bool:
    """Writes [hosts.NAME] into the configuration, which is made when missing. Every other byte stays.

    Returns: False when it is there already, with the same values.
    Raises: LaunchError: the name or destination cannot be used. UsageError: it is there with other values.
        SettingsError: the file cannot be written, or is written in a way that is not edited here.
    """
    check_host_name(name)
    check_destination(host.ssh)
    there = settings_module.load_hosts(file)
    if there.get(name) == host:
        return False
    if name in there:
        raise UsageError(
            f"there is a host {name} with other values in {file}. Change them there, or take it out first: "
            f"kwslab host remove {name}"
        )
    text = file.read_text("utf-8") if file.exists() else ""
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    _replace(file, text + gap + host_table(name, host), {**there, name: host})
    return True


def remove_host(file: Path, name: str) -> None:
    """Takes [hosts.NAME] out of the configuration. Every other byte, comments included, stays.

    Raises: LaunchError: there is no such host. SettingsError: as `add_host`.
    """
    there = settings_module.load_hosts(file)
    if name not in there:
        raise LaunchError(_unknown(name, there))
    lines = file.read_text("utf-8").splitlines(keepends=True)
    heads = [n for n, line in enumerate(lines) if re.match(rf"\s*\[\s*hosts\s*\.\s*[\"']?{name}[\"']?\s*\]", line)]
    if heads:
        start = heads[0]
        end = next((n for n in range(start + 1, len(lines)) if re.match(r"\s*\[", lines[n])), len(lines))
        # What stands below the last value belongs to what follows.
        last = max(n for n in range(start, end) if n == start or re.match(r"\s*[^\s#]", lines[n]))
        before = start - 1 if start and not lines[start - 1].strip() and last + 1 == len(lines) else start
        del lines[before : last + 1]
    _replace(file, "".join(lines), {other: host for other, host in there.items() if other != name})


def host_table(name: str, host: HostSettings) -> str:
    """[hosts.NAME] as text: what has to be said, and what differs from the default."""
    lines = [f"[hosts.{name}]"]
    for field in dataclasses.fields(host):
        value = getattr(host, field.name)
        if value != field.default or field.name in ("ssh", "project", "env"):
            lines.append(f"{field.name} = {value if isinstance(value, int) else settings_module.toml_string(value)}")
    return "\n".join(lines) + "\n"


def _replace(file: Path, text: str, hosts: Mapping[str, HostSettings]) -> None:
    """Moves the new text in, if it says what it should and nothing else has changed."""
    try:
        before = tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
        after = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        before, after = {"": 1}, {}
    wanted = {name: {k: v for k, v in dataclasses.asdict(host).items()} for name, host in hosts.items()}
    found = {name: {**dataclasses.asdict(HostSettings()), **values} for name, values in after.get("hosts", {}).items()}
    before.pop("hosts", None)
    after.pop("hosts", None)
    if before != after or wanted != found:
        raise SettingsError(f"{file} is written in a way that kwslab does not edit. Change [hosts] there yourself.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        runs.write_aside(file.resolve(), text.encode())
    except OSError as error:
        raise SettingsError(f"the configuration {file} cannot be written ({error.strerror or error}).") from error


def _unknown(name: str, there: Mapping[str, Any]) -> str:
    known = ", ".join(sorted(there)) or "none yet"
    return f"there is no host {name!r}; hosts are: {known}. Add one: kwslab host add {name} user@server --project DIR"


def link_lines(told: Mapping[str, Any]) -> list[str]:
    """A host's link as text: whether it answers, since when, and how far its clock is off."""
    name = f"{told['name']} ({told['hostname']})" if told["hostname"] else told["name"]
    if told["state"] == "connected":
        silent = told["heard_seconds"] or 0.0
        more = f", silent for {span(silent)}" if silent > NEWS_SECONDS + 5 else ""
        lines = [f"host {name}: connected{more}" + (f", but: {told['problem']}" if told["problem"] else "")]
    elif told["state"] == "lost":
        lines = [
            f"host {name}: lost contact since {told['since'][:16].replace('T', ' ')} ({span(told['since_seconds'])})"
        ]
        lines += [f"  {told['problem']}"] if told["problem"] else []
        if told["age_seconds"] is not None:
            lines.append(f"  what follows is {span(told['age_seconds'])} old")
    else:
        lines = [f"host {name}: connecting"]
    clock = clock_part(told["skew_seconds"])
    return [*lines, *([f"  {clock['message']}"] if clock else [])]


def clock_part(skew_seconds: float) -> dict[str, str] | None:
    """What to say of a host's clock; None when it agrees with this machine's."""
    if not skew_seconds:
        return None
    words = "ahead of" if skew_seconds > 0 else "behind"
    message = f"its clock is {span(abs(skew_seconds))} {words} this machine's; times here are told by this machine's"
    todo = "set both clocks by the network: timedatectl set-ntp true"
    return {"part": "clock", "state": "warn", "message": message, "todo": todo}


# -- the links ---------------------------------------------------------------------------------------------------------


class Machines:
    """Every host of the configuration with its link. Follows changes of the configuration. Safe between threads."""

    def __init__(self, settings: Settings, changed: Callable[[], None] = lambda: None) -> None:
        """Args: changed: called when a copy of a run was brought on or contact was lost or is back."""
        self.settings, self._changed = settings, changed
        self._lock = threading.RLock()
        self._links: dict[str, tuple[HostSettings, Link]] = {}
        self._stamp: tuple[int, int] | None = None
        self._hosts: dict[str, HostSettings] = dict(settings.hosts)
        self._origin = ""

    @property
    def origin(self) -> str:
        """The name of this state, by which a host knows whose runs it runs. Made once."""
        with self._lock:
            if not self._origin:
                file = self.settings.data / "state.id"
                try:
                    self._origin = file.read_text("ascii").strip()
                except (OSError, UnicodeDecodeError):
                    self._origin = ""
                if not re.fullmatch(r"[0-9a-f]{16}", self._origin):
                    make_private(self.settings.data)
                    self._origin = secrets.token_hex(8)
                    runs.write_aside(file, f"{self._origin}\n".encode())
            return self._origin

    def hosts(self) -> dict[str, HostSettings]:
        """Name -> settings, as the configuration says now; as it said last while it cannot be read."""
        with self._lock:
            file = self.settings.config_file
            try:
                facts = file.stat()
                stamp = (facts.st_mtime_ns, facts.st_size)
            except OSError:
                stamp = (0, 0)
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    self._hosts = settings_module.load_hosts(file)
                except SettingsError:
                    return self._hosts
                for name, (before, link) in list(self._links.items()):
                    if self._hosts.get(name) != before:
                        del self._links[name]
                        threading.Thread(target=link.close, daemon=True).start()
            return self._hosts

    def link(self, name: str) -> Link:
        """The link of a host, followed from now on. Raises: LaunchError: there is no such host."""
        with self._lock:
            hosts = self.hosts()
            if name not in hosts:
                raise LaunchError(_unknown(name, hosts))
            if name not in self._links:
                host = SshHost(name, hosts[name], self.settings.socket.parent)
                link = Link(host, Copies(self.settings.runs_dir, name), self.origin, self._changed)
                self._links[name] = (hosts[name], link)
                link.start()
            return self._links[name][1]

    def follow(self) -> list[Link]:
        """The links of all hosts, each followed from now on."""
        return [self.link(name) for name in sorted(self.hosts())]

    def of_run(self, directory: runs.RunDirectory) -> Link | None:
        """The link of the host that a run directory is a copy from; None for a run of this machine.

        Raises: LaunchError: that host is not configured any more.
        """
        name = runs.read_host(directory).get("host")
        return self.link(str(name)) if name else None

    def open_runs(self, name: str) -> list[str]:
        """Ids of a host's runs that are not known to be over."""
        copies = (directory for directory in copies_in(self.settings.runs_dir) if not directory.exit.exists())
        return sorted(d.id for d in copies if runs.read_host(d).get("host") == name)

    # What is asked of them.

    def start(self, name: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Starts a run on a host. wish: as for `runner.Runner.op_start`, without what the configuration says.

        Returns: {"id", "status", "cause"}; its copy is begun, unless it waits.
        Raises: HostError: no contact. LaunchError: the host refused, with the reason; nothing was started.
        """
        link = self.link(name)
        host = self.hosts()[name]
        link.wake()
        return link.start_run({"id": runs.new_run_id(), "project": host.project, "env": host.env, "host": name, **wish})

    def stop(self, directory: runs.RunDirectory, grace_seconds: float) -> None:
        """Ends a run on the host that a run directory is a copy from, and waits until the copy tells its end."""
        link = self.of_run(directory)
        if link is None:
            raise LaunchError(f"run {directory.id} is no run of a host.")
        params = {"id": directory.id, "grace_seconds": grace_seconds}
        link.request("stop", params, seconds=grace_seconds + STOP_SECONDS)
        deadline = time.monotonic() + COPY_SECONDS
        while not directory.exit.exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    def queues(self) -> list[dict[str, Any]]:
        """What waits on the hosts that answer, each entry with the host's name; of others as they said last."""
        found = []
        for link in self.follow():
            try:
                entries = link.request("queue") if link.host.connected else link.last_queue()
            except LaunchError:
                entries = link.last_queue()
            found += [{**entry, "host": link.name} for entry in entries]
        return found

    def status(self, name: str) -> dict[str, Any]:
        """What a host does: as `status.status_facts`, with "link" (see `Link.facts`). Old facts come with their age."""
        link = self.link(name)
        link.wake()
        told = link.status(max_age_seconds=0.5, patience_seconds=15.0)
        facts = told.pop("facts") or {
            "at": runs.local_time(), "host": name, "runs": [], "gpus": None, "free_gpus": [], "foreign": [], "queue": []
        }  # fmt: skip
        said = facts.get("lines", [])
        return {**facts, "link": told, "age_seconds": told["age_seconds"], "lines": [*link_lines(told), *said]}

    def overview(self) -> list[dict[str, Any]]:
        """In short what each host does: the link's facts, "runs", "gpus", "free_gpus" and "lines". Waits little."""
        found = []
        for link in self.follow():
            told = link.status(patience_seconds=1.0)
            facts = told.pop("facts") or {}
            lines = [*link_lines(told)]
            lines += [f"  {line}" for line in facts.get("lines", [])[1:]]
            runs_there = facts.get("runs", [])
            cards = {"gpus": facts.get("gpus"), "free_gpus": facts.get("free_gpus", [])}
            found.append({**told, "runs": runs_there, **cards, "lines": lines})
        return found

    def listed(self) -> list[dict[str, Any]]:
        """Every host: what the configuration says, and the facts of its link."""
        hosts = self.hosts()
        return [{**dataclasses.asdict(hosts[link.name]), **link.facts()} for link in self.follow()]

    def check(self, name: str) -> list[dict[str, str]]:
        """The state of everything a run on this host needs: {"part", "state": ok | warn | bad, "message", "todo"}."""
        link = self.link(name)
        host = self.hosts()[name]
        link.wake()
        try:
            parts: list[dict[str, str]] = link.request(
                "check", {"project": host.project, "env": host.env}, seconds=150.0
            )
        except LaunchError as error:
            kind = error.kind if isinstance(error, HostError) else ""
            return [{"part": "ssh", "state": "bad", "message": str(error), "todo": "", "kind": kind}]
        said = link.host.hello
        there = f"{said.get('user')}@{said.get('hostname')} by ssh {host.ssh}"
        clock = clock_part(link.host.skew)
        return [{"part": "ssh", "state": "ok", "message": there, "todo": ""}, *([clock] if clock else []), *parts]

    def close(self) -> None:
        """Ends all connections; what runs on the hosts goes on."""
        with self._lock:
            links = [link for _, link in self._links.values()]
            self._links = {}
        for link in links:
            link.close()


def log_in(settings: Settings, name: str) -> bool:
    """Lets ssh connect on this terminal, where it may ask; the connection is then shared. Returns whether it came."""
    host = settings.hosts.get(name)
    if host is None:
        return False
    command = SshHost(name, host, settings.socket.parent).login_command()
    return subprocess.run(command, check=False).returncode == 0


__all__ = ["Machines", "add_host", "host_table", "log_in", "remove_host"]
