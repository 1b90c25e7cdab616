"""Devices, threads and memory."""

from __future__ import annotations

import threading

import pytest
import torch

from fskws import devices
from fskws.errors import DeviceError


@pytest.fixture
def three_threads():
    """Three threads for torch during a test."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_parts_come_back_in_order_from_threads_of_their_own(three_threads):
    """Several threads work, each with one thread for its operations; torch's own setting stays."""
    seen = set()
    meet = threading.Barrier(3)

    def work(part: int) -> int:
        meet.wait(30)
        seen.add((threading.get_ident(), torch.get_num_threads(), torch.is_grad_enabled()))
        return part * 10

    assert devices.each_on_its_thread(work, range(6)) == [0, 10, 20, 30, 40, 50]
    assert len({ident for ident, _, _ in seen}) == 3
    assert {(threads, grad) for _, threads, grad in seen} == {(1, False)}
    assert torch.get_num_threads() == 3


def test_an_error_in_a_part_reaches_the_caller(three_threads):
    """It is not swallowed by the thread."""
    with pytest.raises(ZeroDivisionError):
        devices.each_on_its_thread(lambda part: 1 // part, [1, 0, 2])


def test_a_gpu_that_is_not_there_is_named():
    """No silent fallback to the CPU."""
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(DeviceError, match=r"device=cuda:1, but no CUDA GPU is usable here .*--device cpu"):
        devices.open_device("cuda:1")
