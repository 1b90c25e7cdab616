"""The daemon as a service of the user's session: a systemd user unit on Linux, a launchd agent on macOS.

Written and shown, never started: that is the user's own command. Both leave the runs alone when the daemon ends.
"""

from __future__ import annotations

import hashlib
import os
import plistlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import SettingsError
from assistant.owner import make_private
from assistant.settings import Settings
from fskws.runs import write_aside


@dataclass(frozen=True)
class Service:
    """A service file. kind: "systemd" or "launchd". commands: what starts it, to be typed by the user."""

    kind: str
    file: Path
    text: str
    commands: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"kind": self.kind, "file": str(self.file), "text": self.text, "commands": list(self.commands)}


def service_for(
    settings: Settings,
    *,
    platform: str = sys.platform,
    home: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    python: str = sys.executable,
) -> Service:
    """The service of this state's daemon; nothing is written.

    Args: platform: as sys.platform. home: whose. environ: of the user's session. python: with kwslab installed.
    Raises: SettingsError: no vault is configured, or the system has neither systemd nor launchd.
    """
    home = Path.home() if home is None else home
    command = [python, "-m", "assistant.daemon", "--vault", str(settings.vault_path), "--data", str(settings.data)]
    command += ["--cache", str(settings.cache), "--socket", str(settings.socket)]
    variables = {"PYTHONUNBUFFERED": "1", "KWSLAB_CONFIG": str(settings.config_file)}
    # Programs of the runs are looked for where the user's shell finds them.
    variables |= {name: environ[name] for name in ("PATH", "PYTHONPATH") if environ.get(name)}
    standard = home / ".local" / "share" / "kwslab"
    key = "" if settings.data == standard else "-" + hashlib.sha256(os.fsencode(settings.data)).hexdigest()[:8]
    if platform == "darwin":
        file = home / "Library" / "LaunchAgents" / f"kwslab.daemon{key}.plist"
        text = _agent(f"kwslab.daemon{key}", command, variables, settings.daemon_log)
        start = f"launchctl bootstrap gui/$(id -u) '{file}'"
        return Service("launchd", file, text, ("kwslab daemon stop", start))
    if platform != "linux":
        raise SettingsError(
            f"{platform} has neither systemd nor launchd. The daemon starts by itself with the first command."
        )
    folder = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "systemd" / "user"
    name = f"kwslab{key}.service"
    commands = (
        "kwslab daemon stop",
        "systemctl --user daemon-reload",
        f"systemctl --user enable --now {name}",
        "loginctl enable-linger  # so that daemon and runs go on when you log out",
    )
    return Service("systemd", folder / name, _unit(settings, command, variables), commands)


def install(settings: Settings, **where: Any) -> Service:
    """Writes the service file. Args: where: as for `service_for`. Raises: SettingsError: it cannot be written."""
    service = service_for(settings, **where)
    try:
        make_private(settings.data)
        service.file.parent.mkdir(parents=True, exist_ok=True)
        write_aside(service.file, service.text.encode())
    except OSError as error:
        raise SettingsError(
            f"{service.file} cannot be written ({error.strerror or error}); check the permissions of its folder."
        ) from error
    return service


def _unit(settings: Settings, command: list[str], variables: Mapping[str, str]) -> str:
    environment = "\n".join(f"Environment={_quoted(f'{name}={value}')}" for name, value in variables.items())
    log = str(settings.daemon_log).replace("%", "%%")
    return f"""\
# Written by `kwslab daemon install`; made anew by it.
[Unit]
Description=kwslab daemon for {str(settings.vault_path).replace("%", "%%")}

[Service]
ExecStart={" ".join(_quoted(word, dollar=True) for word in command)}
{environment}
# Runs are children of the daemon and outlive it.
KillMode=process
# A run that is killed for memory is that run's affair.
OOMPolicy=continue
Restart=on-failure
RestartSec=5
StandardOutput=append:{log}
StandardError=append:{log}

[Install]
WantedBy=default.target
"""


def _quoted(word: str, *, dollar: bool = False) -> str:
    """A word as systemd reads it back. Source: systemd.syntax(7), quoting; systemd.service(5), command lines."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
    return f'"{text.replace("$", "$$") if dollar else text}"'


def _agent(label: str, command: list[str], variables: Mapping[str, str], log: Path) -> str:
    values = {
        "Label": label,
        "ProgramArguments": command,
        "EnvironmentVariables": dict(variables),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "AbandonProcessGroup": True,  # runs outlive the daemon
        "StandardOutPath": str(log),
        "StandardErrorPath": str(log),
    }
    return plistlib.dumps(values, sort_keys=False).decode()
