"""Notes as they are: dates, lying fences, tasks, callouts, links; agreement with CommonMark; no input is too odd."""

from __future__ import annotations

import datetime
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from vault_sync.notes import heading_date, is_struck, links_of, parse_note, suffix_date, without_suffix

IRREGULAR = Path(__file__).parents[1] / "vaults" / "irregular"
DAY = datetime.date


def read(name: str):
    return parse_note(f"{name}.md", (IRREGULAR / f"{name}.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-03-08", DAY(2025, 3, 8)),
        ("2025/04/07", DAY(2025, 4, 7)),
        ("20250412", DAY(2025, 4, 12)),
        ("2025-04-07 Mon", DAY(2025, 4, 7)),
        ("2025/4/7", DAY(2025, 4, 7)),
        ("2025-13-01", None),
        ("2025/04-07", None),
        ("2025-04-07 was odd", None),
        ("202504123", None),
        ("Plans", None),
        ("", None),
    ],
)
def test_the_three_forms_of_a_day(text, day):
    """A heading is a day only when it is nothing but a date that exists."""
    assert heading_date(text) == day


def test_dated_sub_headings():
    """The date that ends a sub-heading is read, and what stands before it is the category."""
    assert suffix_date("Experiments-2025/04/16") == DAY(2025, 4, 16)
    assert suffix_date("Fix-20250317") == DAY(2025, 3, 17)
    assert suffix_date("Seed 1234567890") is None
    assert without_suffix("Experiments-2025/04/16") == "Experiments"
    assert without_suffix("Read again") == "Read again"


def test_sections_of_the_results_note():
    """Three date forms with a trailing blank, exact spans, and a sub-heading whose own date is the effective one."""
    note = read("Experiments")
    assert [(s.level, s.heading, s.start, s.end, s.date) for s in note.sections] == [
        (1, "Experiments", 8, 15, None),
        (2, "2024-10-07", 15, 36, DAY(2024, 10, 7)),
        (2, "2024/10/10", 36, 71, DAY(2024, 10, 10)),
        (2, "20241011", 71, 89, DAY(2024, 10, 11)),
        (2, "2024/10/14", 89, 101, DAY(2024, 10, 14)),
        (3, "Experiments-2024/10/15", 101, 123, DAY(2024, 10, 15)),
        (2, "2024/10/16", 123, 139, DAY(2024, 10, 16)),
        (2, "2024/10/18", 139, 166, DAY(2024, 10, 18)),
        (2, "2024/10/20", 166, 174, DAY(2024, 10, 20)),
        (2, "2024/10/22", 174, 204, DAY(2024, 10, 22)),
        (3, "By hand-2024/10/23", 204, 221, DAY(2024, 10, 23)),
    ]
    assert note.sections[5].path == ("Experiments", "2024/10/14", "Experiments-2024/10/15")
    for section in note.sections:
        assert section.text == "\n".join(note.lines[section.start : section.end - 1])


def test_elsewhere_a_sub_heading_belongs_to_the_day_above_it():
    """A date suffix is an anchor, no event date, in any other note; without a day above it is all there is."""
    by_heading = {section.heading: section.date for section in read("sequence_heads").sections}
    assert by_heading["Code-20241010"] == DAY(2024, 10, 8)
    assert by_heading["Why"] == DAY(2024, 10, 8)
    (section,) = parse_note("topic.md", "### Code-20250310\nx\n").sections
    assert section.date == DAY(2025, 3, 10)


def test_a_sibling_heading_ends_the_day():
    """Not every level-2 heading is a date, and one that is none belongs to no day."""
    assert {s.heading: s.date for s in read("October").sections}["Plans"] is None


def test_a_glued_closer_ends_its_fence_and_a_day_ends_any_fence():
    """Code that ends on ``` closes the fence; headings inside code are none; a day heading closes tildes as well."""
    note = read("Scratch")
    assert [(f.info, f.start, f.end) for f in note.fences] == [("python", 20, 25), ("", 28, 29)]
    assert note.fences[0].text == "def f(x):\n    # comment\n    return g(x,\n             y)"
    headings = [s.heading for s in note.sections]
    assert headings == ["Scratch", "2024-10-07", "2024/10/08", "20241011", "2024-01-01"]


