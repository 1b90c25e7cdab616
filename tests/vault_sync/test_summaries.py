"""Summaries: a record becomes what the researcher would have typed, and nothing in it can break the note."""

from __future__ import annotations

import json
import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fskws.runs import Record
from vault_sync import summaries
from vault_sync.changes import CodeChanges, FileChange
from vault_sync.code import TouchedSymbol
from vault_sync.entries import result_entries, server_entries
from vault_sync.notes import parse_note
from vault_sync.summaries import (
    RunFacts,
    Style,
    command_lines,
    one_line,
    read_style,
    result_entry,
    server_entry,
    title_of,
)

SERVER = """# Server

## 2026-03-10
- [x] Old run.

```sh full config
python train.py trans -project trans -dataset gsc2
```

## 20260312
- [x] Newer run.

```sh small.sh
python train.py trans \\
    -project trans \\
    -dataset gsc2 \\
    -sequential_layer 'GRU' \\
    -noise_prob 0.8\\
    -loss_lpc 1 \\
```
> [!note] Result
> [[Experiments#2026-03-12]]
---
"""
EXPERIMENTS = """## 2026-03-12
> Newer run.
> Server : [[Server#20260312]]
[97.12, 95.3]
Seen acc:
[96.5]
Unseen acc:
[70.25]
Harmonic mean:
[81.3]
"""
ARGV = (
    "python",
    "train.py",
    "trans",
    "-noise_prob",
    "0.4",
    "-project",
    "trans",
    "-sequential_layer",
    "GRU",
    "-dataset",
    "gsc2",
)


def record(**values):
    known = {
        "id": "r20260314-abc234",
        "source": "launched",
        "date": "2026-03-14",
        "title": "GRU with less noise",
        "argv": ARGV,
        "status": "finished",
        "started_at": "2026-03-14T10:00:00+00:00",
        "ended_at": "2026-03-14T10:12:00+00:00",
        "marker": "kw-abc234",
    }
    return Record(**{**known, **values})


@pytest.fixture
def style():
    return read_style([parse_note("Server.md", SERVER), parse_note("Experiments.md", EXPERIMENTS)])


def test_style_is_read_from_the_newest_entry(style):
    """Heading form, info string, indentation, quotes, option order, rule and decimals are the vault's own."""
    assert style.heading_form == "%Y%m%d"
    assert style.info == {"python train.py": "sh small.sh", "": "sh small.sh"}
    assert (style.indent, style.quote, style.quoted) == ("    ", "'", {"sequential_layer"})
    assert style.order == ("project", "dataset", "sequential_layer", "noise_prob", "loss_lpc")
    assert (style.decimals, style.rule) == (2, True)


def test_an_empty_vault_gives_the_plain_style():
    """Nothing to read off: the conventions' own defaults."""
    assert read_style([]) == Style()


def test_a_server_entry_looks_as_if_typed(style):
    """Checkbox line, one option a line in the researcher's order with his quotes, the callout, the rule."""
    assert server_entry(record(status="running", ended_at=None), style, result="[[Experiments#2026-03-14]]") == (
        "- [-] GRU with less noise ^kw-abc234",
        "",
        "```sh small.sh",
        "python train.py trans \\",
        "    -project trans \\",
        "    -dataset gsc2 \\",
        "    -sequential_layer 'GRU' \\",
        "    -noise_prob 0.4",
        "```",
        "> [!note] Result",
        "> [[Experiments#2026-03-14]]",
        "---",
    )


def test_a_failed_run_has_its_verdict_in_the_entry(style):
    """The cause stands between the command and the result link."""
    failed = record(status="failed", exit_code=1, cause="CUDA out of memory")
    lines = server_entry(failed, style, result="[[E#1]]")
    assert lines[0].startswith("- [x] ")
    at = lines.index("> [!fail] Failed with exit code 1. CUDA out of memory.")
    assert lines[at - 1] == "```" and lines[at + 1] == ""


