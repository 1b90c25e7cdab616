"""One file a method, headed by its citation. `METHODS` is the one table of them."""

from __future__ import annotations

from collections.abc import Callable

from fskws.config import EncoderConfig, MethodConfig
from fskws.errors import ConfigError
from fskws.methods.avg_cos import AverageCosine
from fskws.methods.base import Labelled, Method

__all__ = ["METHODS", "Labelled", "Method", "make_method"]

METHODS: dict[str, Callable[[MethodConfig, EncoderConfig], Method]] = {
    "avg_cos": lambda method, encoder: AverageCosine(encoder.temperature),
}


def make_method(config: MethodConfig, encoder: EncoderConfig) -> Method:
    """The method of that name, not yet fitted. Raises: ConfigError: there is none."""
    if config.method not in METHODS:
        raise ConfigError(f"method={config.method!r}; allowed: {', '.join(METHODS)}")
    return METHODS[config.method](config, encoder)
