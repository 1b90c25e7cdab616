"""The NVML door, driven with the real nvidia-ml-py over a small stand-in of the driver's library."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vault_sync.gpus import ADVICE, Gpu, GpuProcess, GpuSample, NvmlSampler, ScriptedSampler

#: Two GPUs; NVML_CASE chooses what goes wrong.
STAND_IN = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct { unsigned int pid; unsigned long long used; unsigned int gi, ci; } process_t;
typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned int gpu, memory; } rates_t;

static int is(const char *name) { const char *c = getenv("NVML_CASE"); return c && !strcmp(c, name); }
static int lost(void *device) { return is("lost") && device == (void *)2 ? 15 : 0; }

int nvmlInitWithFlags(unsigned int flags) {
  if (is("unloaded")) return 9;
  if (is("mismatch")) return 18;
  if (is("all lost")) return 15;
  if (is("hanging")) for (;;) pause();
  if (is("crash")) abort();
  return 0;
}
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) {
  return code == 18 ? "Driver/library version mismatch" : code == 15 ? "GPU is lost" : "Driver Not Loaded";
}
int nvmlSystemGetDriverVersion(char *out, unsigned int n) { snprintf(out, n, "570.11"); return 0; }
int nvmlDeviceGetCount_v2(unsigned int *n) { *n = 2; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int i, void **out) { *out = (void *)(size_t)(i + 1); return 0; }
int nvmlDeviceGetName(void *d, char *out, unsigned int n) { snprintf(out, n, "Stand-in"); return 0; }
int nvmlDeviceGetUUID(void *d, char *out, unsigned int n) { snprintf(out, n, "GPU-%zu", (size_t)d); return 0; }
int nvmlDeviceGetMemoryInfo(void *d, memory_t *m) {
  if (lost(d)) return lost(d);
  m->total = 24ULL << 30; m->used = 3ULL << 30; m->free = m->total - m->used; return 0;
}
int nvmlDeviceGetUtilizationRates(void *d, rates_t *r) { r->gpu = 87; r->memory = 40; return is("old") ? 3 : 0; }
int nvmlDeviceGetPowerUsage(void *d, unsigned int *mw) { *mw = 250500; return 0; }
int nvmlDeviceGetTemperature(void *d, unsigned int kind, unsigned int *c) { *c = 61; return 0; }
int nvmlDeviceGetClockInfo(void *d, unsigned int kind, unsigned int *mhz) { *mhz = 1710; return 0; }
static int list(void *d, unsigned int *n, process_t *out, unsigned int pid) {
  if (!pid || d != (void *)1) { *n = 0; return 0; }
  if (!out) { *n = 1; return 7; }
  *n = 1; out[0].pid = pid; out[0].used = is("container") ? ~0ULL : 2ULL << 30; out[0].gi = out[0].ci = ~0U; return 0;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *d, unsigned int *n, process_t *out) {
  const char *pid = getenv("NVML_PID"); return list(d, n, out, pid ? atoi(pid) : 0);
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *d, unsigned int *n, process_t *out) { return list(d, n, out, 0); }
"""


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the stand-in as libnvidia-ml.so.1."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or sys.platform != "linux":
        pytest.skip("no C compiler to build the stand-in of the driver")
    folder = tmp_path_factory.mktemp("driver")
    (folder / "nvml.c").write_text(STAND_IN)
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-w", "-o", str(folder / "libnvidia-ml.so.1"), str(folder / "nvml.c")],
        check=True,
    )
    return folder


def sampler_for(
    driver: Path, case: str = "", timeout_seconds: float = 20.0, python: str = sys.executable, **env: str
) -> NvmlSampler:
    environment = {**os.environ, "LD_LIBRARY_PATH": str(driver), "NVML_CASE": case, **env}
    return NvmlSampler(timeout_seconds, env=environment, python=python)


@pytest.fixture(params=["nvidia-ml-py", "our own calls"])
def python(request, tmp_path) -> str:
    """The child's interpreter: this one, and one without nvidia-ml-py, as on a server."""
    if request.param == "nvidia-ml-py":
        return sys.executable
    plain = tmp_path / "python"
    plain.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    plain.chmod(0o755)
    return str(plain)