def test_four_arrays_are_written_with_the_vaults_decimals():
    """Three decimals, trailing zeros dropped, in the fixed order of the labels."""
    metrics = {
        "accuracy": [97.1044, 94.8706],
        "seen": [96.4],
        "unseen": [71.20449],
        "harmonic_mean": [81.9125],
        "loss": {"last": 0.1, "best": 0.1},
    }
    assert result_entry(
        record(metrics=metrics), Style(), server="[[Server#20260314]]", facts=RunFacts(code="Same code as x.")
    ) == (
        "> GRU with less noise",
        "> Server : [[Server#20260314]]",
        "[97.104, 94.871]",
        "Seen acc:",
        "[96.4]",
        "Unseen acc:",
        "[71.204]",
        "Harmonic mean:",
        "[81.912]",
        "- Same code as x.",
        "^kw-abc234",
    )


def test_other_metrics_are_a_short_list():
    """A run without per-session lists shows last and best of its own metrics."""
    metrics = {"eer": {"last": 4.21349, "best": 3.9}, "loss": {"last": 0.25, "best": 0.25}, "loss_x": {"last": "nan"}}
    assert result_entry(record(metrics=metrics), Style()) == (
        "> GRU with less noise",
        "- eer : 4.2135 (best 3.9)",
        "- loss : 0.25",
        "- loss_x : nan",
        "^kw-abc234",
    )


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ({}, ""),
        ({"status": "running"}, ""),
        ({"status": "stopped"}, "Stopped after 12 min."),
        ({"status": "stopped", "cause": "stopped by kwslab", "ended_at": None}, "Stopped."),
        ({"status": "failed", "exit_code": 2}, "Failed with exit code 2."),
        ({"status": "failed", "exit_code": 1, "cause": "exit code 1"}, "Failed with exit code 1."),
        ({"status": "failed", "cause": "killed by signal 9"}, "Failed. Killed by signal 9."),
        (
            {"status": "failed", "exit_code": 1, "cause": "NaN occurs", "metrics": {"loss": {"last": "nan"}}},
            "NaN occurs in `loss`.",
        ),
        ({"status": "finished", "cause": "NaN occurs"}, "NaN occurs."),
        (
            {"status": "failed", "exit_code": -9, "cause": "killed by signal 9 (SIGKILL)"},
            "Failed. Killed by signal 9 (SIGKILL).",
        ),
        ({"status": "failed", "exit_code": None, "cause": "host went down"}, "Failed. Host went down."),
    ],
)
def test_a_run_that_went_wrong_says_how(values, verdict):
    """One line with cause and last good step; nothing for a run that went well."""
    assert summaries.verdict_of(record(**values)) == verdict


def test_a_run_without_a_title_is_named_by_what_it_changes(style):
    """Options that differ from the newest such command; where there is nothing to compare, the command itself."""
    untitled = record(title=shlex.join(ARGV)[:120])
    assert title_of(untitled, style) == "`noise_prob` 0.4."
    assert title_of(record(title="", argv=("/usr/bin/ls", "-la", "a`b")), style) == "`ls -la 'a'b'`"


@pytest.mark.parametrize(
    ("argv", "lines"),
    [
        (("ls", "-la"), ("ls -la",)),
        (("bash", "-c", "a | b > c"), ("bash -c 'a | b > c'",)),
        (("/opt/env/bin/python3", "x.py"), ("python3 x.py",)),
        (("python", "-c", "print('a b')"), ("python -c \"print('a b')\"",)),
        (("echo", "it's $HOME"), ("echo 'it'\"'\"'s $HOME'",)),
        (("python", "x.py", "-a", "-1.5", "--b=2"), ("python x.py \\", "  -a -1.5 \\", "  --b=2")),
        (("python", "x.py", "-a", "1", "-a", "2"), ("python x.py \\", "  -a 1 \\", "  -a 2")),
        (("echo", "a\nb```"), ("echo $'a\\nb\\x60\\x60\\x60'",)),
        (("echo", "## 2026/03/14"), ("echo '## 2026/03/14'",)),
    ],
)
def test_commands_are_written_as_a_shell_reads_them(argv, lines):
    """Scripts one option a line, other commands on one; a word never spans lines or ends a fence."""
    assert command_lines(argv, Style()) == lines


