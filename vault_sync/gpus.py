"""What the GPUs do: the one door to NVML, through a child process, because driver libraries hang and crash.

Standard library only at import; the same file is the child (`python gpus.py`), which prints one sample as JSON.
"no driver", "driver mismatch", "GPU lost" and "hanging" are different facts and are told apart, each with its age.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

State = Literal["ok", "no driver", "driver mismatch", "GPU lost", "hanging", "failed"]

#: What a person should do about each state.
ADVICE: dict[str, str] = {
    "no driver": "no NVIDIA driver answers on this machine; CPU runs go on as usual",
    "driver mismatch": "the NVIDIA driver was updated while it was loaded; restart the machine (or reload its modules)",
    "GPU lost": "a GPU fell off the bus; look into dmesg for Xid errors, and restart the machine",
    "hanging": "the NVIDIA driver does not answer; nvidia-smi will hang as well, and only a restart helps as a rule",
    "failed": "the GPUs could not be asked",
}


@dataclass(frozen=True)
class GpuProcess:
    """A process on a GPU. kind: "compute" or "graphics". memory_mb: None where the driver does not tell."""

    pid: int
    kind: str
    memory_mb: int | None = None


@dataclass(frozen=True)
class Gpu:
    """One GPU at one moment. problem: "" or why the other fields are not known, "GPU lost" first of all."""

    index: int
    uuid: str = ""
    name: str = ""
    memory_total_mb: int | None = None
    memory_used_mb: int | None = None
    utilization_percent: int | None = None
    power_watts: float | None = None
    temperature_c: int | None = None
    sm_clock_mhz: int | None = None
    processes: tuple[GpuProcess, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class GpuSample:
    """All GPUs at one moment.

    Attributes:
        taken_at: unix seconds. state: of the whole look; "ok" although single GPUs may be lost (their `problem` says).
        detail: the driver's own words where something is wrong. stale_for: seconds for which nothing newer was had
            although asked: `gpus` are then of an older look, whose time `taken_at` is.
    """

    taken_at: float
    state: State
    detail: str = ""
    driver: str = ""
    gpus: tuple[Gpu, ...] = ()
    stale_for: float = 0.0

    def age_seconds(self, now: float | None = None) -> float:
        """Seconds since the sample was taken."""
        return max(0.0, (time.time() if now is None else now) - self.taken_at)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return dataclasses.asdict(self)

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> GpuSample:
        """The inverse of `to_json`."""
        gpus = tuple(
            Gpu(**{**gpu, "processes": tuple(GpuProcess(**process) for process in gpu["processes"])})
            for gpu in values["gpus"]
        )
        return GpuSample(**{**values, "gpus": gpus})


class Sampler(Protocol):
    """Where samples come from: NVML, a stand-in, or another machine."""

    def sample(self, max_age_seconds: float = 0.0) -> GpuSample:
        """A sample not older than so many seconds."""
        ...


class NvmlSampler:
    """Asks NVML in a child process. Never raises and never waits longer than its timeout; safe between threads."""

    #: A machine without a driver is not asked again for so long.
    NO_DRIVER_SECONDS = 60.0

    def __init__(
        self,
        timeout_seconds: float = 10.0,
        env: Mapping[str, str] | None = None,
        python: str = sys.executable,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Args: timeout_seconds: after which the driver counts as hanging. env: of the child, instead of our own."""
        self.timeout_seconds = timeout_seconds
        self._env = dict(os.environ if env is None else env)
        self._python = python
        self._clock = clock
        self._lock = threading.Lock()
        self._last: GpuSample | None = None
        self._good: GpuSample | None = None
        self._stuck: subprocess.Popen[bytes] | None = None

    def sample(self, max_age_seconds: float = 0.0) -> GpuSample:
        """The newest sample when it is young enough, else a new one.

        When the driver stops answering, the facts of the last good look are kept beside the new state, with their age.
        """
        with self._lock:
            last = self._last
            patience = max(max_age_seconds, self.NO_DRIVER_SECONDS if last and last.state == "no driver" else 0.0)
            if last is not None and last.stale_for == 0 and last.age_seconds(self._clock()) < patience:
                return last
            new = self._ask()
            if new.state == "ok":
                self._good = new
            elif new.state != "no driver" and self._good is not None:
                stale_for = max(new.taken_at - self._good.taken_at, 0.001)
                new = dataclasses.replace(self._good, state=new.state, detail=new.detail, stale_for=stale_for)
            self._last = new
            return new

    def _ask(self) -> GpuSample:
        now = self._clock()
        if self._stuck is not None and self._stuck.poll() is None:
            # A child inside a hung driver cannot even be killed; another one would hang beside it.
            return GpuSample(now, "hanging", f"process {self._stuck.pid} has been waiting for the driver")
        self._stuck = None
        try:
            child = subprocess.Popen(
                [self._python, "-I", __file__],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._env,
                start_new_session=True,
            )
        except OSError as error:
            return GpuSample(now, "failed", f"the sampler could not be started: {error.strerror or error}")
        try:
            out, err = child.communicate(timeout=self.timeout_seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            try:
                child.communicate(timeout=0.5)
            except subprocess.TimeoutExpired:
                self._stuck = child
            return GpuSample(now, "hanging", f"no answer within {self.timeout_seconds:g} s")
        try:
            return dataclasses.replace(GpuSample.from_json(json.loads(out)), taken_at=now)
        except (ValueError, TypeError, KeyError):
            words = err.decode("utf-8", "replace").strip().splitlines()
            why = f"killed by signal {-child.returncode}" if child.returncode < 0 else f"exit code {child.returncode}"
            return GpuSample(now, "failed", f"the sampler ended ({why})" + (f": {words[-1][:200]}" if words else ""))


@dataclass
class ScriptedSampler:
    """The stand-in for tests and demonstrations: gives its samples one after the other, the last one for ever."""

    samples: Sequence[GpuSample] = field(default_factory=lambda: [GpuSample(time.time(), "no driver")])
    _given: int = 0

    def sample(self, max_age_seconds: float = 0.0) -> GpuSample:
        """The next sample of the script."""
        sample = self.samples[min(self._given, len(self.samples) - 1)]
        self._given += 1
        return sample


_shared: NvmlSampler | None = None
_shared_lock = threading.Lock()


def shared_sampler() -> NvmlSampler:
    """The sampler of this process."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = NvmlSampler()
        return _shared


# -- in the child ------------------------------------------------------------------------------------------------------


def ask_nvml() -> GpuSample:
    """One look through nvidia-ml-py, or our own few calls where it is not installed, as on a server.

    Runs in the child alone: it may hang or crash.
    """
    now = time.time()
    nvml = _nvml()
    try:
        nvml.nvmlInit()
    except nvml.NVMLError as error:
        return GpuSample(now, _state_of(nvml, error), str(error))
    try:
        driver = _text(_try(nvml, nvml.nvmlSystemGetDriverVersion) or "")
        gpus = tuple(_ask_gpu(nvml, index) for index in range(nvml.nvmlDeviceGetCount()))
    except nvml.NVMLError as error:
        return GpuSample(now, _state_of(nvml, error), str(error))
    return GpuSample(now, "ok", driver=driver, gpus=gpus)


def _nvml() -> Any:
    try:
        import pynvml
    except ImportError:
        pass
    else:
        return pynvml
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("nvml", os.path.join(os.path.dirname(__file__), "nvml.py"))  # noqa: PTH118, PTH120
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["nvml"] = module
    spec.loader.exec_module(module)
    return module


def _state_of(nvml: Any, error: Any) -> State:
    return {
        nvml.NVML_ERROR_LIBRARY_NOT_FOUND: "no driver",
        nvml.NVML_ERROR_DRIVER_NOT_LOADED: "no driver",
        nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "driver mismatch",
        nvml.NVML_ERROR_GPU_IS_LOST: "GPU lost",
        nvml.NVML_ERROR_TIMEOUT: "hanging",
    }.get(error.value, "failed")  # type: ignore[return-value]


def _try(nvml: Any, ask: Callable[..., Any], *arguments: Any) -> Any:
    """One fact, or None when this GPU or driver does not tell it. A lost GPU is no such case."""
    try:
        return ask(*arguments)
    except nvml.NVMLError as error:
        if error.value == nvml.NVML_ERROR_GPU_IS_LOST:
            raise
        return None


def _ask_gpu(nvml: Any, index: int) -> Gpu:
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        memory = _try(nvml, nvml.nvmlDeviceGetMemoryInfo, handle)
        rates = _try(nvml, nvml.nvmlDeviceGetUtilizationRates, handle)
        power = _try(nvml, nvml.nvmlDeviceGetPowerUsage, handle)
        processes: dict[int, GpuProcess] = {}
        for kind, ask in (
            ("graphics", nvml.nvmlDeviceGetGraphicsRunningProcesses),
            ("compute", nvml.nvmlDeviceGetComputeRunningProcesses),
        ):
            for found in _try(nvml, ask, handle) or ():
                used = None if found.usedGpuMemory is None else found.usedGpuMemory // 2**20
                processes[found.pid] = GpuProcess(found.pid, kind, used)
        return Gpu(
            index=index,
            uuid=_text(_try(nvml, nvml.nvmlDeviceGetUUID, handle) or ""),
            name=_text(_try(nvml, nvml.nvmlDeviceGetName, handle) or ""),
            memory_total_mb=None if memory is None else memory.total // 2**20,
            memory_used_mb=None if memory is None else memory.used // 2**20,
            utilization_percent=None if rates is None else rates.gpu,
            power_watts=None if power is None else power / 1000,
            temperature_c=_try(nvml, nvml.nvmlDeviceGetTemperature, handle, nvml.NVML_TEMPERATURE_GPU),
            sm_clock_mhz=_try(nvml, nvml.nvmlDeviceGetClockInfo, handle, nvml.NVML_CLOCK_SM),
            processes=tuple(processes[pid] for pid in sorted(processes)),
        )
    except nvml.NVMLError as error:
        lost = error.value == nvml.NVML_ERROR_GPU_IS_LOST
        return Gpu(index=index, problem="GPU lost" if lost else str(error))


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


if __name__ == "__main__":
    import signal

    # A driver that hangs must not keep this process for ever when whoever waits for it was killed.
    signal.alarm(120)
    sys.stdout.write(json.dumps(ask_nvml().to_json()))
