"""Hosts in the configuration: written in, taken out, and followed."""

from __future__ import annotations

import tomllib

import pytest

from assistant import settings
from assistant.errors import LaunchError, SettingsError, UsageError
from assistant.machines import Machines, add_host, clock_part, link_lines, remove_host
from assistant.settings import HostSettings

CONFIG = """\
# kwslab: mine
state = "/tmp/s"   # here

[vault]
path = "/v"  # the notes
ignore = [
  # not these
  "old/*",
]

[hosts.lab]   # the other one
ssh = "lab"
env = "conda activate 'kws'"
# about the model

[model]
use = "off"
"""

GPU = HostSettings(ssh="me@server", project="~/code/kws", env="conda activate kws", port=2200)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


def test_a_host_is_added_below_everything_else(file):
    """Every byte of before stays, and the new table says what was asked for and nothing else."""
    assert add_host(file, "gpu", GPU) is True
    assert file.read_text() == CONFIG + (
        '\n[hosts.gpu]\nssh = "me@server"\nproject = "~/code/kws"\nenv = "conda activate kws"\nport = 2200\n'
    )
    assert settings.load_hosts(file)["gpu"] == GPU
    assert add_host(file, "gpu", GPU) is False


@pytest.mark.parametrize("before", ["", "# only a remark", '[vault]\npath = "/v"', '[vault]\npath = "/v"\n\n'])
def test_added_and_removed_is_as_before(tmp_path, before):
    """Adding to a file that is missing, empty or without a last line break, and taking out again."""
    path = tmp_path / "config.toml"
    if before:
        path.write_text(before)
    add_host(path, "gpu", GPU)
    remove_host(path, "gpu")
    assert path.read_text().rstrip() == before.rstrip()
    assert settings.load_hosts(path) == {}


def test_a_host_is_taken_out_alone(file):
    """The remark below its values belongs to what follows; all else stays byte for byte."""
    remove_host(file, "lab")
    assert file.read_text() == CONFIG.replace(
        '[hosts.lab]   # the other one\nssh = "lab"\nenv = "conda activate \'kws\'"\n', ""
    )
    with pytest.raises(
        LaunchError, match=r"there is no host 'lab'; hosts are: none yet\. Add one: kwslab host add lab"
    ):
        remove_host(file, "lab")


@pytest.mark.parametrize(
    "text", ['hosts.gpu = {ssh = "a"}\n', '[hosts]\ngpu = {ssh = "a"}\n', '["hosts".gpu]\nssh = "a"\n']
)
def test_what_cannot_be_edited_safely_is_left(tmp_path, text):
    """Another way to write the same is not guessed at: the file stays, and the message says where to change it."""
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"written in a way that kwslab does not edit\. Change \[hosts\] there"):
        remove_host(path, "gpu")
    assert path.read_text() == text


def test_other_values_for_a_host_are_not_slipped_in(file):
    """A host that is there with other values stays as it is."""
    with pytest.raises(UsageError, match=r"there is a host lab with other values in .*kwslab host remove lab"):
        add_host(file, "lab", GPU)
    assert file.read_text() == CONFIG


@pytest.mark.parametrize(
    ("name", "ssh", "message"),
    [
        ("local", "a@b", "'local' cannot name a host"),
        ("a b", "a@b", "'a b' cannot name a host: give letters, digits"),
        ("-x", "a@b", "cannot name a host"),
        ("x" * 41, "a@b", "40 at most"),
        ("gpu", "-oProxyCommand=id", "is no destination: give user@server"),
        ("gpu", "a b", "is no destination"),
        ("gpu", "", "is no destination"),
    ],
)
def test_names_and_destinations_that_cannot_be(file, name, ssh, message):
    """No name that is no word, no destination that ssh would read as an option."""
    with pytest.raises(LaunchError, match=message):
        add_host(file, name, HostSettings(ssh=ssh))
    assert file.read_text() == CONFIG


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hosts = 3\n", r"hosts are written as tables, \[hosts\.NAME\]"),
        ("[hosts.gpu]\nproject = 'x'\n", r"\[hosts\.gpu\] ssh is ''; it has to be user@server or an ssh alias"),
        ("[hosts.gpu]\nssh = 'a'\nprojct = 'x'\n", r"unknown key 'projct'; allowed are .*Did you mean 'project'"),
        ("[hosts.gpu]\nssh = 'a'\nport = '22'\n", r"\[hosts\.gpu\] port is '22'; it has to be a number"),
    ],
)
def test_a_wrong_table_is_named(tmp_path, text, message):
    """A mistake in [hosts] is told with its place and what is allowed."""
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=message):
        settings.load(environ={"KWSLAB_CONFIG": str(path), "KWSLAB_STATE": str(tmp_path)})


