"""Prototypes and calibration parts against hand arithmetic, plain loops and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from fskws.classifier import CosineClassifier, PrototypeSums, prototypes
from fskws.config import METHOD_NAMES, MethodConfig
from fskws.encoders import BCResNet
from fskws.methods import METHODS, Calibrated, Labelled, Strengths, make_method
from fskws.methods.avg_cos import AverageCosine
from fskws.methods.bias import without_base_bias
from fskws.methods.lda import discriminants, pooled_covariance, shrunk_inverse
from fskws.methods.teen import calibrate
from fskws.methods.tukey import tukey


def blobs(n_classes=6, dim=8, each=20, seed=0):
    """Gaussian clouds, one a class, with positive means."""
    draws = torch.Generator().manual_seed(seed)
    centres = torch.rand(n_classes, dim, generator=draws) * 4
    labels = torch.arange(n_classes).repeat_interleave(each)
    return Labelled((centres[labels] + 0.3 * torch.randn(len(labels), dim, generator=draws)).abs(), labels)


def test_prototypes_by_hand():
    """(1,0), (3,0) -> (2,0); (0,4) -> (0,4)."""
    embeddings = torch.tensor([[1.0, 0.0], [0.0, 4.0], [3.0, 0.0]])
    assert prototypes(embeddings, torch.tensor([7, 9, 7]), [7, 9]).tolist() == [[2.0, 0.0], [0.0, 4.0]]
    with pytest.raises(ValueError, match="class 1 has no embedding"):
        prototypes(embeddings, torch.tensor([7, 9, 7]), [7, 8])


@pytest.mark.parametrize("batch_size", [1, 7, 120])
def test_one_batch_equals_many(batch_size):
    """Sums over batches of any size give the two-pass means."""
    data = blobs()
    sums = PrototypeSums(6, 8)
    for start in range(0, len(data.labels), batch_size):
        rows = slice(start, start + batch_size)
        sums.add(data.embeddings[rows], data.labels[rows])
    expected = torch.stack([data.embeddings[data.labels == label].mean(0) for label in range(6)])
    torch.testing.assert_close(sums.means(), expected, atol=1e-6, rtol=1e-6)


def test_cosine_classifier_by_hand():
    """16 cos: 16 for the same direction, 0 across, whatever the lengths."""
    head = CosineClassifier(2, 2)
    with torch.no_grad():
        head.weight.copy_(torch.tensor([[5.0, 0.0], [0.0, 0.1]]))
    torch.testing.assert_close(
        head(torch.tensor([[2.0, 0.0], [3.0, 3.0]])), 16 * torch.tensor([[1, 0], [0.5**0.5] * 2])
    )


def test_teen_by_hand():
    """One new prototype at 60 degrees to base 0 and 30 to base 1, alpha 0.5, tau 2."""
    base = torch.tensor([[2.0, 0.0], [0.0, 5.0]])
    new = torch.tensor([[0.5, 3**0.5 / 2]]) * 3
    weights = np.exp([2 * 0.5, 2 * 3**0.5 / 2])
    weights /= weights.sum()
    towards = weights / np.hypot(*weights)
    expected = 3 * (0.5 * np.array([0.5, 3**0.5 / 2]) + 0.5 * towards)
    np.testing.assert_allclose(calibrate(new, base, 0.5, 2.0)[0].numpy(), expected, rtol=1e-6)
    assert torch.equal(calibrate(new, base, 0.0), new)


def test_tukey_and_bias_by_hand():
    """Square roots; 0.5 off the first two columns only."""
    torch.testing.assert_close(tukey(torch.tensor([[4.0, 0.0, -9.0]]), 0.5), torch.tensor([[2.0, 0.0, -3.0]]))
    logits = torch.tensor([[1.0, 2.0, 3.0]])
    assert without_base_bias(logits, 2, 0.5).tolist() == [[0.5, 1.5, 3.0]]
    assert without_base_bias(logits, 2, 0.0) is logits


def test_lda_of_a_collapsed_encoder_is_the_nearest_mean():
    """An encoder that gives all clips of a word one vector leaves no covariance; the score is still a score."""
    means = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    data = Labelled(means.repeat(3, 1), torch.tensor([0, 1] * 3))
    covariance = pooled_covariance(data.embeddings, data.labels, means)
    for shrinkage in (0.0, 0.5):
        scores = discriminants(torch.tensor([[0.9, 0.2], [0.1, 0.8]]), means, shrunk_inverse(covariance, shrinkage))
        assert torch.isfinite(scores).all()
        assert scores.argmax(1).tolist() == [0, 1]


def test_lda_equals_scikit_learn():
    """Decision differences equal LinearDiscriminantAnalysis(lsqr) with equal priors and the same shrunk covariance."""
    data = blobs(4, 5, 30)
    means = prototypes(data.embeddings, data.labels, range(4))
    covariance = pooled_covariance(data.embeddings, data.labels, means)
    scores = discriminants(data.embeddings, means, shrunk_inverse(covariance, 0.3)).numpy()
    reference = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3, priors=[0.25] * 4)
    reference.fit(data.embeddings.numpy().astype(np.float64), data.labels.numpy())
    # scikit-learn divides by n, here by n - classes: the scores differ by that factor alone.
    expected = reference.decision_function(data.embeddings.numpy().astype(np.float64)) * (120 - 4) / 120
    centred = [values - values.mean(1, keepdims=True) for values in (scores, expected)]
    np.testing.assert_allclose(centred[0], centred[1], rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_calibration_of_nothing_is_average_cosine():
    """With all parts out, and at strength zero, the scores are those of avg_cos."""
    data = blobs()
    base, support = data.of(data.labels < 4), data.of(data.labels >= 4)
    plain = AverageCosine().fit_base(base).learn_session(support).logits(data.embeddings)
    calibrated = Calibrated().fit_base(base).learn_session(support).logits(data.embeddings)
    assert torch.equal(plain, calibrated)


@pytest.mark.parametrize(
    "strengths",
    [
        Strengths(tukey_power=0.5),
        Strengths(teen_alpha=0.4),
        Strengths(lda_shrinkage=0.3),
        Strengths(base_bias=0.2),
        Strengths(0.7, 0.1, 0.3, 0.02),
    ],
)
def test_each_part_does_something_and_base_rows_stay(strengths):
    """A part at work changes scores; learning a session leaves the columns of known classes as they were."""
    data = blobs()
    base, support = data.of(data.labels < 4), data.of(data.labels >= 4)
    fitted = Calibrated(strengths).fit_base(base)
    learned = fitted.learn_session(support)
    plain = AverageCosine().fit_base(base).learn_session(support).logits(data.embeddings)
    assert not torch.allclose(learned.logits(data.embeddings), plain)
    assert torch.equal(learned.logits(data.embeddings)[:, :4], fitted.logits(data.embeddings))
    assert fitted.n_known == 4


def test_strengths_change_without_the_clips():
    """with_strengths equals a fresh fit; what needs the clips is refused."""
    data = blobs()
    base, support = data.of(data.labels < 4), data.of(data.labels >= 4)
    fitted = Calibrated(Strengths(0.7, 0.1, 0.3)).fit_base(base)
    other = Strengths(0.7, 0.2, 0.8, 0.05)
    fresh = Calibrated(other).fit_base(base).learn_session(support).logits(data.embeddings)
    torch.testing.assert_close(
        fitted.with_strengths(other).learn_session(support).logits(data.embeddings), fresh, atol=1e-4, rtol=1e-4
    )
    with pytest.raises(ValueError, match="needs fit_base with the clips"):
        fitted.with_strengths(Strengths(0.5, 0.2, 0.8))
    with pytest.raises(ValueError, match="before the first session only"):
        fitted.learn_session(support).with_strengths(other)


def test_classes_must_follow_on_the_known_ones():
    """A session whose ids leave a gap is a mistake in the plan."""
    data = blobs()
    with pytest.raises(ValueError, match=r"new classes \[5\] do not follow on the 4 known ones"):
        AverageCosine().fit_base(data.of(data.labels < 4)).learn_session(data.of(data.labels == 5))


def test_every_named_method_can_be_made():
    """The table and the option's allowed values are the same."""
    encoder = BCResNet(0.625)
    assert tuple(METHODS) == METHOD_NAMES
    for name in METHOD_NAMES:
        make_method(MethodConfig(method=name), encoder, CosineClassifier(encoder.dim, 3))


