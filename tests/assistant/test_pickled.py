"""Checkpoints are read for their settings and shapes; nothing that they name is ever looked up or run."""

from __future__ import annotations

import argparse
import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest

from assistant.pickled import NotReadable, Tensor, read_checkpoint, settings_in, tensors_in


class Harmful:
    """Asks the reader to make a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def zipped(value: Any, name: str = "archive") -> io.BytesIO:
    """A file in the form of torch.save: a zip with the pickle inside."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}/data.pkl", pickle.dumps(value, protocol=2))
        archive.writestr(f"{name}/data/0", b"\0" * 48)
    file.seek(0)
    return file


def test_settings_and_plain_values_come_out_as_they_are() -> None:
    """A dict of settings is found under its usual keys, nested names joined by dots."""
    value = read_checkpoint(zipped({"config": {"lr": 0.1, "model": {"tau": 1.5}}, "epoch": 3}))
    assert settings_in(value) == ("config", {"lr": "0.1", "model.tau": "1.5"})
    assert value["epoch"] == 3


def test_an_argparse_namespace_is_read_by_its_attributes() -> None:
    """Training scripts keep their arguments as a namespace; its class is not needed to read them."""
    value = read_checkpoint(zipped({"args": argparse.Namespace(lr_base=0.005, project="trans")}))
    assert settings_in(value) == ("args", {"lr_base": "0.005", "project": "trans"})


def test_nothing_that_a_pickle_names_is_run(tmp_path: Path) -> None:
    """A pickle that would make a file when loaded makes none, and what stands beside it is still read."""
    made = tmp_path / "made"
    value = read_checkpoint(zipped({"x": Harmful(made), "config": {"a": 1}}))
    assert not made.exists()
    assert settings_in(value) == ("config", {"a": "1"})


def test_a_pickle_that_reserves_memory_or_nests_keys_ends_at_once() -> None:
    """A huge memo index and a key of nested tuples, which take gigabytes or forever elsewhere, do no harm here."""
    assert read_checkpoint(io.BytesIO(b"\x80\x02K\x01r\xff\xff\xff\x7f.")) == 1
    # {t: 1} with t sixty times (t, t): hashing it visits 2**60 pairs.
    nested = b"\x80\x02}q\x00)" + b"2\x86" * 60 + b"K\x01s."
    assert read_checkpoint(io.BytesIO(nested)) == {}


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04 half", b"\x80\x02}q"])
def test_torn_and_foreign_files_are_named_as_such(data: bytes) -> None:
    """Whatever the bytes are, the reader says that it cannot read them."""
    with pytest.raises(NotReadable):
        read_checkpoint(io.BytesIO(data))


def test_tensors_of_a_real_checkpoint_are_told_by_shape(tmp_path: Path) -> None:
    """What torch saves, in both its forms, is read with names, shapes and types."""
    torch = pytest.importorskip("torch")
    for new in (True, False):
        file = tmp_path / f"{new}.pt"
        state = {"encoder": {"weight": torch.zeros(3, 4), "bias": torch.zeros(3, dtype=torch.float16)}}
        torch.save(state, file, _use_new_zipfile_serialization=new)
        with file.open("rb") as opened:
            found = dict(tensors_in(read_checkpoint(opened)))
        assert found == {"encoder.weight": Tensor((3, 4), "float32"), "encoder.bias": Tensor((3,), "float16")}