def test_changes_of_the_configuration_are_followed(file, tmp_path, monkeypatch):
    """A host is there as soon as the file says so, without a restart, and goes with it; a broken file is no change."""
    started = []
    monkeypatch.setattr("assistant.copies.Link.start", lambda link: started.append(link.name))
    found = settings.load(environ={"KWSLAB_CONFIG": str(file), "KWSLAB_STATE": str(tmp_path / "s")})
    machines = Machines(found)
    assert [link.name for link in machines.follow()] == ["lab"]
    add_host(file, "gpu", GPU)
    assert [link.name for link in machines.follow()] == ["gpu", "lab"]
    file.write_text("broken [")
    assert [link.name for link in machines.follow()] == ["gpu", "lab"]
    file.write_text(CONFIG)
    assert [link.name for link in machines.follow()] == ["lab"]
    assert started == ["lab", "gpu"]
    with pytest.raises(LaunchError, match="there is no host 'gpu'; hosts are: lab"):
        machines.link("gpu")
    assert machines.origin == Machines(found).origin
    assert len(machines.origin) == 16
    machines.close()


def test_a_link_as_words():
    """Lost since when and for how long, why, how old the rest is, and a clock that is off."""
    told = {
        "name": "gpu",
        "hostname": "box",
        "state": "lost",
        "since": "2031-05-06T07:08:09+00:00",
        "problem": "no way",
    }
    lines = link_lines({**told, "since_seconds": 90.0, "age_seconds": 120.0, "skew_seconds": -60.0})
    assert lines == [
        "host gpu (box): lost contact since 2031-05-06 07:08 (1 min 30 s)",
        "  no way",
        "  what follows is 2 min 00 s old",
        "  its clock is 1 min 00 s behind this machine's; times here are told by this machine's",
    ]
    there = {**told, "state": "connected", "problem": "", "heard_seconds": 31.0, "skew_seconds": 0.0}
    assert link_lines(there) == ["host gpu (box): connected, silent for 31 s"]
    assert clock_part(0.0) is None
    assert tomllib.loads(CONFIG)["hosts"]["lab"]["env"] == "conda activate 'kws'"


def test_a_new_vault_keeps_the_hosts(file, tmp_path, monkeypatch):
    """`init` with another vault writes the configuration anew; the hosts are in it again."""
    from assistant.doctor import write_config

    (tmp_path / "vault").mkdir()
    monkeypatch.setenv("KWSLAB_CONFIG", str(file))
    assert "the one before is kept" in write_config(tmp_path / "vault", None)
    assert settings.load_hosts(file) == {"lab": HostSettings(ssh="lab", env="conda activate 'kws'")}


def test_the_screen_says_when_a_host_is_lost():
    """The line at the top counts the hosts' runs too, and tells of each host whether it answers."""
    import datetime

    from assistant.tui.words import header

    hosts = [
        {"name": "gpu", "state": "lost", "since_seconds": 300.0, "runs": [{"status": "running"}], "free_gpus": []},
        {
            "name": "big",
            "state": "connected",
            "since_seconds": 9.0,
            "runs": [{"status": "running"}],
            "free_gpus": [0, 1],
        },
    ]
    line = header({"vault": "/v"}, {"runs": [], "hosts": hosts}, datetime.datetime(2031, 5, 6).astimezone(), 120)
    assert "2 running" in line
    assert line.endswith("| gpu lost 5 min | big 2 free")


def test_an_answer_counts_the_hosts_gpus():
    """ "Is a GPU free?" on a laptop is answered for the servers; one without contact is not taken for busy."""
    from assistant.answer_state import _free_words

    none = {"state": "no driver", "detail": "no library"}
    gpu = {"name": "gpu", "state": "connected", "gpus": {"state": "ok"}, "free_gpus": [1]}
    lost = {**gpu, "name": "far", "state": "lost", "gpus": None}
    assert _free_words("is a gpu free?", {"hosts": [gpu, lost]}, none) == "Yes: GPU 1 of gpu free."
    assert _free_words("is a gpu free?", {"hosts": [{**gpu, "free_gpus": []}]}, none) == "No: no GPU free."
    assert _free_words("is a gpu free?", {"hosts": [lost]}, none) == "Not known: no library; far: no contact."
    local = {"free_gpus": [0], "hosts": [gpu]}
    assert _free_words("is a gpu free?", local, {"state": "ok"}) == "Yes: GPU 0 and GPU 1 of gpu free."