def test_fine_tuning_trains_a_copy_on_the_support():
    """The support's loss falls, and the encoder handed in is untouched."""
    torch.manual_seed(0)
    labels = torch.arange(4).repeat_interleave(2)
    log_mel = torch.randn(8, 40, 21) + 3 * torch.randn(4, 40, 1)[labels]
    encoder = BCResNet(0.25, dropout=0.0)
    with torch.no_grad():
        for _ in range(20):  # statistics of the normalisation layers
            encoder(log_mel)
    encoder.eval()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    clips = Labelled(encoder(log_mel).detach(), labels, log_mel)
    base, support = clips.of(labels < 2), clips.of(labels >= 2)
    losses = []
    for steps in (1, 8):
        method = make_method(
            MethodConfig(method="finetune", finetune_steps=steps), encoder, CosineClassifier(encoder.dim, 2)
        )
        learned = method.fit_base(base).learn_session(support)
        logits = learned.logits(learned.encode(support.embeddings, support.log_mel))
        losses.append(float(torch.nn.functional.cross_entropy(logits, support.labels)))
    assert losses[1] < losses[0]
    assert all(torch.equal(before[name], value) for name, value in encoder.state_dict().items())
    with pytest.raises(ValueError, match="spectra are needed"):
        learned.encode(support.embeddings, None)
