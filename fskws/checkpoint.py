"""Checkpoints of training: written aside and moved in, read back with a clear word when they do not fit."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import torch

from fskws.errors import TrainingError

LAST = "last.pt"
BEST = "best.pt"
FINAL = "final.pt"


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Writes a checkpoint; whoever reads `path` finds the former one or this one, never a part.

    Raises: TrainingError: the folder cannot be written (full disk, no permission).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                torch.save(state, file)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except (OSError, RuntimeError) as error:
        raise TrainingError(
            f"{path}: the checkpoint cannot be written ({error}); free the disk or give another --out"
        ) from error


def load_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's content, tensors on the CPU. Raises: TrainingError: missing or unreadable."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise TrainingError(f"{path}: no such checkpoint; train first, or leave out --resume") from error
    except Exception as error:  # torch.load raises pickle, zip, runtime and key errors for torn files
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TrainingError(f"{path}: cannot be read as a checkpoint ({reason}); delete it or use another") from error
    if not isinstance(state, dict):
        raise TrainingError(f"{path}: is no checkpoint of fskws; delete it or use another")
    return state
