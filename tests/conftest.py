"""For all tests: threads that wait sleep, since several processes share the cores while the suite runs."""

from __future__ import annotations

import os

for name, value in {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}.items():
    os.environ.setdefault(name, value)