def test_a_bare_fence_on_top_that_is_closed_late_swallows_no_day():
    """The fence ends at the first day, and its late closer opens nothing."""
    note = read("Experiments")
    assert (note.fences[0].info, note.fences[0].start, note.fences[0].end) == ("", 9, 15)
    assert note.plain[note.lines.index("```", 150)] == "f"
    assert [f.info for f in note.fences] == [
        "",
        "txt Cosine head only, nothing else",
        "txt Cosine head with noisy input",
        "txt",
    ]


@pytest.mark.parametrize(
    ("text", "fences"),
    [
        ("```\na\n```\n", [("", "a")]),
        ("```sh gsc2.sh\na\\\n```\nb\n", [("sh gsc2.sh", "a\\")]),
        ("```sh\na\n```sh\nb\n```\n", [("sh", "a"), ("sh", "b")]),
        ("````\n```\na\n```\n````\n", [("", "```\na\n```")]),
        ("~~~\n```\n~~~\nb\n", [("", "```")]),
        ("> ```sh\n> a\n> ```\nb\n", [("sh", "a")]),
        ("> ```sh\n> a\nb\n", [("sh", "a")]),
        ("- ```sh\n  a\n  ```\nb\n", [("sh", "  a")]),
        ("```code``` and text\nb\n", []),
        ("```txt Head with `lr_base` 1\na\n```\nb\n", [("txt Head with `lr_base` 1", "a")]),
        ("```py\nopen\n## 2025-04-07\n```\ntext\n", [("py", "open")]),
        ("```py\nopen\n## 2025-04-07\n```\ncode\n```\ntext\n", [("py", "open"), ("", "code")]),
        ("```py\n    f()```\n```\ntext\n", [("py", "    f()")]),
        ("```py\n# comment\n## not a day\n```\n", [("py", "# comment\n## not a day")]),
        ("```\nnever closed", [("", "never closed")]),
    ],
)
def test_fences_that_lie_and_fences_that_do_not(text, fences):
    """One case a line: plain, nested, quoted, listed, glued, forgotten and stray fence lines."""
    assert [(fence.info, fence.text) for fence in parse_note("n.md", text).fences] == fences


def test_tasks_with_their_states_sub_lines_and_sub_tasks():
    """Four states, continuation and quote lines, sub-tasks, clock times, struck text, verdict marks; nothing else."""
    tasks = read("October").tasks
    assert [(t.state, t.line, t.end, t.indent, t.category, t.struck) for t in tasks] == [
        ("x", 9, 14, 0, "Experiments", False),
        (" ", 14, 18, 0, "Experiments", False),
        (" ", 16, 17, 2, "Experiments", False),
        ("x", 17, 18, 2, "Experiments", False),
        ("-", 18, 19, 0, "Experiments", False),
        (">", 21, 23, 0, "Code", False),
        (" ", 23, 24, 0, "Code", True),
        ("x", 24, 25, 0, "Code", False),
        ("x", 28, 29, 0, "Experiments", False),
        (" ", 29, 31, 0, "Experiments", False),
        (" ", 33, 34, 0, "Tomorrow", False),
        (" ", 38, 39, 0, "Plans", False),
    ]
    first = tasks[0]
    assert first.text == "GRU head [!success]"
    assert first.verdicts == ("success",)
    assert first.sublines == (
        "> [!note]",
        "> Code : [[sequence_heads#2024/10/08]]",
        "> Result : [[Experiments#2024/10/10]]",
        "> Server : [[Server#2024/10/09]]",
    )
    assert [link.target for link in first.links] == ["sequence_heads", "Experiments", "Server"]
    assert (first.date, first.heading) == (DAY(2024, 10, 8), "Experiments-2024/10/08")
    assert tasks[1].sublines == ("> Idea : [[Scratch#2024-10-07]]",)
    assert tasks[4].clock == "09:30"
    assert tasks[5].sublines == ("and mind the shuffling.",)
    assert tasks[-1].date is None


def test_a_task_in_a_quote_is_one_and_a_task_in_a_comment_is_none():
    """Quoted tasks count; what is commented out does not."""
    assert [task.text for task in read("Scratch").tasks] == ["quoted task"]


def test_only_wholly_struck_text_is_cancelled():
    """A struck word in a task cancels nothing."""
    assert is_struck("~~all of it~~ [!fail]") and is_struck("~~all~~ ^a1")
    assert not is_struck("~~old~~ new") and not is_struck("~~a~~ b ~~c~~") and not is_struck("~~")


