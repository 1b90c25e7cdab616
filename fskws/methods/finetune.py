"""Fine-tuning on each session's support alone: the lower bound every incremental method is compared with. It forgets.

Source: the "finetune" baseline of Tao et al., "Few-Shot Class-Incremental Learning" (TOPIC), CVPR 2020.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor, nn
from torch.nn import functional

from fskws.classifier import cosines, prototypes
from fskws.encoders import BCResNet
from fskws.methods.base import Labelled, Method, new_classes
from fskws.optimizers import Sgd


@dataclass(frozen=True)
class FineTune(Method):
    """The whole encoder and a cosine head go on learning from each support, nothing of earlier sessions is kept.

    Attributes: encoder: in evaluation mode; each session works on a copy. prototypes: (classes, dim), the head's rows.
        steps, learning_rate: full-batch SGD with momentum 0.9 on the support.
    """

    encoder: BCResNet
    steps: int = 50
    learning_rate: float = 0.01
    temperature: float = 16.0
    prototypes: Tensor = field(default_factory=lambda: torch.zeros(0, 0))
    needs_log_mel = True

    def encode(self, embeddings: Tensor, log_mel: Tensor | None) -> Tensor:
        """(n, dim) under the encoder as it is now."""
        if log_mel is None:
            raise ValueError("fine-tuning changes the encoder: spectra are needed, embeddings alone are stale")
        device = next(self.encoder.parameters()).device
        with torch.inference_mode():
            return torch.cat([self.encoder(part.to(device)).cpu() for part in torch.split(log_mel, 256)])

    def fit_base(self, base: Labelled) -> FineTune:
        """Rows: the means of all base embeddings."""
        return replace(self, prototypes=prototypes(base.embeddings.cpu(), base.labels, new_classes(base, 0)))

    def learn_session(self, support: Labelled) -> FineTune:
        """Starts the new rows at the support means, then trains everything on the support."""
        encoder = copy.deepcopy(self.encoder)
        device = next(encoder.parameters()).device
        embeddings = self.encode(support.embeddings, support.log_mel)
        added = prototypes(embeddings, support.labels, new_classes(support, len(self.prototypes)))
        rows = torch.cat([self.prototypes, added]).to(device)
        assert support.log_mel is not None
        log_mel, labels = support.log_mel.to(device), support.labels.to(device)
        # Batch statistics of fifteen clips would spoil the base ones: normalisation stays in evaluation mode.
        learned = nn.Parameter(rows)
        optimizer = Sgd([*encoder.parameters(), learned], self.learning_rate, decay=0.0)
        for _ in range(self.steps):
            optimizer.zero_grad()
            loss = functional.cross_entropy(self.temperature * cosines(encoder(log_mel), learned), labels)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        return replace(self, encoder=encoder, prototypes=learned.detach().cpu())

    @property
    def n_known(self) -> int:
        """Rows so far."""
        return len(self.prototypes)

    def columns(self, prepared: Tensor, first: int, end: int) -> Tensor:
        """T cos(f, w_c), of embeddings that this encoder made."""
        return self.temperature * cosines(prepared, self.prototypes[first:end])