def test_a_long_command_that_is_no_script_is_parted_at_its_options():
    """Beyond a hundred characters one line is hard to read."""
    argv = ("ffmpeg", "-i", "a" * 60, "-o", "b" * 60)
    assert command_lines(argv, Style()) == ("ffmpeg \\", f"  -i {'a' * 60} \\", f"  -o {'b' * 60}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("two\nlines\r\n here", "two lines here"),
        ("```sh", "''sh"),
        ("a %% b", "a % % b"),
        ("open ` tick", "open ' tick"),
        ("a ]] b [[c", "a ] ] b [ [c"),
        ("see [[gru#2026/03/14]]", "see [[gru#2026/03/14]]"),
        ("marker ^kw-zzz222", "marker kw-zzz222"),
        ("\x1b[31mred\x00", "[31mred"),
        ("<!-- hidden", "<! -- hidden"),
        ("한국어 제목", "한국어 제목"),
    ],
)
def test_any_text_becomes_one_harmless_line(text, line):
    """Whatever could open or close something in a note is taken its force; words and real links stay."""
    assert one_line(text) == line


_MARKS = "``` ` ~~~ ]] [[ %% ## # --- $$ <!-- --> word \\ ' \" | 가 [x] ^kw-aaaaaa"
_LINES = ("\n", "\r\n", "## 2026/03/20", "# x", "> [!fail] no", "- [ ] t", "[1.0, 2.0]", " ", "\u2028", "\x00")
NASTY = st.lists(st.sampled_from([*_MARKS.split(), *_LINES]), max_size=8).map("".join)


@settings(max_examples=150, deadline=None)
@given(title=NASTY, words=st.lists(NASTY, max_size=4), cause=NASTY, name=NASTY, remark=NASTY)
def test_no_text_breaks_the_structure_of_a_note(title, words, cause, name, remark):
    """Whatever title, command, cause or metric hold: the days, entries and results around them stay what they are."""
    run = record(
        title=title,
        argv=("python", "x.py", *words),
        status="failed",
        exit_code=1,
        cause=cause,
        metrics={"accuracy": [90.5, 80.25], name or "x": {"last": 1.0, "best": 2.0}},
    )
    style = Style()
    entry = "\n".join(server_entry(run, style, result="[[Experiments#2026/03/14]]"))
    text = f"## 2026/03/14\n{entry}\n\n- [x] after\n\n## 2026/03/15\n- [x] next\n"
    note = parse_note("Server.md", text)
    assert [s.heading for s in note.sections] == ["2026/03/14", "2026/03/15"]
    assert [task.state for task in note.tasks] == ["x", "x", "x"]
    assert len(note.fences) == 1 and note.fences[0].text.count("\n") == len(command_lines(run.argv, style)) - 1
    assert [b for b, _ in note.blocks if b.startswith("kw-")] == ["kw-abc234"]
    first = server_entries(note)[0]
    assert first.markers == ["kw-abc234"] and len(first.commands) == 1
    result = "\n".join(result_entry(run, style, server="[[Server#2026/03/14]]", facts=RunFacts(code=remark)))
    follower = "> After\n> Server : [[Server#2026/03/14]]\n[1.5, 2.5]\n"
    note = parse_note("Experiments.md", f"## 2026/03/14\n{result}\n\n{follower}\n## 2026/03/15\n- a\n")
    assert [s.heading for s in note.sections] == ["2026/03/14", "2026/03/15"]
    assert note.tasks == () and note.fences == ()
    found = [e for e in result_entries(note) if "kw-abc234" in e.markers]
    assert len(found) == 1 and found[0].sets[0].values["accuracy"] == [90.5, 80.25]
    assert [e.sets[0].values for e in result_entries(note)][-1] == {"accuracy": [1.5, 2.5]}


