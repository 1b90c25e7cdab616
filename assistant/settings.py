"""The configuration: one TOML file, environment overrides, XDG directories. Light: each command loads it first."""

from __future__ import annotations

import dataclasses
import datetime
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import SettingsError

#: A Unix socket's path holds at most 107 bytes on Linux and 103 on macOS.
SOCKET_PATH_LIMIT = 100

WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class VaultSettings:
    """`[vault]`: where the notes are, what the hub notes are called, and how days are counted."""

    path: str = ""
    server: str = "Server"
    experiments: str = "Experiments"
    scratch: str = "Scratch"
    ignore: tuple[str, ...] = ()
    day_starts_at: str = "05:00"
    week_starts: str = "monday"


@dataclass(frozen=True)
class ProjectSettings:
    """`[project]`: the researcher's own code, where commands are started."""

    dir: str = ""


@dataclass(frozen=True)
class MirrorSettings:
    """`[mirror]`: whether the project's source files have notes of their own, and in which folder of the vault."""

    enabled: bool = False
    folder: str = "Code"


@dataclass(frozen=True)
class WriteSettings:
    """`[write]`: which launched runs are written into the vault."""

    enabled: bool = True
    least_minutes: float = 0.0


@dataclass(frozen=True)
class RecordSettings:
    """`[record]`: patterns of data and evaluator files whose hashes are kept with a run."""

    hash: tuple[str, ...] = ()


@dataclass(frozen=True)
class MetricsSettings:
    """`[metrics]`: regular expressions that read further numbers from output, with groups name and value."""

    patterns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ObserveSettings:
    """`[observe]`: which merely observed runs are written, and from how many minutes on."""

    write: tuple[str, ...] = ()
    least_minutes: float = 5.0


@dataclass(frozen=True)
class FilesSettings:
    """`[files]`: the folders that questions about files may look into; () for the vault, the project and the runs."""

    roots: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchSettings:
    """`[search]`: reranker is a cross-encoder that reads the best passages again, a folder or a name; "" for none."""

    reranker: str = ""


@dataclass(frozen=True)
class ModelSettings:
    """`[model]`: use is "auto", "on" or "off"; path of a GGUF file, or base_url of an OpenAI-compatible server.

    context: tokens that prompt and answer share; no more than the server takes.
    """

    use: str = "auto"
    path: str = ""
    base_url: str = ""
    name: str = ""
    api_key_env: str = "OPENAI_API_KEY"
    threads: int = 0
    context: int = 4096


@dataclass(frozen=True)
class HostSettings:
    """`[hosts.NAME]`: a machine reached by ssh. ssh: user@server or a name of ~/.ssh/config. project: the directory
    there that commands are started in. env: what makes its environment, such as "conda activate kws". dir: where the
    runner, runs and queue are kept there; "" for ~/.local/share/kwslab/host. ssh_config: another file for `ssh -F`."""

    ssh: str = ""
    project: str = ""
    env: str = ""
    port: int = 0
    python: str = "python3"
    dir: str = ""
    ssh_config: str = ""


