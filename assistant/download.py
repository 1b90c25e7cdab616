"""Fetches model files from a Hugging Face hub: resumable, with progress, checked, and interruptible at any byte."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import ModelUnavailable
from assistant.models import LocalModel, check_model_file, embedded_model_path, find_model, models_dir
from vault_sync.embed import network_allowed

OnProgress = Callable[[int, int], None]

#: The hub, unless HF_ENDPOINT names another.
HUB = "https://huggingface.co"

#: A connection that breaks is tried again at once, so often in a row without a byte gained.
TRIES = 3

#: Left free on the disk besides the model.
SPARE_BYTES = 500_000_000


@dataclass(frozen=True)
class Announced:
    """What the hub says of a file before it is fetched. size: bytes, 0 unknown. sha256: 64 hex digits, "" unknown."""

    url: str
    size: int
    sha256: str


def pull(name: str, data: Path, on_progress: OnProgress | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Fetches a model of the catalogue, or any OWNER/REPO/FILE.gguf of the hub.

    An interrupted fetch goes on where it ended. Size and SHA-256 are those the hub announces; both are checked before
    the file takes its place.

    Args: name: see `find_model`. data: the data directory. on_progress: (bytes so far, bytes in all).
        environ: HF_ENDPOINT names another hub; a token is read from HF_TOKEN or from where `hf auth login` keeps it.
    Returns: the file's path.
    Raises: ModelUnavailable: unknown name, no connection, a full disk, or what came is not what the hub announced.
    """
    model = find_model(name)
    if not model.repo:
        return embedded_model_path()
    target = models_dir(data) / model.file
    if target.is_file():
        return target
    endpoint = environ.get("HF_ENDPOINT") or HUB
    announced, headers = _ask_hub(model, endpoint.rstrip("/"), environ.get("HF_TOKEN"), target)
    return fetch(announced, target, headers, on_progress)


def by_hand(target: Path) -> str:
    """What to do where there is no internet."""
    return (
        f"Without internet here: copy any .gguf file to this machine and run `kwslab models use PATH` "
        f"(in {target.parent} it is also found by name)."
    )


def _ask_hub(model: LocalModel, endpoint: str, token: str | None, target: Path) -> tuple[Announced, dict[str, str]]:
    """Size and digest of the model's file, and the headers to fetch it with."""
    from huggingface_hub import errors, get_hf_file_metadata, get_token, hf_hub_url

    url = hf_hub_url(model.repo, model.file, endpoint=endpoint)
    token = token or get_token()
    place = f"{model.file} of {model.repo} at {endpoint}"
    try:
        with network_allowed():
            found = get_hf_file_metadata(url, token=token or False, timeout=10.0, endpoint=endpoint)
    except errors.OfflineModeIsEnabled as error:
        raise ModelUnavailable(f"{place}: HF_HUB_OFFLINE is set, so nothing is fetched. {by_hand(target)}") from error
    except errors.GatedRepoError as error:
        raise ModelUnavailable(
            f"{place}: its owner gives it only to those who accepted the licence. Accept it on the hub's page, then "
            "put a token into $HF_TOKEN or run `hf auth login`, or choose another: kwslab models"
        ) from error
    except errors.HfHubHTTPError as error:
        status = getattr(getattr(error, "response", None), "status_code", "an error")
        raise ModelUnavailable(
            f"{place}: the hub answered {status}. The file may have been renamed; `kwslab models pull "
            f"OWNER/REPO/FILE.gguf` takes any file of the hub. {by_hand(target)}"
        ) from error
    except Exception as error:  # The hub's library passes on whatever its HTTP library raises.
        raise ModelUnavailable(
            f"{place}: no connection ({_first_line(error)}). Nothing was changed. {by_hand(target)}"
        ) from error
    digest = (found.etag or "").lower()
    sha256 = digest if len(digest) == 64 and all(c in "0123456789abcdef" for c in digest) else ""
    return Announced(url, found.size or 0, sha256), {"Authorization": f"Bearer {token}"} if token else {}


