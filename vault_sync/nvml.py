"""The few calls of NVML that are used here, by the names of nvidia-ml-py, for machines where that is not installed.

Standard library only and one file: copied to GPU servers. Loaded in the sampler's child process alone (see `gpus`).
Source: NVIDIA's nvml.h; a struct of the _v2 and _v3 process lists has the instance ids, an older driver's has not.
"""

from __future__ import annotations

import ctypes
from typing import Any, NamedTuple

NVML_ERROR_INSUFFICIENT_SIZE = 7
NVML_ERROR_DRIVER_NOT_LOADED = 9
NVML_ERROR_TIMEOUT = 10
NVML_ERROR_LIBRARY_NOT_FOUND = 12
NVML_ERROR_FUNCTION_NOT_FOUND = 13
NVML_ERROR_GPU_IS_LOST = 15
NVML_ERROR_LIB_RM_VERSION_MISMATCH = 18
NVML_TEMPERATURE_GPU = 0
NVML_CLOCK_SM = 1

#: What the driver says for memory of a process it cannot tell.
_NOT_AVAILABLE = 2**64 - 1

_library: Any = None


class NVMLError(Exception):
    """An answer other than success. value: NVML's code."""

    def __init__(self, value: int) -> None:
        self.value = value
        words = {NVML_ERROR_LIBRARY_NOT_FOUND: "NVML Shared Library Not Found"}.get(value, "")
        if not words and _library is not None:
            try:
                tell = _library.nvmlErrorString
                tell.restype = ctypes.c_char_p
                words = (tell(value) or b"").decode("utf-8", "replace")
            except AttributeError:
                pass
        super().__init__(words or f"NVML error {value}")


class Memory(NamedTuple):
    """Bytes."""

    total: int
    free: int
    used: int


class Rates(NamedTuple):
    """Percent of the last sample period in which the GPU, or its memory, was at work."""

    gpu: int
    memory: int


class Process(NamedTuple):
    """usedGpuMemory: bytes; None where the driver does not tell."""

    pid: int
    usedGpuMemory: int | None


class _Memory(ctypes.Structure):
    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


class _Rates(ctypes.Structure):
    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class _ProcessOld(ctypes.Structure):
    _fields_ = (("pid", ctypes.c_uint), ("used", ctypes.c_ulonglong))


class _Process(ctypes.Structure):
    _fields_ = (*_ProcessOld._fields_, ("gpu_instance", ctypes.c_uint), ("compute_instance", ctypes.c_uint))


def _call(name: str, *arguments: Any) -> None:
    if _library is None:
        raise NVMLError(NVML_ERROR_LIBRARY_NOT_FOUND)
    try:
        function = getattr(_library, name)
    except AttributeError:
        raise NVMLError(NVML_ERROR_FUNCTION_NOT_FOUND) from None
    code = function(*arguments)
    if code:
        raise NVMLError(code)


def _text(name: str, *before: Any) -> str:
    out = ctypes.create_string_buffer(96)
    _call(name, *before, out, ctypes.c_uint(len(out)))
    return out.value.decode("utf-8", "replace")


def _number(name: str, *before: Any) -> int:
    out = ctypes.c_uint()
    _call(name, *before, ctypes.byref(out))
    return out.value


def nvmlInit() -> None:
    """Loads the driver's library. Raises NVMLError: there is none, or it does not fit the loaded driver."""
    global _library
    if _library is None:
        try:
            _library = ctypes.CDLL("libnvidia-ml.so.1")
        except OSError:
            raise NVMLError(NVML_ERROR_LIBRARY_NOT_FOUND) from None
    _call("nvmlInit_v2")


def nvmlSystemGetDriverVersion() -> str:
    """The driver's version."""
    return _text("nvmlSystemGetDriverVersion")


def nvmlDeviceGetCount() -> int:
    """How many GPUs there are."""
    return _number("nvmlDeviceGetCount_v2")


def nvmlDeviceGetHandleByIndex(index: int) -> Any:
    """A GPU's handle, by its place on the bus."""
    handle = ctypes.c_void_p()
    _call("nvmlDeviceGetHandleByIndex_v2", ctypes.c_uint(index), ctypes.byref(handle))
    return handle


def nvmlDeviceGetName(handle: Any) -> str:
    """A GPU's product name."""
    return _text("nvmlDeviceGetName", handle)


def nvmlDeviceGetUUID(handle: Any) -> str:
    """A GPU's own id, which stays the same when others are taken out."""
    return _text("nvmlDeviceGetUUID", handle)


def nvmlDeviceGetMemoryInfo(handle: Any) -> Memory:
    """A GPU's memory."""
    out = _Memory()
    _call("nvmlDeviceGetMemoryInfo", handle, ctypes.byref(out))
    return Memory(out.total, out.free, out.used)


def nvmlDeviceGetUtilizationRates(handle: Any) -> Rates:
    """How busy a GPU is."""
    out = _Rates()
    _call("nvmlDeviceGetUtilizationRates", handle, ctypes.byref(out))
    return Rates(out.gpu, out.memory)


def nvmlDeviceGetPowerUsage(handle: Any) -> int:
    """Milliwatts."""
    return _number("nvmlDeviceGetPowerUsage", handle)


def nvmlDeviceGetTemperature(handle: Any, sensor: int) -> int:
    """Degrees Celsius."""
    return _number("nvmlDeviceGetTemperature", handle, ctypes.c_uint(sensor))


def nvmlDeviceGetClockInfo(handle: Any, kind: int) -> int:
    """MHz."""
    return _number("nvmlDeviceGetClockInfo", handle, ctypes.c_uint(kind))


def nvmlDeviceGetComputeRunningProcesses(handle: Any) -> list[Process]:
    """Processes that compute on a GPU."""
    return _processes("nvmlDeviceGetComputeRunningProcesses", handle)


def nvmlDeviceGetGraphicsRunningProcesses(handle: Any) -> list[Process]:
    """Processes that draw with a GPU."""
    return _processes("nvmlDeviceGetGraphicsRunningProcesses", handle)


def _processes(name: str, handle: Any) -> list[Process]:
    version = next((version for version in ("_v3", "_v2") if hasattr(_library, name + version)), "")
    kind: Any = _Process if version else _ProcessOld
    count = ctypes.c_uint(0)
    while True:
        # One more than there were: another may have begun since.
        rows = (kind * (count.value + 4))() if count.value else None
        count = ctypes.c_uint(0 if rows is None else len(rows))
        try:
            _call(name + version, handle, ctypes.byref(count), rows)
            break
        except NVMLError as error:
            if error.value != NVML_ERROR_INSUFFICIENT_SIZE:
                raise
    found = list(rows or ())[: count.value]
    return [Process(row.pid, None if row.used == _NOT_AVAILABLE else row.used) for row in found]