def test_every_fact_of_a_gpu(driver, python):
    """Memory, load, power, temperature, clock and processes come through the child."""
    sample = sampler_for(driver, python=python, NVML_PID="4242").sample()
    assert (sample.state, sample.driver, len(sample.gpus)) == ("ok", "570.11", 2)
    assert sample.gpus[0] == Gpu(
        index=0,
        uuid="GPU-1",
        name="Stand-in",
        memory_total_mb=24576,
        memory_used_mb=3072,
        utilization_percent=87,
        power_watts=250.5,
        temperature_c=61,
        sm_clock_mhz=1710,
        processes=(GpuProcess(4242, "compute", 2048),),
    )
    assert GpuSample.from_json(sample.to_json()) == sample


def test_what_a_gpu_does_not_tell_is_none(driver, python):
    """An older GPU without a load, or a container without memory per process, costs only that fact."""
    assert sampler_for(driver, "old", python=python).sample().gpus[0].utilization_percent is None
    used = sampler_for(driver, "container", python=python, NVML_PID="4242").sample().gpus[0].processes[0]
    assert used == GpuProcess(4242, "compute", None)


@pytest.mark.parametrize(
    ("case", "state", "detail"),
    [
        ("unloaded", "no driver", "Driver Not Loaded"),
        ("mismatch", "driver mismatch", "version mismatch"),
        ("all lost", "GPU lost", "GPU is lost"),
        ("crash", "failed", "the sampler ended (killed by signal 6)"),
    ],
)
def test_what_is_wrong_is_told_apart(driver, python, case, state, detail):
    """Each way for a driver to fail has its own state, its own words, and advice."""
    sample = sampler_for(driver, case, python=python).sample()
    assert (sample.state, sample.gpus) == (state, ())
    assert detail in sample.detail
    assert ADVICE[state]


def test_a_machine_without_the_library_has_no_driver(tmp_path, python):
    """No libnvidia-ml at all is "no driver" too, and is not asked for again at each look."""
    if Path("/proc/driver/nvidia/version").exists():
        pytest.skip("this machine has a driver")
    sampler = NvmlSampler(env={**os.environ, "LD_LIBRARY_PATH": str(tmp_path)}, python=python)
    first = sampler.sample()
    assert first.state == "no driver"
    assert sampler.sample() is first


def test_one_lost_gpu_leaves_the_others(driver, python):
    """A GPU that fell off the bus says so; the other one is read as ever."""
    sample = sampler_for(driver, "lost", python=python).sample()
    assert sample.state == "ok"
    assert [gpu.problem for gpu in sample.gpus] == ["", "GPU lost"]
    assert sample.gpus[0].memory_used_mb == 3072


def test_a_hanging_driver_costs_one_timeout(driver):
    """A driver that does not answer is "hanging" after the timeout, never a caller that hangs."""
    sample = sampler_for(driver, "hanging", timeout_seconds=0.5).sample()
    assert (sample.state, sample.detail) == ("hanging", "no answer within 0.5 s")


def test_the_last_good_facts_are_kept_with_their_age(driver):
    """When the driver stops answering the older facts stand beside the new state, and their age grows."""
    clock = [1000.0]
    sampler = sampler_for(driver)
    sampler._clock = lambda: clock[0]
    good = sampler.sample()
    sampler._env["NVML_CASE"] = "mismatch"
    clock[0] = 1030.0
    stale = sampler.sample(5)
    assert (stale.state, stale.stale_for, stale.gpus) == ("driver mismatch", 30.0, good.gpus)
    assert stale.age_seconds(1042.0) == 42.0
    sampler._env["NVML_CASE"] = ""
    assert sampler.sample(5).stale_for == 0


def test_a_young_sample_is_given_again(driver):
    """Within the age asked for the driver is left alone."""
    sampler = sampler_for(driver)
    first = sampler.sample()
    assert sampler.sample(60) is first
    assert sampler.sample() is not first


def test_a_sampler_that_cannot_start_is_told(tmp_path):
    """A missing interpreter is a failed look, not an exception."""
    sample = NvmlSampler(python=str(tmp_path / "python")).sample()
    assert (sample.state, sample.detail) == ("failed", "the sampler could not be started: No such file or directory")


def test_the_stand_in_goes_through_its_script():
    """The scripted sampler gives one sample after the other and stays with the last."""
    one = GpuSample(1.0, "no driver")
    two = dataclasses.replace(one, state="ok")
    sampler = ScriptedSampler([one, two])
    assert [sampler.sample().state for _ in range(3)] == ["no driver", "ok", "ok"]
