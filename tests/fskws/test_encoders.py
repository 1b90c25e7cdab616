"""BC-ResNet against the reference implementation's values and the published sizes."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from fskws.encoders import BCResNet, SubSpectralNorm

#: tau -> trainable parameters with 12 and with 35 classes; 12-class figures rounded in Kim et al. 2021, table 3.
PUBLISHED_PARAMETERS = {
    0.625: (4_585, 5_068),
    1: (9_232, 9_991),
    1.5: (17_154, 18_281),
    2: (27_284, 28_779),
    3: (54_168, 56_399),
    6: (187_812, 192_251),
    8: (321_068, 326_979),
}


@pytest.mark.parametrize(("tau", "counts"), PUBLISHED_PARAMETERS.items())
def test_parameter_counts_are_the_published_ones(tau, counts):
    """Every published width has exactly the reference's number of weights."""
    for n_classes, expected in zip((12, 35), counts, strict=True):
        assert sum(p.numel() for p in BCResNet(tau, n_classes=n_classes).parameters()) == expected


@pytest.mark.parametrize("tau", [1, 2])
def test_reference_checkpoint_gives_reference_logits_and_gradients(shared_data, tau):
    """A checkpoint in the published layout loads; logits agree within 1e-5, input gradients within 1e-4 of the
    largest.
    """
    golden = np.load(shared_data / "golden" / f"bcresnet_tau{tau}.npz")
    encoder = BCResNet(tau, n_classes=12).eval()
    weights = {k.removeprefix("param/"): torch.from_numpy(golden[k]) for k in golden.files if k.startswith("param/")}
    encoder.load_state_dict(weights, strict=True)
    for name in ("a", "b", "c"):  # 101, 51 and 201 frames
        log_mel = torch.from_numpy(golden[f"in/{name}"]).requires_grad_()
        logits = encoder.logits(log_mel[:, 0])
        (gradient,) = torch.autograd.grad(logits.square().sum(), log_mel)
        for ours, reference, bound in (
            (logits.detach().numpy(), golden[f"logits/{name}"], 1e-5),
            (gradient.numpy(), golden[f"dinput/{name}"], 1e-4),
        ):
            assert np.abs(ours - reference).max() <= bound * np.abs(reference).max()


@pytest.mark.parametrize("n_frames", [1, 51, 101, 201])
def test_vector_is_the_mean_of_the_frames_at_any_length(n_frames):
    """Both forms come from one pass; the vector is the frame matrix averaged over time."""
    encoder = BCResNet(1).eval()
    encoded = encoder.encode(torch.randn(3, 40, n_frames))
    assert encoded.frames.shape == (3, n_frames, 32)
    torch.testing.assert_close(encoded.vector, encoded.frames.mean(1))


def test_last_channels_widens_the_embedding_alone():
    """A wider embedding leaves every earlier layer as published."""
    wide, published = BCResNet(1, last_channels=96), BCResNet(1)
    assert wide(torch.randn(2, 40, 101)).shape == (2, 96)
    changed = [
        name
        for name, value in published.state_dict().items()
        if wide.state_dict()[name].shape != value.shape and not name.startswith("classifier.")
    ]
    assert changed == []


def test_feature_map_has_the_papers_shape():
    """20 tau channels, 5 bands, every frame."""
    assert BCResNet(2).eval().feature_map(torch.randn(2, 40, 101)).shape == (2, 40, 5, 101)


def test_sub_spectral_norm_equals_a_loop_over_bands():
    """Each band is normalised with its own statistics (a plain loop over bands and channels)."""
    torch.manual_seed(0)
    x = torch.randn(6, 3, 10, 7) * 3 + 1
    normed = SubSpectralNorm(3, sub_bands=5).train()(x)
    for channel in range(3):
        for band in range(5):
            rows = slice(2 * band, 2 * band + 2)
            part = x[:, channel, rows]
            expected = (part - part.mean()) / torch.sqrt(part.var(unbiased=False) + 1e-5)
            torch.testing.assert_close(normed[:, channel, rows], expected, atol=1e-5, rtol=1e-5)


def test_wrong_number_of_bands_is_refused():
    """40 mels fit three halvings and five bands; 64 do not."""
    with pytest.raises(ValueError, match="n_mels=64; allowed: multiples of 40"):
        BCResNet(1, n_mels=64)


@pytest.mark.slow
def test_compiled_gradients_are_the_same():
    """torch.compile changes how it is computed: in float64 embeddings and every gradient stay."""
    torch.manual_seed(0)
    plain = BCResNet(0.625, dropout=0.0).double().train()
    twin = copy.deepcopy(plain)
    spectra = torch.randn(8, 40, 101, dtype=torch.float64)
    for forward in (plain, torch.compile(twin)):
        forward(spectra).square().sum().backward()
    for (name, ours), theirs in zip(plain.named_parameters(), twin.parameters(), strict=True):
        assert ours.grad is not None and theirs.grad is not None, name
        largest = float(ours.grad.abs().max())
        torch.testing.assert_close(theirs.grad, ours.grad, atol=1e-9 * largest, rtol=1e-7, msg=name)
