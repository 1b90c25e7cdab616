"""For all tests: threads that wait sleep, since several processes share the cores while the suite runs."""

from __future__ import annotations

import os

for name, value in {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}.items():
    os.environ.setdefault(name, value)

from hypothesis import settings  # noqa: E402 - after the environment, which torch reads when it is imported

# A check of a change draws the same examples each time; at the desk every run draws new ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")
