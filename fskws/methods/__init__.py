"""One file a method or calibration part, headed by its citation. `METHODS` is the one table of methods."""

from __future__ import annotations

from collections.abc import Callable

from fskws.classifier import CosineClassifier
from fskws.config import MethodConfig
from fskws.encoders import BCResNet
from fskws.methods.avg_cos import AverageCosine
from fskws.methods.base import Labelled, Method
from fskws.methods.calibrated import Calibrated, Strengths
from fskws.methods.finetune import FineTune
from fskws.methods.joint import Joint

__all__ = ["CALIBRATION_PARTS", "METHODS", "Calibrated", "Labelled", "Method", "Strengths", "make_method"]

#: Name -> the method, not yet fitted, from its settings and the trained base (encoder, head). The calibrated ones begin
#: without strengths; `selection` gives them.
METHODS: dict[str, Callable[[MethodConfig, BCResNet, CosineClassifier], Method]] = {
    "calibrated": lambda config, encoder, head: Calibrated(temperature=head.temperature),
    "avg_cos": lambda config, encoder, head: AverageCosine(head.temperature),
    "teen": lambda config, encoder, head: Calibrated(temperature=head.temperature),
    "lda": lambda config, encoder, head: Calibrated(temperature=head.temperature),
    "finetune": lambda config, encoder, head: FineTune(
        encoder, config.finetune_steps, config.finetune_lr, head.temperature
    ),
    "joint": lambda config, encoder, head: Joint(head.weight.detach().cpu(), head.temperature),
}

#: Which calibration parts a method uses.
CALIBRATION_PARTS = {
    "teen": ("teen_alpha",),
    "lda": ("lda_shrinkage",),
    "calibrated": ("tukey_power", "teen_alpha", "lda_shrinkage", "base_bias"),
}


def make_method(config: MethodConfig, encoder: BCResNet, head: CosineClassifier) -> Method:
    """The method of that name for a trained base."""
    return METHODS[config.method](config, encoder, head)