@dataclass(frozen=True)
class Settings:
    """Everything a command needs to know before it starts.

    `data` holds what has no other home (runs, journal, suggestions), `cache` what can be made again, `socket` the
    daemon's door. `config_file` is the file that was read, or would be.
    """

    config_file: Path
    data: Path
    cache: Path
    socket: Path
    vault: VaultSettings = field(default_factory=VaultSettings)
    project: ProjectSettings = field(default_factory=ProjectSettings)
    mirror: MirrorSettings = field(default_factory=MirrorSettings)
    write: WriteSettings = field(default_factory=WriteSettings)
    record: RecordSettings = field(default_factory=RecordSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    observe: ObserveSettings = field(default_factory=ObserveSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    files: FilesSettings = field(default_factory=FilesSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    hosts: Mapping[str, HostSettings] = field(default_factory=dict)

    @property
    def vault_path(self) -> Path:
        """The vault's directory. Raises SettingsError: none is configured."""
        if not self.vault.path:
            raise SettingsError(
                f"no vault is configured ({self.config_file} has no [vault] path). "
                "Give one: kwslab init --vault DIR, or add --vault DIR to the command."
            )
        return Path(self.vault.path)

    @property
    def runs_dir(self) -> Path:
        """Where run directories stand."""
        return self.data / "runs"

    @property
    def journal(self) -> Path:
        """The write journal of the vault."""
        return self.data / "journal.jsonl"

    @property
    def suggestions_dir(self) -> Path:
        """Where suggestions are kept, one file each."""
        return self.data / "suggestions"

    @property
    def owner_lock(self) -> Path:
        """Held by the one process that owns index, vault writes and launches."""
        return self.data / "owner.lock"

    @property
    def daemon_log(self) -> Path:
        """What the daemon has to say when nobody is listening."""
        return self.data / "daemon.log"

    @property
    def week_starts(self) -> int:
        """0 for Monday ... 6 for Sunday."""
        return WEEK_DAYS.index(self.vault.week_starts.lower())

    @property
    def project_dir(self) -> Path | None:
        """The researcher's project, if one is configured."""
        return Path(self.project.dir).expanduser() if self.project.dir else None

    def fingerprint(self) -> str:
        """Changes when a running daemon would have to be started again to follow the configuration."""
        listed = (
            self.vault,
            self.project,
            self.mirror,
            self.write,
            self.record,
            self.metrics,
            self.observe,
            self.model,
        )
        parts = [dataclasses.asdict(part) for part in (*listed, self.files, self.search)]
        return _digest(repr(parts).encode())[:16]


def _digest(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


def config_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The configuration file: KWSLAB_CONFIG, else kwslab/config.toml in the XDG configuration directory."""
    given = environ.get("KWSLAB_CONFIG")
    if given:
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_config_dir("kwslab")) / "config.toml"


def load(*, vault: str | None = None, state: str | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Reads the configuration and applies what the command line and the environment say.

    Args: vault: --vault. state: --state; KWSLAB_STATE where it is None. environ: the environment.
    Raises: SettingsError: the file cannot be read, holds an unknown key, or a value of the wrong kind.
    """
    file = config_path(environ)
    table = _read_toml(file)
    parts = {
        name: _section(kind, table.pop(name, {}), name, file)
        for name, kind in (
            ("vault", VaultSettings),
            ("project", ProjectSettings),
            ("mirror", MirrorSettings),
            ("write", WriteSettings),
            ("record", RecordSettings),
            ("metrics", MetricsSettings),
            ("observe", ObserveSettings),
            ("model", ModelSettings),
            ("files", FilesSettings),
            ("search", SearchSettings),
        )
    }
    state_in_file = table.pop("state", "")
    hosts = _hosts(table.pop("hosts", {}), file)
    if table:
        _unknown(sorted(table)[0], ["state", *parts, "hosts"], f"{file}")
    configured = parts["vault"].path
    if configured:
        configured = str(_absolute(configured, file.parent))
    parts["files"] = FilesSettings(tuple(str(_absolute(root, file.parent)) for root in parts["files"].roots))
    chosen = str(Path(vault).expanduser().absolute()) if vault else configured
    parts["vault"] = dataclasses.replace(parts["vault"], path=chosen)
    _check(parts, file)
    state = state or environ.get("KWSLAB_STATE")
    if state or state_in_file:
        root = _absolute(state, Path.cwd()) if state else _absolute(state_in_file, file.parent)
        data, cache = root / "data", root / "cache"
    else:
        import platformdirs

        data = Path(platformdirs.user_data_dir("kwslab"))
        cache = Path(platformdirs.user_cache_dir("kwslab"))
        if chosen and configured and Path(chosen) != Path(configured):
            # Another vault than the configured one must not share its index and journal.
            key = f"{Path(chosen).name}-{_digest(chosen.encode())[:8]}"
            data, cache = data / "vaults" / key, cache / "vaults" / key
    return Settings(config_file=file, data=data, cache=cache, socket=_socket_path(data, environ), hosts=hosts, **parts)


def _socket_path(data: Path, environ: Mapping[str, str]) -> Path:
    """The daemon's socket: in the state itself, or in a short owner-only directory when that path is too long."""
    path = data / "run" / "kwslab.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_LIMIT:
        return path
    key = _digest(os.fsencode(data))[:12]
    runtime = environ.get("XDG_RUNTIME_DIR")
    # Directly in the sticky /tmp, so that the check of its owner covers the whole way to the socket.
    directory = Path(runtime) / "kwslab" / key if runtime else Path(f"/tmp/kwslab-{os.getuid()}-{key}")
    return directory / "kwslab.sock"


def _absolute(text: str, base: Path) -> Path:
    path = Path(text).expanduser()
    return path if path.is_absolute() else (base / path).absolute()


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the configuration {file} cannot be read ({error}). Mend or remove it.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"the configuration {file} is not valid TOML: {error}. Mend that line.") from error


def _section(kind: type, values: Any, name: str, file: Path) -> Any:
    if not isinstance(values, dict):
        raise SettingsError(f"{file}: [{name}] has to be a table, not {values!r}.")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    taken: dict[str, Any] = {}
    for key, value in values.items():
        if key not in fields:
            _unknown(key, sorted(fields), f"{file} [{name}]")
        default = fields[key].default
        if isinstance(default, tuple):
            if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
                raise SettingsError(f"{file}: [{name}] {key} is {value!r}; it has to be a list of texts.")
            taken[key] = tuple(value)
        elif isinstance(default, bool) or not isinstance(default, float | int):
            if not isinstance(value, type(default)):
                raise SettingsError(f"{file}: [{name}] {key} is {value!r}; it has to be a {_kind_name(default)}.")
            taken[key] = value
        elif isinstance(value, bool) or not isinstance(value, float | int):
            raise SettingsError(f"{file}: [{name}] {key} is {value!r}; it has to be a number.")
        else:
            taken[key] = type(default)(value)
    return kind(**taken)


def _hosts(table: Any, file: Path) -> dict[str, HostSettings]:
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: hosts are written as tables, [hosts.NAME].")
    hosts = {name: _section(HostSettings, values, f"hosts.{name}", file) for name, values in table.items()}
    for name, host in hosts.items():
        if not host.ssh or host.ssh.startswith("-"):
            raise SettingsError(
                f"{file}: [hosts.{name}] ssh is {host.ssh!r}; it has to be user@server or an ssh alias."
            )
    return hosts


def load_hosts(file: Path) -> dict[str, HostSettings]:
    """The hosts of a configuration file as it is now. Raises SettingsError: it cannot be used."""
    return _hosts(_read_toml(file).get("hosts", {}), file)


def _kind_name(default: object) -> str:
    return "true or false" if isinstance(default, bool) else "text in quotes"


def _unknown(key: str, allowed: list[str], where: str) -> None:
    import difflib

    near = difflib.get_close_matches(key, allowed, 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise SettingsError(f"{where}: unknown key {key!r}; allowed are {', '.join(allowed)}.{hint}")


def _check(parts: dict[str, Any], file: Path) -> None:
    vault, model = parts["vault"], parts["model"]
    folder = parts["mirror"].folder
    if not folder.strip("/") or any(
        part in ("", "..") or part.startswith(".") for part in folder.strip("/").split("/")
    ):
        raise SettingsError(f"{file}: [mirror] folder is {folder!r}; it has to be a folder of the vault such as Code.")
    if parts["mirror"].enabled and not parts["project"].dir:
        raise SettingsError(f"{file}: [mirror] is enabled, but [project] dir names no project; give its folder there.")
    if not re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d", vault.day_starts_at):
        raise SettingsError(
            f"{file}: [vault] day_starts_at is {vault.day_starts_at!r}; it has to be a time such as 05:00."
        )
    if vault.week_starts.lower() not in WEEK_DAYS:
        raise SettingsError(
            f"{file}: [vault] week_starts is {vault.week_starts!r}; allowed are {', '.join(WEEK_DAYS)}."
        )
    if model.use not in ("auto", "on", "off"):
        raise SettingsError(f"{file}: [model] use is {model.use!r}; allowed are auto, on, off.")
    for pattern in parts["metrics"].patterns:
        try:
            named = re.compile(pattern).groupindex
        except re.error as error:
            raise SettingsError(
                f"{file}: [metrics] patterns: {pattern!r} is no regular expression ({error})."
            ) from error
        if not {"name", "value"} <= named.keys():
            raise SettingsError(
                f"{file}: [metrics] patterns has {pattern!r}; it needs the groups (?P<name>...) and (?P<value>...)."
            )
    for pattern in parts["observe"].write:
        try:
            re.compile(pattern)
        except re.error as error:
            raise SettingsError(f"{file}: [observe] write has {pattern!r}, no regular expression ({error}).") from error


def today(environ: Mapping[str, str] = os.environ) -> datetime.date:
    """The calendar day now. KWSLAB_TODAY overrides it, for demonstrations and tests."""
    given = environ.get("KWSLAB_TODAY")
    return parse_day(given, "KWSLAB_TODAY") if given else datetime.date.today()


def parse_day(text: str, where: str) -> datetime.date:
    """A day as 2025-04-11, 2025/04/11 or 20250411. Raises SettingsError: it is none of these."""
    match = re.fullmatch(r"(\d{4})([-/]?)(\d{1,2})\2(\d{1,2})", text.strip())
    try:
        if match:
            return datetime.date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        pass
    raise SettingsError(f"{where} is {text!r}; it has to be a day such as 2025-04-11.")


CONFIG_TEMPLATE = """\
# kwslab: the configuration. Every key is optional but [vault] path.

[vault]
# The Obsidian vault. kwslab reads every note in it and writes only run entries and what you ask it to write.
path = {vault}
# The hub notes, without .md.
server = "Server"
experiments = "Experiments"
scratch = "Scratch"
# Folders or file patterns that are never read or written, besides dot folders, templates and conflict copies.
ignore = []
# Nights run past midnight: hours before this belong to the day before.
day_starts_at = "05:00"
week_starts = "monday"

[project]
# Where your training code is. Suggested commands are started here.
dir = {project}

[mirror]
# One note per source file of the project, made when a run uses the file or a note links to it as [[Code/train.py]]:
# your words in it stay, one block shows the file's functions and the runs that used this version.
enabled = false
folder = "Code"

[write]
# Summaries of runs launched through kwslab: written at all, and from how many minutes on.
enabled = true
least_minutes = 0

[record]
# Data and evaluator files whose hashes are kept with each run, such as "data/*.csv" or "~/speech/test_list.txt".
hash = []

[metrics]
# Metrics of programs that only print: JSON lines, name=value, name: value, tqdm and `Seen acc:` lists are understood.
# More, as regular expressions with the groups name and value: '(?P<name>EER) of (?P<value>[\\d.]+)'
patterns = []

[observe]
# Runs only seen on a GPU are written to the vault when their command matches one of these regular expressions.
write = []
least_minutes = 5

# GPU servers reached by ssh, written here by `kwslab host add NAME user@server --project DIR --env CMD`:
# [hosts.NAME]
# ssh = "user@server"
# project = "~/code/kws"
# env = "conda activate kws"

[files]
# Folders that questions about files may look into, and nothing else; empty: the vault, the project and the runs.
roots = []

[search]
# A cross-encoder that reads the best passages again, more exact and slower: a folder, or a name that this machine has.
reranker = ""

[model]
# auto: a language model words an answer only where it was measured to be worth it. on, off: always, never.
use = "auto"
# A GGUF file; empty: the small embedded model.
path = ""
# Or any OpenAI-compatible server, such as http://127.0.0.1:8080/v1; the key is read from the environment.
base_url = ""
name = ""
api_key_env = "OPENAI_API_KEY"
# Tokens that prompt and answer share; for a server no more than it was started with.
context = 4096
"""


def config_text(vault: Path, project: Path | None) -> str:
    """The commented configuration that `kwslab init` writes."""
    quote = toml_string
    return CONFIG_TEMPLATE.format(vault=quote(str(vault)), project=quote(str(project) if project else ""))


def change(file: Path, section: str, values: Mapping[str, str]) -> None:
    """Sets texts in one table of the configuration; every other byte, comments included, stays as it is.

    Args: file: the configuration; made when it is missing. section: the table, such as "model". values: key -> text.
    Raises: SettingsError: the file cannot be read, understood or written; it is left as it was.
    """
    from fskws.runs import write_aside

    before = _read_toml(file)
    after = {**before, section: {**before.get(section, {}), **values}}
    text = file.read_bytes().decode("utf-8") if file.exists() else ""
    for key, value in values.items():
        text = _with_value(text, section, key, toml_string(value))
    try:
        same = tomllib.loads(text) == after
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        lines = "\n".join(f"{key} = {toml_string(value)}" for key, value in values.items())
        raise SettingsError(
            f"{file} is written in a way that kwslab does not edit. Set in [{section}] yourself:\n{lines}"
        )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_aside(file.resolve(), text.encode())
    except OSError as error:
        raise SettingsError(f"the configuration {file} cannot be written ({error.strerror or error}).") from error


def _with_value(text: str, section: str, key: str, value: str) -> str:
    """The text with `key = value` in [section]: in its line if there is one, else at the end of the table."""
    lines = text.splitlines(keepends=True)
    head = next((n for n, line in enumerate(lines) if re.match(rf"\s*\[\s*{section}\s*\]", line)), None)
    if head is None:
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{gap}[{section}]\n{key} = {value}\n"
    end = next((n for n in range(head + 1, len(lines)) if re.match(r"\s*\[", lines[n])), len(lines))
    for number in range(head + 1, end):
        quoted = r""" "(?:[^"\\]|\\.)*" | '[^']*' | [^\s#]+ """
        match = re.match(rf"(\s*{key}\s*=\s*)(?:{quoted.strip()})", lines[number], re.X)
        if match:
            lines[number] = f"{match[1]}{value}{lines[number][match.end() :]}"
            return "".join(lines)
    last = max((n for n in range(head, end) if lines[n].strip()), default=head)
    if not lines[last].endswith("\n"):
        lines[last] += "\n"
    lines.insert(last + 1, f"{key} = {value}\n")
    return "".join(lines)


def toml_string(text: str) -> str:
    """A text as a value in TOML."""
    import json

    # A JSON string is a valid TOML basic string, but for the escape of "/" that json never writes.
    return json.dumps(text, ensure_ascii=False)
