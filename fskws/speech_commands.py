"""Google Speech Commands: the archive fetched so that a cut connection costs nothing, checked, unpacked by torchaudio.

Source: Warden, "Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition", arXiv 1804.03209.
"""

from __future__ import annotations

import hashlib
import http.client
import shutil
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from fskws.errors import DataError

#: What torchaudio's dataset class fetches, with its SHA-256.
ARCHIVES = {
    1: (
        "http://download.tensorflow.org/data/speech_commands_v0.01.tar.gz",
        "743935421bb51cccdb6bdd152e04c5c70274e935c82119ad7faeec31780d811d",
    ),
    2: (
        "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
        "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
    ),
}

#: Called with bytes here and bytes in all (0: the server does not say).
Progress = Callable[[int, int], None]

_CHUNK = 1 << 20
_QUIET_S = 60.0


def download_speech_commands(
    folder: Path, version: int = 2, progress: Progress | None = None, *, patience_s: float = 20.0
) -> Path:
    """Fetches, checks and unpacks version 1 or 2; returns the folder of its words.

    A whole archive is not fetched again; a part of one is gone on with; an unpacking that was interrupted is done anew.

    Args: patience_s: how long to try again when the connection gives nothing more.
    Raises: DataError: no such version, no connection, or a checksum that does not fit; the text says what to do.
    """
    if version not in ARCHIVES:
        raise DataError(f"version={version}; allowed: 1 or 2 of Speech Commands")
    url, sha256 = ARCHIVES[version]
    name = f"speech_commands_v0.0{version}"
    words, whole = folder / "SpeechCommands" / name, folder / f".{name}.whole"
    if words.is_dir() and whole.is_file():
        return words
    archive = folder / f"{name}.tar.gz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not archive.is_file():
            fetch(url, archive, progress, patience_s=patience_s)
        if (found := _sha256(archive)) != sha256:
            archive.unlink()
            raise DataError(
                f"{archive.name}: its checksum is {found[:12]}..., not {sha256[:12]}...; the broken file was deleted, "
                "the same command fetches it again"
            )
        shutil.rmtree(words, ignore_errors=True)
        from torchaudio.datasets import SPEECHCOMMANDS

        SPEECHCOMMANDS(folder, url=name, download=True)
        whole.touch()
    except (OSError, RuntimeError, EOFError, tarfile.TarError) as error:
        raise DataError(
            f"{name}: could not be fetched and unpacked in {folder} ({error}); free the disk or give another --out"
        ) from error
    return words


def fetch(url: str, target: Path, progress: Progress | None = None, *, patience_s: float = 20.0) -> None:
    """Fetches a file; what came of it lies beside the target as `.part` and is gone on with, now or by a later call.

    Raises: DataError: the server gives no more for `patience_s`, or refuses; the text says how much is kept.
    """
    part = target.with_name(target.name + ".part")
    waited_s, pause_s = 0.0, 0.5
    while True:
        before = part.stat().st_size if part.is_file() else 0
        try:
            _fetch_rest(url, part, progress)
            part.replace(target)
            return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                raise DataError(f"{url}: the server answers {error.code} {error.reason}{_kept(part)}") from error
            trouble: Exception = error
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as error:
            trouble = error
        if (part.stat().st_size if part.is_file() else 0) > before:
            waited_s, pause_s = 0.0, 0.5  # it goes on, however slowly
        if waited_s >= patience_s:
            reason = str(getattr(trouble, "reason", trouble)) or type(trouble).__name__
            raise DataError(
                f"{url}: no connection ({reason}){_kept(part)}; the same command goes on from there, or give an "
                "existing folder as --data"
            ) from trouble
        time.sleep(pause_s)
        waited_s, pause_s = waited_s + pause_s, min(2 * pause_s, 10.0)


def _fetch_rest(url: str, part: Path, progress: Progress | None) -> None:
    """Appends what is missing. Raises: what urllib raises; ConnectionError: the connection ended too early."""
    here = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={here}-"} if here else {})
    try:
        answer = urllib.request.urlopen(request, timeout=_QUIET_S)
    except urllib.error.HTTPError as error:
        if error.code == 416 and here:  # nothing is left beyond what is here: all came, or too much; the checksum tells
            return
        raise
    with answer:
        if answer.status != 206:
            here = 0  # this server gives whole files only
        length = answer.headers.get("Content-Length")
        total = here + int(length) if length else 0
        with part.open("ab" if here else "wb") as file:
            while chunk := answer.read1(_CHUNK):
                file.write(chunk)
                here += len(chunk)
                if progress:
                    progress(here, total)
    if total and here < total:
        raise ConnectionError(f"the connection ended at {here} of {total} bytes")


def _kept(part: Path) -> str:
    size = part.stat().st_size if part.is_file() else 0
    return f"; {size / 1e6:.1f} MB are kept in {part}" if size else ""


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