def test_links_embeds_and_block_ids():
    """Heading chains, blocks, aliases, embeds; none in code, comments or fences."""
    note = read("Scratch")
    assert [(k.target, k.heading, k.block, k.alias, k.embed, k.line) for k in note.links] == [
        ("sequence_heads", "2024/10/08", "", "heads", False, 10),
        ("spectrogram.png", "", "", "", True, 11),
        ("Sequence_Heads", "why", "", "", False, 19),
        ("sequence_heads", "2024/10/08#Why", "", "", False, 19),
        ("sequence_heads", "", "a1b2", "", False, 19),
        ("experimnts", "2024/10/10", "", "", False, 25),
    ]
    assert note.blocks == (("first", 19),)
    (link,) = links_of("[[Server#2025/04/09#^kw-ab12cd]]", 3)
    assert (link.heading, link.block, link.line) == ("2025/04/09", "kw-ab12cd", 3)


def test_frontmatter_and_title():
    """Aliases in both forms, tags, title by heading or file name; an unclosed frontmatter is text."""
    assert read("Experiments").aliases == ("Results",)
    heads = read("sequence_heads")
    assert (heads.aliases, heads.tags, heads.title) == (("Sequence heads", "헤드"), ("code",), "sequence_heads")
    assert parse_note("papers/x.md", "# A Title\n").title == "A Title"
    note = parse_note("x.md", "---\nid: x\n\n## 2025-04-07\ntext\n")
    assert [s.heading for s in note.sections] == ["", "2025-04-07"]


@pytest.mark.parametrize(
    ("text", "verdicts"),
    [
        ("> [!fail] This was wrong.", [("fail", "This was wrong.")]),
        (">[!FAIL]  Two blanks.", [("fail", "Two blanks.")]),
        ("> [!error]\n> Labels were shifted.\n> Server : [[Server]]", [("error", "Labels were shifted.")]),
        ("[!warning] No quote mark.", [("warning", "No quote mark.")]),
        ("[!warning]\nThe next line\n\nother", [("warning", "The next line")]),
        ("> [!note] Config\n> a 1\n> [!success] Good one.", [("success", "Good one.")]),
        ("> [!note] [!fail] Two kinds.", [("fail", "Two kinds.")]),
        ("> [!fail]- Folded.", [("fail", "Folded.")]),
        ("- [x] Try it [!fail]", [("fail", "Try it")]),
        ("> [!failure] A synonym.", [("fail", "A synonym.")]),
        ("> [!tip] Advice.\n> [!question] Why?", []),
        ("See `[!fail]` in the manual [!fail].", []),
    ],
)
def test_verdict_callouts_in_all_their_forms(text, verdicts):
    """Any case, no quote mark, two kinds in one block, empty titles; advice is no verdict."""
    (section,) = parse_note("n.md", f"## 2025-04-07\n{text}\n").sections
    assert [(v.kind, v.text) for v in section.verdicts] == verdicts


def test_line_ends_byte_order_mark_and_korean_change_nothing():
    """CRLF, a byte order mark and a missing final newline give the same sections."""
    plain = parse_note("n.md", "## 2025-04-07\n- [ ] 한국어 할 일\n")
    for text in ("\ufeff## 2025-04-07\r\n- [ ] 한국어 할 일\r\n", "## 2025-04-07\n- [ ] 한국어 할 일"):
        assert parse_note("n.md", text) == plain


_WORDS = st.text(alphabet="abcdefg hij.", min_size=1, max_size=20).map(str.strip).filter(bool)
_BLOCKS = st.one_of(
    st.tuples(st.integers(1, 6), _WORDS).map(lambda p: "#" * p[0] + " " + p[1]),
    _WORDS,
    st.lists(_WORDS, min_size=1, max_size=4).map(lambda words: "\n".join(f"- {word}" for word in words)),
    _WORDS.map(lambda word: f"> {word}"),
    st.tuples(st.sampled_from(["```", "````", "~~~"]), st.sampled_from(["", "sh", "txt a b"]), _WORDS).map(
        lambda p: f"{p[0]}{p[1]}\n{p[2]}\n# {p[2]}\n{p[0]}"
    ),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(_BLOCKS, max_size=12))
