"""Commands of older scripts in today's options."""

from __future__ import annotations

import pytest

from fskws.config import TrainConfig
from fskws.errors import ConfigError
from fskws.older_commands import translate

COMMAND = r"""python train.py trans \
  -project trans \
  -dataset gsc2 \
  -dataroot /data/speech \
  -base_mode 'ft_cos' \
  -new_mode "avg_cos" \
  -lr_base 0.004 \
  -decay 0.0003 \
  -epochs_base 70 \
  -schedule Cosine \
  -tmax 70 \
  -gpu 1 \
  -temperature 16 \
  -noise_prob 0.6 \
  -sequential_layer "GRU" \
  -lpc_loss 1 \
  -colour blue"""


def test_every_option_is_translated_or_reported():
    """Nothing of the command is lost: each option is in the settings, in a remark, or named as without counterpart."""
    translation = translate(COMMAND)
    config = TrainConfig.from_options(translation.options)
    assert config.data.data == "/data/speech"
    assert (config.optim.lr_base, config.optim.decay, config.optim.epochs_base) == (0.004, 0.0003, 70)
    assert (config.device, config.encoder.temperature) == ("cuda:1", 16.0)
    assert (config.augment.noise_prob, config.augment.noise_amplitude) == (0.6, 1.0)
    assert (config.protocol.base_classes, config.protocol.sessions, config.protocol.k_shot) == (20, 6, 5)
    assert dict(translation.untranslated) == {
        "project trans": "this project's own losses are not built; the base session is trained plainly",
        "sequential_layer GRU": "no sequential layer after the encoder is built",
        "lpc_loss 1": "this loss is not built",
        "colour blue": "unknown here",
    }
    assert "trans: a mode word of the older script" in translation.report()
    assert "tmax 70: equals epochs_base" in translation.report()


def test_word_order_of_names_does_not_matter():
    """base_lr is lr_base."""
    assert translate("python train.py -base_lr 0.3 -base_epochs 3").options == {
        "lr_base": "0.3",
        "epochs_base": "3",
        "method": "avg_cos",
    }


def test_a_given_protocol_is_kept():
    """base_class, way, shot and session (base session counted) replace the preset."""
    options = translate("python train.py -dataset gsc2 -base_class 15 -way 2 -shot 5 -session 11").options
    config = TrainConfig.from_options(options)
    assert (config.protocol.base_classes, config.protocol.n_way, config.protocol.sessions) == (15, 2, 11)
    assert config.protocol.preset == ""


def test_differing_values_are_told():
    """A schedule or mode that does not exist here is named, not replaced silently."""
    untranslated = dict(
        translate("python train.py -schedule Step -tmax 50 -epochs_base 100 -base_mode ft_dot").untranslated
    )
    assert set(untranslated) == {"schedule Step", "tmax 50", "base_mode ft_dot"}


@pytest.mark.parametrize("command", ["python train.py", "python train.py -x 'open"])
def test_what_cannot_be_read_is_refused(command):
    """No option, or an open quote."""
    with pytest.raises(ConfigError, match="from_command"):
        translate(command)


def test_without_noise_nothing_is_shifted():
    """The older script moved a clip only where it added noise; the translation says so."""
    translation = translate("python train.py trans -noise_prob 0.0")
    assert translation.options == {"noise_prob": "0.0", "shift_ms": "0", "method": "avg_cos"}
    assert "noise_prob 0.0: no noise and, as in the older script, then no shift either" in translation.report()
    assert translate("python train.py -noise_prob 0 -shift_ms 50").options["shift_ms"] == "50"
