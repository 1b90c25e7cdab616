"""Options and settings."""

from __future__ import annotations

import shlex

import pytest

from fskws.config import (
    OptimConfig,
    TrainConfig,
    change_options,
    known_options,
    parse_options,
    read_command,
)
from fskws.errors import ConfigError


@pytest.mark.parametrize(
    "words",
    [
        ["-lr_base", "0.005"],
        ["--lr-base", "0.005"],
        ["--lr_base=0.005"],
        ["-lr_base", "'0.005'"],
        ["--lr-base", "0.005\\"],
        ["-lr_base", "1", "-lr_base", "0.005"],
    ],
)
def test_one_option_in_every_spelling(words):
    """Dashes, equals sign, quotes, a glued line continuation and a repeated option read as the same setting."""
    assert parse_options(["python", "train.py", *words]) == {"lr_base": "0.005"}


def test_researchers_command_is_taken_apart():
    """Script, mode word, flags, negative numbers and quoted strings keep their places."""
    command = read_command(
        [
            *("python", "train.py", "trans", "-project", "trans", "-vector_based_only", "-sequential_layer", '"None"'),
            *("-offset", "-0.5", "-sizes", "1", "2", "\\", "-gpu", "0"),
        ]
    )
    assert command.program == ("python", "train.py")
    assert command.positional == ("trans",)
    assert command.options == {
        "project": "trans",
        "vector_based_only": "true",
        "sequential_layer": "None",
        "offset": "-0.5",
        "sizes": "1 2",
        "gpu": "0",
    }


@pytest.mark.parametrize(
    ("words", "program"),
    [
        (["python", "-m", "fskws", "train", "--tau", "1"], ("python", "-m", "fskws")),
        (["CUDA_VISIBLE_DEVICES=1", "python3.11", "-u", "a/b.py", "--tau", "1"], None),
        (["torchrun", "--nproc_per_node", "2", "train.py", "--tau", "1"], None),
        (["bash", "run.sh", "--tau", "1"], ("bash", "run.sh")),
    ],
)
def test_program_ends_at_script_or_module(words, program):
    """Launchers, interpreters and shells keep their own options; the script's are read."""
    command = read_command(words)
    assert command.options == {"tau": "1"}
    assert program is None or command.program == program


def test_odd_words_never_raise():
    """Any list of words is taken apart."""
    for words in ([], [""], ["-"], ["--"], ["--=x"], ["-1"], ["python"], ["python", "-m"], ["-X"], ["a b", "'"]):
        read_command(words)


def test_changed_options_keep_the_commands_form():
    """A changed option keeps its dashes; an added one takes those of the others; None removes."""
    words = ["python", "train.py", "trans", "-lr_base", "0.005", "-epochs_base", "30"]
    changed = change_options(words, {"lr_base": "0.01", "epochs_base": None, "noise_prob": "0.8"})
    assert changed == ["python", "train.py", "trans", "-lr_base", "0.01", "-noise_prob", "0.8"]
    assert change_options(["python", "-m", "fskws", "train", "--n-way", "3"], {"n_way": "5", "k_shot": "1"}) == (
        ["python", "-m", "fskws", "train", "--n-way", "5", "--k-shot", "1"]
    )


def test_settings_survive_the_command_line():
    """argv -> settings -> argv -> settings is the identity, in short and in full."""
    config = TrainConfig.from_argv(shlex.split("-lr_base 0.005 --tau 1.5 --bf16 true --n-way 2 --noise-snr-db 0,20"))
    assert config.optim.lr_base == 0.005
    assert config.encoder.tau == 1.5
    assert config.optim.bf16 is True
    for changed_only in (True, False):
        assert TrainConfig.from_argv(config.to_argv(changed_only=changed_only)) == config
    assert config.replaced(seed=7).seed == 7
    assert config.replaced(seed=7).encoder == config.encoder


def test_aliases_name_the_same_setting():
    """Short and older names are understood; the record holds the canonical one."""
    config = TrainConfig.from_argv(
        shlex.split("-lr 0.3 -epochs 2 -batch_size 8 -way 2 -shot 1 -session 3 -base_class 5")
    )
    assert config == TrainConfig.from_argv(
        shlex.split(
            "--lr-base 0.3 --epochs-base 2 --batch-size-base 8 --n-way 2 --k-shot 1 --sessions 3 --base-classes 5"
        )
    )
    assert config.to_options()["epochs_base"] == "2"
    assert TrainConfig.from_argv(["-gpu", "1"]).device == "cuda:1"


def test_unknown_option_names_the_closest_and_lists_all():
    """A typing slip is answered with what was probably meant."""
    with pytest.raises(ConfigError, match=r"unknown option 'lr_bse'. Closest: lr_base. Known options: .*tau"):
        TrainConfig.from_argv(["--lr-bse", "1"])


def test_one_setting_under_two_names_is_an_error():
    """Two values for one setting are not settled silently."""
    with pytest.raises(ConfigError, match="lr_base and lr are the same option; give one of them"):
        TrainConfig.from_argv(["--lr-base", "1", "--lr", "2"])


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--tau", "wide"], "tau='wide'; allowed: a number"),
        (["--epochs", "1.5"], "epochs='1.5'; allowed: a whole number"),
        (["--bf16", "perhaps"], "bf16='perhaps'; allowed: true or false"),
        (["--noise-prob", "1.2"], "noise_prob=1.2; allowed: 0 to 1"),
        (["--device", "gpu"], "device='gpu'; allowed: cpu, cuda"),
        (["--noise-snr-db", "20"], "noise_snr_db='20'; allowed: LOW,HIGH in dB"),
        (["--optimizer", "lion"], "optimizer='lion'; allowed: sgd or adamw"),
        (["--method", "magic"], "method='magic'; allowed: one of calibrated, avg_cos"),
        (["--preset", "gsc"], "preset='gsc'; allowed: gsc35-20"),
        (["--preset", "gsc35-20+5x3x5", "--n-way", "2"], "n_way=2 differs from preset"),
        (["train"], "'train' belongs to no option"),
    ],
)
def test_wrong_values_say_what_is_allowed(words, text):
    """Each setting checks itself when it is read."""
    with pytest.raises(ConfigError) as caught:
        TrainConfig.from_argv(words)
    assert text in str(caught.value)


def test_presets_give_the_published_protocols():
    """20 base + 5 x 3-way 5-shot and 15 base + 10 x 2-way 5-shot fill the 35 words exactly."""
    for preset, sizes in {"gsc35-20+5x3x5": (20, 3, 6), "gsc35-15+10x2x5": (15, 2, 11)}.items():
        protocol = TrainConfig.from_argv(["--preset", preset]).protocol
        assert (protocol.base_classes, protocol.n_way, protocol.sessions) == sizes
        assert protocol.total_classes == 35 == len(set(protocol.class_order.split(",")))


def test_every_option_has_a_line_of_help():
    """The help lists each setting with its default."""
    lines = known_options()
    assert lines["lr_base"] == "learning rate of the base session (default 0.1; also lr, base_lr)"
    assert set(lines) == set(TrainConfig().to_options())


def test_settings_are_values():
    """A settings object cannot be changed after it was checked."""
    with pytest.raises(AttributeError):
        OptimConfig().lr_base = 3  # type: ignore[misc]
