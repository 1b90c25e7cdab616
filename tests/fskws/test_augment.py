"""Augmentation of batches."""

from __future__ import annotations

import pytest
import torch

from fskws.augment import (
    augment_waveforms,
    changed,
    changed_streams,
    draw_changes,
    snr_amplitude,
    spec_augment,
)
from fskws.config import AugmentConfig


def generator(seed=0):
    """A generator of its own."""
    return torch.Generator().manual_seed(seed)


def test_shift_moves_and_fills_with_zeros():
    """Each clip is its old self, moved by at most the width, with zeros where nothing was."""
    clips = torch.arange(1.0, 101.0).repeat(20, 1) / 100
    moved = augment_waveforms(clips, AugmentConfig(shift_ms=1.0), None, generator())  # 16 samples
    offsets = set()
    for row in moved:
        place = int(torch.nonzero(row == 0.5)) - 49
        offsets.add(place)
        expected = torch.roll(clips[0], place)
        kept = slice(max(0, place), 100 + min(0, place))
        assert torch.equal(row[kept], expected[kept])
        assert int((row == 0).sum()) == abs(place)
    assert len(offsets) > 5
    assert max(map(abs, offsets)) <= 16
    assert torch.equal(augment_waveforms(clips, AugmentConfig(shift_ms=0), None, generator()), clips)


@pytest.mark.parametrize("snr_db", [-5.0, 0.0, 20.0])
def test_noise_is_added_at_the_asked_ratio(snr_db):
    """The power ratio of what was there to what was added is the one asked for, whatever the noise's own level."""
    speech = 0.01 * torch.randn(4, 16_000, generator=generator(1))
    recorded = 7 * torch.randn(50_000, generator=generator(2))
    config = AugmentConfig(noise_prob=1.0, noise_snr_db=f"{snr_db},{snr_db}", shift_ms=0)
    added = augment_waveforms(speech, config, recorded, generator()) - speech
    ratio_db = 10 * torch.log10(speech.square().mean(1) / added.square().mean(1))
    torch.testing.assert_close(ratio_db, torch.full((4,), snr_db), atol=1e-3, rtol=0)


def test_noise_probability_and_amplitude():
    """About the asked share of clips is touched; amplitudes stay below the largest."""
    clips = torch.zeros(400, 64)
    noise = torch.ones(1000)
    config = AugmentConfig(noise_prob=0.25, noise_amplitude=0.1, shift_ms=0)
    noisy = augment_waveforms(clips, config, noise, generator())
    touched = noisy.abs().amax(1)
    assert 70 <= int((touched > 0).sum()) <= 130
    assert float(touched.max()) <= 0.1
    untouched = augment_waveforms(clips, AugmentConfig(noise_prob=0.0, shift_ms=0), noise, generator())
    assert torch.equal(untouched, clips)


@pytest.mark.parametrize("noise", [None, torch.linspace(-1, 1, 50_000)], ids=["white", "recorded"])
def test_a_part_of_a_batch_takes_its_part_of_the_draws(noise):
    """Worked on in parts, a batch comes out as worked on at once."""
    clips = 0.1 * torch.randn(7, 16_000, generator=generator(4))
    config = AugmentConfig(noise_prob=0.5, shift_ms=100)
    whole = augment_waveforms(clips.clone(), config, noise, generator(1))
    changes = draw_changes(7, 16_000, config, noise, generator(1))
    parts = [changed(clips[rows], changes.of(rows), config, noise) for rows in (slice(0, 3), slice(3, 7))]
    assert torch.equal(torch.cat(parts), whole)


def test_noise_on_speech_alone_leaves_the_other_streams_clean_and_shifted_alike():
    """With noise on all streams they are the same waveform; on speech alone the others differ by the noise only."""
    clips = 0.1 * torch.randn(6, 16_000, generator=generator(4))
    config = AugmentConfig(noise_prob=0.5, shift_ms=100)
    changes = draw_changes(6, 16_000, config, None, generator(1))
    everywhere = changed_streams(clips, changes, config, None, speech_only=False)
    assert torch.equal(everywhere.speech, everywhere.others)
    apart = changed_streams(clips, changes, config, None, speech_only=True)
    assert torch.equal(apart.speech, everywhere.speech)
    moved = changed_streams(clips, changes, AugmentConfig(noise_prob=0, shift_ms=100), None, speech_only=False)
    assert torch.equal(apart.others, moved.speech)
    touched = (apart.speech != apart.others).any(1)
    assert torch.equal(touched, changes.noisy[:, 0].bool())
    assert 0 < int(touched.sum()) < 6


def test_silence_stays_silent_at_any_ratio():
    """A clip without power gets noise without power."""
    assert snr_amplitude(torch.zeros(1, 10), torch.ones(1, 10), torch.tensor([[5.0]])).tolist() == [[0.0]]


def test_spec_augment_hides_bands_and_nothing_else():
    """Hidden cells hold the clip's mean; widths stay below the widest; width 0 changes nothing."""
    log_mel = torch.randn(50, 40, 101, generator=generator(3))
    masked = spec_augment(log_mel, AugmentConfig(spec_aug=7, spec_aug_frames=20), generator())
    changed = masked != log_mel
    torch.testing.assert_close(
        masked[changed], log_mel.mean((1, 2), keepdim=True).expand_as(log_mel)[changed], atol=0, rtol=0
    )
    assert int(changed.all(2).sum(1).max()) <= 2 * 6
    assert int(changed.all(1).sum(1).max()) <= 2 * 19
    assert spec_augment(log_mel, AugmentConfig(spec_aug=0), generator()) is log_mel


def test_the_generator_decides():
    """One seed gives the same batch, another seed another, and no global generator is drawn from."""
    clips = 0.1 * torch.randn(8, 16_000, generator=generator(4))
    config = AugmentConfig(noise_prob=0.8, shift_ms=100)
    state = torch.get_rng_state()
    first, again, other = (augment_waveforms(clips, config, None, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(state, torch.get_rng_state())
    assert float(first.abs().max()) <= 1