def fetch(
    announced: Announced, target: Path, headers: Mapping[str, str], on_progress: OnProgress | None = None
) -> Path:
    """Downloads one file aside, resuming, checks it, and moves it in.

    Raises: ModelUnavailable: no connection, a full disk, another pull at work, or not the announced file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # Parts of another version of the file are no beginning of this one.
    part = target.with_name(f"{target.name}.{announced.sha256[:8] or announced.size}.part")
    again = f"What came is kept; run the same command again to go on. {by_hand(target)}"
    try:
        with _alone(part):
            _room(part, announced.size)
            have, without_gain = -1, 0
            while True:
                before = _size(part)
                without_gain = without_gain + 1 if before == have else 0
                have = before
                try:
                    if not announced.size or have < announced.size:
                        _read_on(announced, part, headers, on_progress)
                    break
                except _Broken as error:
                    if without_gain >= TRIES - 1 and _size(part) == have:
                        raise ModelUnavailable(
                            f"{announced.url} could not be fetched whole: {error} ({_size(part):,} of "
                            f"{announced.size:,} bytes). {again}"
                        ) from error
            _check(announced, part)
            part.replace(target)
    except OSError as error:
        raise ModelUnavailable(
            f"{target} cannot be written ({error.strerror or error}). Free some space or look at the permissions of "
            f"{target.parent}. {again}"
        ) from error
    for old in target.parent.glob(f"{target.name}.*.part"):
        old.unlink(missing_ok=True)
    return target


class _Broken(Exception):
    """The connection broke; another try may go on."""


def _read_on(announced: Announced, part: Path, headers: Mapping[str, str], on_progress: OnProgress | None) -> None:
    import httpx

    have = _size(part)
    wanted = {**headers, "Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    try:
        with (
            # The token goes to the hub alone: httpx drops it when another host is redirected to.
            httpx.Client(timeout=httpx.Timeout(30.0, connect=10.0), follow_redirects=True) as client,
            client.stream("GET", announced.url, headers=wanted) as reply,
        ):
            if reply.status_code in (408, 429) or reply.status_code >= 500:
                raise _Broken(f"the server answered {reply.status_code}")
            if reply.status_code not in (200, 206):
                raise ModelUnavailable(f"{announced.url} answered {reply.status_code}. {by_hand(part)}")
            resumed = reply.status_code == 206 and reply.headers.get("content-range", "").startswith(f"bytes {have}-")
            if have and reply.status_code == 206 and not resumed:
                raise _Broken("the server sent another part than the one asked for")
            have = have if resumed else 0
            with part.open("ab" if resumed else "wb") as file:
                for block in reply.iter_bytes():
                    file.write(block)
                    have += len(block)
                    if announced.size and have > announced.size:
                        raise _Broken(f"more came than the {announced.size:,} bytes announced")
                    if on_progress:
                        on_progress(have, announced.size)
                file.flush()
                os.fsync(file.fileno())
    except httpx.HTTPError as error:
        raise _Broken(f"{type(error).__name__}: {_first_line(error)}") from error
    if announced.size and have < announced.size:
        raise _Broken("the server ended it in the middle")


def _check(announced: Announced, part: Path) -> None:
    """Size, digest and first bytes; a wrong file is thrown away."""
    size = _size(part)
    if announced.size and size != announced.size:
        part.unlink()
        raise ModelUnavailable(
            f"{announced.url}: {size:,} bytes came, {announced.size:,} were announced. It was thrown away; "
            "fetch it again."
        )
    if announced.sha256:
        with part.open("rb") as file:
            came = hashlib.file_digest(file, "sha256").hexdigest()
        if came != announced.sha256:
            part.unlink()
            raise ModelUnavailable(
                f"{announced.url}: the file that came has another SHA-256 ({came[:12]}...) than the server announced "
                f"({announced.sha256[:12]}...). It was thrown away; fetch it again."
            )
    try:
        check_model_file(part)
    except ModelUnavailable:
        part.unlink()
        raise


@contextlib.contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Two pulls of one file would write into each other."""
    lock = part.with_name(f".{part.name}.lock")
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ModelUnavailable(f"another `kwslab models pull` is fetching {part.name.split('.part')[0]}.") from None
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _room(part: Path, size: int) -> None:
    needed = size - _size(part)
    free = shutil.disk_usage(part.parent).free
    if needed > 0 and free < needed + SPARE_BYTES:
        raise ModelUnavailable(
            f"{part.parent} has {free / 1e9:.1f} GB free; {needed / 1e9:.1f} GB are still to come and "
            f"{SPARE_BYTES / 1e9:.1f} GB should stay. Free some space, or choose a smaller model: kwslab models"
        )


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _first_line(error: Any) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