# -- what the run directory tells --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "last"),
    [
        ([], ""),
        ([{"t": 1.0, "loss": 2.0}], ""),
        (
            [{"t": 1.0, "step": 1, "loss": 2.0}, {"t": 2.0, "step": 2, "loss": "nan"}, {"step": 3, "loss": 1.0}],
            "step 1",
        ),
        ([{"epoch": 4, "loss": 0.5}, {"session": 0, "accuracy": 90.0}], "epoch 4"),
        ([{"step": 1, "loss": float("inf")}], ""),
    ],
)
def test_the_last_good_step_is_the_one_before_the_first_number_that_is_none(rows, last):
    """A run that goes on after NaN has had no good step since."""
    assert summaries.last_good_step(rows) == last


def test_changed_code_is_one_line_against_the_parent():
    """Files and functions; equal code is said; of unequal commits that are gone the commits are told, else nothing."""
    edited = FileChange("train.py", "changed", (TouchedSymbol("step", "changed"), TouchedSymbol("Net.go", "added")))
    words = summaries.code_words
    assert words(CodeChanges("a", "a", (edited, FileChange("loss.py", "added"))), "One\nlayer") == (
        'Code against "One layer" : `train.py` (`step`, `Net.go` new), `loss.py` (new)'
    )
    assert words(CodeChanges("a", "b"), "One layer") == 'Same code as "One layer".'
    assert words(CodeChanges("a", "b"), "One layer", equal=False) == ""
    gone = ("commit aaaaaaa is no longer in /work.",)
    assert words(CodeChanges("a" * 40, "b" * 40, (), gone, known=False), "One layer") == (
        'Code against "One layer" : commit bbbbbbb instead of aaaaaaa'
    )
    assert words(CodeChanges("a", "a", (), ("the patch was too large",)), "One layer") == ""


def test_facts_are_read_from_the_run_directories(tmp_path):
    """Equal code is said as such; a run without a directory has no facts."""
    for name in ("run", "parent"):
        (tmp_path / name / "code").mkdir(parents=True)
        (tmp_path / name / "code" / "git.json").write_text(json.dumps({"commit": "a" * 40, "dirty": False}))
    (tmp_path / "run" / "metrics.jsonl").write_text('{"step": 7, "loss": 1.5}\n{"step": 8, "loss": "nan"}\n')
    parent = record(id="r20260314-zzzzzz", title="The run before", directory=str(tmp_path / "parent"))
    values = {"directory": str(tmp_path / "run"), "parent": parent.id}
    failed = record(status="failed", exit_code=1, cause="NaN occurs", **values)
    facts = summaries.read_facts(failed, parent)
    assert facts == RunFacts("step 7", 'Same code as "The run before".')
    assert summaries.verdict_of(failed, facts) == "NaN occurs. Last good step 7."
    assert summaries.read_facts(record(), parent) == RunFacts()
    unnamed = record(directory=str(tmp_path / "run"))
    assert summaries.read_facts(unnamed, parent).code == "", "equal code is only worth a line against a named parent"


def test_a_run_of_another_machine_names_it():
    """The Server entry says on which host it ran, as a note under the checkbox; a run of this machine says nothing."""
    values = {
        "id": "r20310506-aaaaaa",
        "source": "launched",
        "date": "2031-05-06",
        "title": "Far away",
        "status": "finished",
    }
    entry = server_entry(Record(**values, argv=("true",), host="gpu-2"), Style(), result="[[Experiments#2031/05/06]]")
    assert entry[:4] == ("- [x] Far away", "  > [!note]", "  > Host : `gpu-2`", "")
    here = server_entry(Record(**values, argv=("true",), host="local"), Style(), result="[[Experiments#2031/05/06]]")
    assert here[:2] == ("- [x] Far away", "")
