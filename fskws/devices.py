"""Which device a run computes on. Asked for is what is used: there is never a fallback."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

from fskws.errors import DeviceError

Part = TypeVar("Part")
Result = TypeVar("Result")


def open_device(name: str) -> torch.device:
    """The torch device of that name, proved usable.

    Args: name: cpu, cuda, cuda:N or mps.
    Raises: DeviceError: it is not there; the text says what torch sees and what to do.
    """
    device = torch.device(name)
    if device.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if count == 0:
            built = f"torch {torch.__version__}" + ("" if torch.version.cuda else ", built without CUDA")
            raise DeviceError(
                f"device={name}, but no CUDA GPU is usable here ({built}); "
                "use --device cpu, or run where nvidia-smi shows a GPU"
            )
        if device.index is not None and device.index >= count:
            raise DeviceError(f"device={name}, but there are {count} GPU(s): cuda:0 to cuda:{count - 1}")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise DeviceError(f"device={name}, but this machine has no Metal GPU; use --device cpu")
    return device


def keep_freed_memory() -> None:
    """Lets this process keep the memory it frees (glibc; elsewhere nothing happens).

    Activations are asked for and given back thousands of times in an epoch. Handed to the system and back, each of
    their pages is cleared anew: at tau 3 and 128 clips that was a quarter of a training step on a CPU.
    """
    import ctypes

    try:
        tune = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    trim_threshold, mmap_threshold = -1, -3  # malloc.h
    tune(mmap_threshold, 1 << 30)
    tune(trim_threshold, (1 << 31) - 1)


def set_threads(threads: int) -> int:
    """Sets torch's CPU threads (0: as many as this process may use); returns the number in use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(threads or usable)
    return torch.get_num_threads()


def each_on_its_thread(work: Callable[[Part], Result], parts: Sequence[Part]) -> list[Result]:
    """work(part) for all parts, in their order, on as many threads as torch may use; without gradients.

    For many small operations that is faster than threads within each of them, which wait for one another after every
    one: beside other programs on the same cores log-mel took three times as long that way. Results do not depend on the
    number of threads.
    """
    threads = torch.get_num_threads()
    with torch.no_grad():
        if threads == 1 or len(parts) == 1:
            return [work(part) for part in parts]
        return list(_pool(threads).map(torch.no_grad()(work), parts))


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads whose own operations run on one thread."""
    all_there = threading.Barrier(threads)
    pool = ThreadPoolExecutor(threads, "batch", _use_one_thread)
    list(pool.map(lambda _: all_there.wait(), range(threads)))
    torch.set_num_threads(threads)  # the same setting as before for threads that are still to come
    return pool


def _use_one_thread() -> None:
    torch.get_num_threads()  # the first question in a thread sets it to what holds for all; what is set later stays
    torch.set_num_threads(1)
