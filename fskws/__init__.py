"""The training core: few-shot class-incremental keyword spotting. Usable alone as ``python -m fskws``."""
