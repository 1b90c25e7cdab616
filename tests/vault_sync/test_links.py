"""Links resolve as in Obsidian and obsidian.nvim; broken ones name what is near."""

from __future__ import annotations

import time

import pytest

from vault_sync.links import LinkIndex, nvim_anchor, obsidian_key, resolve, wikilink
from vault_sync.notes import links_of, parse_note

NOTES = [
    parse_note("Server.md", "## 2025/04/09 \ntext\n## 2025-04-12\n## 2025/04/09\nagain\n"),
    parse_note(
        "lpc_residual.md", "---\naliases: [LPC, 잔차]\n---\n# Top\n## Why\n### Order\n## How\n### Order\nx ^ab-1\n"
    ),
    parse_note("deep/er/Plan.md", "# Deep\n"),
    parse_note("deep/Plan.md", "# Shallow\n"),
    parse_note("deep/er/Here.md", "[[Plan]]\n"),
]
INDEX = LinkIndex(NOTES, files=["plots/roc curve.png"])


def at(text: str, from_note: str = "Server"):
    (link,) = links_of(text)
    return INDEX.resolve(link, from_note)


@pytest.mark.parametrize(
    ("text", "note", "heading", "line", "nvim_line"),
    [
        ("[[Server]]", "Server", "", 1, 1),
        ("[[Server.md#2025-04-12]]", "Server", "2025-04-12", 3, 3),
        # Equal headings: Obsidian takes the first, obsidian.nvim the last.
        ("[[Server#2025/04/09]]", "Server", "2025/04/09", 1, 4),
        # Punctuation is blank for Obsidian and nothing for obsidian.nvim.
        ("[[Server#2025 04 09]]", "Server", "2025/04/09", 1, 0),
        ("[[Server#20250409]]", "Server", "2025/04/09", 4, 4),
        ("[[#2025-04-12|that day]]", "Server", "2025-04-12", 3, 3),
        ("[[lpc_residual#Order]]", "lpc_residual", "Order", 6, 8),
        ("[[lpc_residual#How#Order]]", "lpc_residual", "Order", 8, 8),
        ("[[lpc_residual#Top#Why#Order]]", "lpc_residual", "Order", 6, 6),
        ("[[lpc_residual#^ab-1]]", "lpc_residual", "", 9, 9),
        ("![[deep/er/Plan]]", "deep/er/Plan", "", 1, 1),
        ("[[Plan]]", "deep/Plan", "", 1, 1),
        ("[[deep/Plan.md#Shallow|the plan]]", "deep/Plan", "Shallow", 1, 1),
        ("[[/deep/Plan#Shallow]]", "deep/Plan", "Shallow", 1, 1),
        # A chain may leave headings out, not turn them round; the last one is what is meant.
        ("[[lpc_residual#Top#Order]]", "lpc_residual", "Order", 6, 8),
        ("[[Server#2025/04/09 ]]", "Server", "2025/04/09", 1, 4),
    ],
)
def test_a_link_leads_where_both_programs_lead(text, note, heading, line, nvim_line):
    """Shortest path, heading chains, block ids, and the two readings of punctuation and of equal headings."""
    found = at(text)
    assert (found.status, found.note, found.heading, found.line, found.nvim_line) == (
        "ok",
        note,
        heading,
        line,
        nvim_line,
    )


def test_the_links_own_folder_comes_before_the_shortest_path():
    """Of equal names the one beside the linking note wins, and ./ and ../ are paths."""
    assert at("[[Plan]]", "deep/er/Here").note == "deep/er/Plan"
    assert at("[[../Plan]]", "deep/er/Here").note == "deep/Plan"


def test_only_obsidian_nvim_follows_an_alias_and_a_squeezed_date():
    """What one of the two finds is told apart."""
    assert (at("[[LPC#Why]]").obsidian, at("[[LPC#Why]]").nvim) == (False, True)
    assert at("[[잔차]]").note == "lpc_residual"
    assert (at("[[Server#20250409]]").obsidian, at("[[Server#20250409]]").nvim) == (False, True)


@pytest.mark.parametrize("text", ["[[server]]", "[[LPC_Residual#why]]", "[[lpc_residual#WHY]]", "[[lpc]]"])
def test_a_difference_in_case_is_told(text):
    """Found, but written in other letters."""
    assert at(text).status == "case"


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("[[Sever]]", "[[Server]]"),
        ("[[Sever#2025/04/09]]", "[[Server#2025/04/09]]"),
        ("[[Server#2025/04/11]]", "[[Server#2025-04-12]]"),
        ("[[lpc_residual#Whi]]", "[[lpc_residual#Why]]"),
        ("[[lpc-residual]]", "[[lpc_residual]]"),
        ("[[lpc_residual#^ab-2]]", "[[lpc_residual#^ab-1]]"),
        ("[[lpc_residual#How#Why]]", "[[lpc_residual#Why]]"),
        ("[[Nothing like it]]", ""),
        ("[[roc.png]]", ""),
    ],
)
def test_a_broken_link_names_the_nearest_target(text, nearest):
    """A typing slip, a wrong day and a missing note give what was probably meant, or nothing."""
    found = at(text)
    assert (found.status, found.nearest, found.line) == ("broken", nearest, 0)


def test_attachments_are_found_by_name():
    """A file that is no note is a target; without a list of files nobody can say that it is missing."""
    assert at("![[roc curve.png]]").status == "ok"
    (link,) = links_of("![[other.png]]")
    assert resolve(link, "Server", NOTES).status == "ok"
    assert resolve(link, "Server", INDEX).status == "broken"


def test_keys_and_links():
    """The comparison keys of both programs, and headings in links verbatim."""
    assert obsidian_key("2025/04/09") == obsidian_key("2025 04 09") != obsidian_key("2025-04-09")
    assert (nvim_anchor("2025/04/09"), nvim_anchor("Read more!")) == ("#20250409", "#read-more")
    assert wikilink("Server.md", "2025/04/09") == "[[Server#2025/04/09]]"
    assert wikilink("a/b", "x #1 | y") == "[[a/b#x 1 y]]"


def test_among_thousands_of_notes_a_misspelt_one_is_found_all_the_same():
    """The nearest name is found by the letters it shares, in time that does not grow with names times links."""
    words = ("residual", "formant", "prototype", "session", "decoder")
    notes = [parse_note(f"{words[i % 5]}_{words[i // 5 % 5]}_{i}.md", "# A\n") for i in range(5000)]
    notes.append(parse_note("Log.md", "".join(f"## {2000 + y}/{m:02}/11\n" for y in range(40) for m in range(1, 13))))
    index = LinkIndex(notes)

    def near(text: str) -> str:
        (link,) = links_of(text)
        return index.resolve(link, "Log").nearest

    assert near("[[residul_formant_3205]]") == "[[residual_formant_3205]]"
    assert near("[[ResidualFormant3205]]") == "[[residual_formant_3205]]"
    assert near("[[decoder_sesion_2419]]") == "[[decoder_session_2419]]"
    assert near("[[Log#2019/05/18]]") == "[[Log#2019/05/11]]"
    begun = time.process_time()
    for i in range(1000):
        near(f"[[formnt_resdual_{i}]]")
        near(f"[[Log#{1990 + i % 60}/05/19]]")
    assert time.process_time() - begun < 20
