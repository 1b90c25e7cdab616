"""The configuration file, its overrides and its errors."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from assistant import settings
from assistant.errors import SettingsError


def environ(tmp_path: Path, text: str | None = None, **more: str) -> dict[str, str]:
    file = tmp_path / "config.toml"
    if text is not None:
        file.write_text(text, "utf-8")
    return {"KWSLAB_CONFIG": str(file), **more}


def test_template_is_read_back(tmp_path):
    """What init writes is a configuration that names vault and project, quotes and backslashes included."""
    vault, project = tmp_path / 'my "notes" \\ 노트', tmp_path / "code"
    found = settings.load(environ=environ(tmp_path, settings.config_text(vault, project)))
    assert found.vault_path == vault
    assert found.project_dir == project
    assert found.vault.day_starts_at == "05:00"
    assert found.week_starts == 0


def test_state_directory_holds_data_and_cache(tmp_path):
    """--state DIR puts data and cache under DIR, over what the environment says."""
    env = environ(tmp_path, KWSLAB_STATE=str(tmp_path / "elsewhere"))
    assert settings.load(state=str(tmp_path / "s"), environ=env).data == tmp_path / "s" / "data"
    assert settings.load(environ=env).cache == tmp_path / "elsewhere" / "cache"


def test_relative_paths_of_the_file_start_at_the_file(tmp_path, monkeypatch):
    """Vault and state named in the configuration by relative paths lie beside it, wherever the command is given."""
    monkeypatch.chdir("/")
    found = settings.load(environ=environ(tmp_path, 'state = "state"\n[vault]\npath = "vault"\n'))
    assert found.data == tmp_path / "state" / "data"
    assert found.vault_path == tmp_path / "vault"


def test_another_vault_has_its_own_state(tmp_path, monkeypatch):
    """Without --state, a vault given on the command line never shares the configured vault's index and journal."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    env = environ(tmp_path, f'[vault]\npath = "{tmp_path / "a"}"\n')
    assert (
        settings.load(environ=env).data
        == settings.load(vault=str(tmp_path / "a"), environ=env).data
        != settings.load(vault=str(tmp_path / "b"), environ=env).data
    )


def test_long_state_path_gets_a_short_socket(tmp_path):
    """A Unix socket path has about 100 bytes: a deeper state has its socket in the runtime directory."""
    deep = tmp_path / ("d" * 120)
    env = environ(tmp_path, XDG_RUNTIME_DIR="/run/user/1")
    found = settings.load(state=str(deep), environ=env).socket
    assert str(found).startswith("/run/user/1/kwslab/")
    other = settings.load(state=str(deep) + "x", environ=env).socket
    assert found != other


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[vault]\npth = "x"\n', "unknown key 'pth'; allowed are day_starts_at, experiments, ignore, path"),
        ('[vault]\npth = "x"\n', "Did you mean 'path'?"),
        ("[valt]\n", "unknown key 'valt'; allowed are state, vault"),
        ("[vault]\npath = 3\n", "path is 3; it has to be a text in quotes"),
        ('[vault]\nignore = "x"\n', "has to be a list of texts"),
        ("[write]\nenabled = 1\n", "has to be a true or false"),
        ('[observe]\nleast_minutes = "x"\n', "has to be a number"),
        ('[vault]\nday_starts_at = "25:00"\n', "it has to be a time such as 05:00"),
        ('[model]\nuse = "yes"\n', "allowed are auto, on, off"),
        ('[observe]\nwrite = ["("]\n', "no regular expression"),
        ('[metrics]\npatterns = ["("]\n', "[metrics] patterns: '(' is no regular expression"),
        ('[metrics]\npatterns = ["EER of (.*)"]\n', "it needs the groups (?P<name>...) and (?P<value>...)"),
        ('[record]\nhash = "data"\n', "has to be a list of texts"),
        ("[vault\n", "is not valid TOML"),
        ("vault = 3\n", "[vault] has to be a table, not 3"),
    ],
)
def test_wrong_configuration_is_named(tmp_path, text, words):
    """A wrong key or value says where it stands, what was given and what is allowed."""
    with pytest.raises(SettingsError) as caught:
        settings.load(environ=environ(tmp_path, text))
    assert words in str(caught.value)
    assert "config.toml" in str(caught.value)


def test_unreadable_configuration_is_an_error(tmp_path):
    """A configuration that is not UTF-8 is named, not guessed at."""
    env = environ(tmp_path)
    Path(env["KWSLAB_CONFIG"]).write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read"):
        settings.load(environ=env)


def test_no_vault_says_what_to_do(tmp_path):
    """Without a vault the message names both ways to give one."""
    with pytest.raises(SettingsError, match="kwslab init --vault DIR, or add --vault DIR"):
        _ = settings.load(environ=environ(tmp_path)).vault_path


@pytest.mark.parametrize("text", ["2025-04-11", "2025/04/11", "20250411", " 2025/4/11"])
def test_days_in_every_form(text):
    """A day may be written in each of the three forms the notes use."""
    assert settings.parse_day(text, "--today") == datetime.date(2025, 4, 11)


@pytest.mark.parametrize("text", ["2025-13-01", "yesterday", "2025-04/11", ""])
def test_no_day_is_an_error(text):
    """Anything else is refused with the option's name and an example."""
    with pytest.raises(SettingsError, match=r"--today is .*; it has to be a day such as 2025-04-11"):
        settings.parse_day(text, "--today")


def test_the_example_of_a_pattern_can_be_taken_as_it_is(tmp_path):
    """What the written configuration shows beside `patterns` is valid there."""
    text = settings.config_text(tmp_path, None)
    example = next(line for line in text.splitlines() if "(?P<name>" in line)
    pattern = example[example.index("'") :]
    found = settings.load(environ=environ(tmp_path, text.replace("patterns = []", f"patterns = [{pattern}]")))
    assert re.search(found.metrics.patterns[0], "EER of 3.5")["value"] == "3.5"