def test_well_formed_text_reads_as_commonmark(blocks):
    """Headings and fences of well-formed notes are those of a CommonMark parser, lines included."""
    text = "\n\n".join(blocks) + "\n"
    tokens = MarkdownIt("commonmark").parse(text)
    headings = [
        (int(t.tag[1]), tokens[i + 1].content, t.map[0] + 1)
        for i, t in enumerate(tokens)
        if t.type == "heading_open" and t.level == 0
    ]
    fences = [(t.info.strip(), t.content.removesuffix("\n"), t.map[0] + 1) for t in tokens if t.type == "fence"]
    note = parse_note("n.md", text)
    assert [(s.level, s.heading, s.start) for s in note.sections if s.level] == headings
    assert [(f.info, f.text, f.start) for f in note.fences] == fences


_PIECES = st.sampled_from(
    [
        *("```", "```sh x", "~~~", "````", "> ", ">", "- [ ] ", "- [x] ", "  ", "\t", "# ", "## ", "## 2025-04-07"),
        *("## 20250412", "### E-2025/04/07", "[[", "]]", "![[", "#", "^a", "|", "%%", "~~", "`", "[!fail]", "---"),
        *("> [!note] Config", "[97.1, 94.2]", "[nan, 1]", "[1.0,", "Seen acc:", "Unseen acc:", "Harmonic mean:"),
        *("Server : [[Server#2025-04-07]]", "python train.py \\", "-lr 1", "\\", "'", '"', "Stopped.", "NaN occurs."),
        *("Same setting with the experiment above", "Exactly the same with [[#2025-04-07]]", "| a | acc |", "|-|-|"),
        *("| x | 1.5 |", "\r", "\x00", "한", "\ud800", "😀", "^kw-ab12cd", "- loss : 0.3 (best 0.2)", "text", "\u2028"),
    ]
)
ODD_TEXT = st.lists(st.one_of(_PIECES, st.just("\n"), st.just("\n"), st.text(max_size=5)), max_size=60).map("".join)


@settings(max_examples=150, deadline=None)
@given(ODD_TEXT)
def test_no_text_is_too_odd_to_parse(text):
    """Any text gives a note whose sections cover its lines in order, without overlap."""
    note = parse_note("Experiments.md", text)
    assert len(note.plain) == len(note.lines)
    for before, after in zip(note.sections, note.sections[1:], strict=False):
        assert before.end == after.start
    if note.sections:
        assert note.sections[-1].end == len(note.lines) + 1
    for task in note.tasks:
        assert task.line < task.end <= len(note.lines) + 1
    for fence in note.fences:
        assert 1 <= fence.start < fence.end <= len(note.lines) + 1


@pytest.mark.parametrize(
    "line",
    [
        *(
            "- [x] text [[a#b]] with `code` and **more**\n",
            "## h\n",
            "#### deep\n# up\n",
            "```\n",
            "[[a|",
            "`` ` ",
            "%%\n",
        ),
        *("> > ", "> [!fail]\n", "  - [ ] a\n", "## 2025-04-07\n```\n", "| a | b |\n", "~~a~~ ==b==\n", "^a ", "<!-- "),
    ],
)
def test_time_grows_with_length_alone(line):
    """Ten times the text takes about ten times as long, whatever is left open."""
    short, long = line * (20_000 // len(line)), line * (200_000 // len(line))

    def seconds(text: str) -> float:
        start = time.process_time()
        parse_note("n.md", text)
        return time.process_time() - start

    best_long, best_short = (min(seconds(text) for _ in range(3)) for text in (long, short))
    assert best_long < 40 * best_short + 0.1


def test_a_number_in_the_first_line_of_a_fence_is_no_list_mark():
    """ "`tmax` 40. lr 0.0005" is the title of a result: nothing of it may be lost."""
    note = parse_note("Experiments.md", "## 2025/07/31\n```txt Two layers, `tmax` 40. lr 0.0005.\n[96.0, 90.0]\n```\n")
    assert [fence.info for fence in note.fences] == ["txt Two layers, `tmax` 40. lr 0.0005."]
    listed = parse_note("topic.md", "1. ```sh gsc2.sh\npython train.py\n```\n")
    assert [fence.info for fence in listed.fences] == ["sh gsc2.sh"]
