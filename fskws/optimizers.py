"""Nesterov SGD and AdamW over all weights at once.

torch's own optimizers import the compiler (torch._dynamo) on first use: two seconds and more at the start of every
run, even a run of ten seconds. These give the same numbers without it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class Optimizer(ABC):
    """Changes weights by their gradients; weights without a gradient stay.

    Attributes: lr: learning rate, set from outside before each step. decay: weight decay.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], lr: float, decay: float) -> None:
        self.parameters, self.lr, self.decay = list(parameters), lr, decay
        self.steps = 0

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """One update. Raises: ValueError: a weight has no gradient."""
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        if len(gradients) != len(self.parameters):
            raise ValueError(f"{len(self.parameters) - len(gradients)} weights have no gradient; call backward first")
        self.steps += 1
        self._update([parameter.data for parameter in self.parameters], gradients)

    @abstractmethod
    def _update(self, weights: list[Tensor], gradients: list[Tensor]) -> None: ...

    @abstractmethod
    def _moments(self) -> dict[str, list[Tensor]]: ...

    def state_dict(self) -> dict[str, Any]:
        """Everything a resumed run needs besides the weights."""
        return {"steps": self.steps, "lr": self.lr, **self._moments()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`, for the same weights in the same order."""
        self.steps, self.lr = state["steps"], state["lr"]
        for name, tensors in self._moments().items():
            for mine, saved in zip(tensors, state[name], strict=True):
                mine.copy_(saved)


class Sgd(Optimizer):
    """Stochastic gradient descent with Nesterov momentum; weight decay is added to the gradient (Sutskever et al.
    2013).
    """

    def __init__(self, parameters: Sequence[nn.Parameter], lr: float, decay: float, momentum: float = 0.9) -> None:
        super().__init__(parameters, lr, decay)
        self.momentum = momentum
        self.velocity = [torch.zeros_like(parameter) for parameter in self.parameters]

    def _moments(self) -> dict[str, list[Tensor]]:
        return {"velocity": self.velocity}

    def _update(self, weights: list[Tensor], gradients: list[Tensor]) -> None:
        slopes = torch._foreach_add(gradients, weights, alpha=self.decay)
        torch._foreach_mul_(self.velocity, self.momentum)
        torch._foreach_add_(self.velocity, slopes)
        torch._foreach_add_(slopes, self.velocity, alpha=self.momentum)
        torch._foreach_add_(weights, slopes, alpha=-self.lr)


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019), betas 0.9 and 0.999."""

    beta1, beta2, epsilon = 0.9, 0.999, 1e-8

    def __init__(self, parameters: Sequence[nn.Parameter], lr: float, decay: float) -> None:
        super().__init__(parameters, lr, decay)
        self.mean = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.square = [torch.zeros_like(parameter) for parameter in self.parameters]

    def _moments(self) -> dict[str, list[Tensor]]:
        return {"mean": self.mean, "square": self.square}

    def _update(self, weights: list[Tensor], gradients: list[Tensor]) -> None:
        torch._foreach_mul_(weights, 1 - self.lr * self.decay)
        torch._foreach_lerp_(self.mean, gradients, 1 - self.beta1)
        torch._foreach_mul_(self.square, self.beta2)
        torch._foreach_addcmul_(self.square, gradients, gradients, 1 - self.beta2)
        spread = torch._foreach_sqrt(self.square)
        torch._foreach_div_(spread, (1 - self.beta2**self.steps) ** 0.5)
        torch._foreach_add_(spread, self.epsilon)
        torch._foreach_addcdiv_(weights, self.mean, spread, -self.lr / (1 - self.beta1**self.steps))
