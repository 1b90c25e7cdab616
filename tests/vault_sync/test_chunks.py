"""Cutting notes into chunks, on real Markdown."""

from __future__ import annotations

import datetime
import itertools

from vault_sync.chunks import chunk_note, embedding_texts
from vault_sync.notes import parse_note

JOURNAL = """---
id: Scratch
aliases: []
tags: []
---

# Scratch

## 2025-05-02
- The energy of silence frames is never zero.
- [[mel_floor#2025/05/02]] has the numbers.

## 2025/05/05
Looked at the floor again.

### Idea-20250505
> [!fail] The floor was in decibels.

- Clamp before the logarithm.
"""


def test_a_section_is_a_chunk_with_its_date_path_and_link():
    """Each section with text becomes one chunk; the heading is verbatim in the link, the date is the section's."""
    chunks = chunk_note(parse_note("Scratch.md", JOURNAL))
    assert [c.link for c in chunks] == [
        "[[Scratch#2025-05-02]]",
        "[[Scratch#2025/05/05]]",
        "[[Scratch#Idea-20250505]]",
    ]
    assert [c.date for c in chunks] == [datetime.date(2025, 5, 2)] + 2 * [datetime.date(2025, 5, 5)]
    assert chunks[2].path == ("Scratch", "2025/05/05", "Idea-20250505")
    assert chunks[0].text == (
        "- The energy of silence frames is never zero.\n- [[mel_floor#2025/05/02]] has the numbers."
    )
    assert JOURNAL.split("\n")[chunks[0].start - 1 : chunks[0].end - 1][0].startswith("- The energy")


def test_verdicts_travel_with_their_chunk():
    """A callout that judges a result is part of the chunk it stands in, and of no other."""
    chunks = chunk_note(parse_note("Scratch.md", JOURNAL))
    assert [[v.kind for v in c.verdicts] for c in chunks] == [[], [], ["fail"]]


def test_frontmatter_is_no_text():
    """What stands between the first lines of dashes is not searched."""
    chunks = chunk_note(parse_note("a.md", "---\nid: a\ntags: [secretword]\n---\nReal text.\n"))
    assert [c.text for c in chunks] == ["Real text."]
    assert chunks[0].link == "[[a]]"


def test_a_heading_that_occurs_twice_is_linked_through_its_parent():
    """Equal sub-headings of two days need the day in the link, so that each link leads to its own section."""
    text = "## 2025-05-02\nx\n### Code\nfirst\n## 2025-05-03\ny\n### Code\nsecond\n"
    links = [c.link for c in chunk_note(parse_note("n.md", text))]
    assert links == [
        "[[n#2025-05-02]]",
        "[[n#2025-05-02#Code]]",
        "[[n#2025-05-03]]",
        "[[n#2025-05-03#Code]]",
    ]


def entry(number: int, words: int = 40) -> str:
    """One GPU job as the Server note holds it."""
    filler = " ".join(f"word{number}x{i}" for i in range(words))
    return (
        f"- [x] Job {number}: {filler}\n  > [!note]\n  > Code : [[topic#2025/05/02]]\n\n```sh gsc2.sh\n"
        f"python train.py trans \\\n  -project trans \\\n  -lr_base 0.00{number}\n```\n> [!note] Result\n"
        "> [[Experiments#2025/05/02]]\n---\n"
    )


def test_a_long_section_is_split_between_its_entries():
    """A command's fence and its result stay with the entry they belong to; no part is above the limit."""
    text = "## 2025/05/02\n" + "".join(entry(n) for n in range(1, 7))
    chunks = chunk_note(parse_note("Server.md", text), max_words=120)
    assert len(chunks) > 1
    for number in range(1, 7):
        holding = [c for c in chunks if f"Job {number}:" in c.text]
        assert len(holding) == 1
        assert f"-lr_base 0.00{number}" in holding[0].text
    assert all(len(c.text.split()) <= 130 for c in chunks)
    assert {c.link for c in chunks} == {"[[Server#2025/05/02]]"}


def test_a_fence_is_never_cut():
    """A fence longer than the limit stays whole, and its glued closer ends it."""
    code = "\n".join(f"    value_{i} = compute({i})" for i in range(300))
    text = f"## 2025-05-02\nBefore.\n\n```python\n{code} )```\n\nAfter the code.\n"
    chunks = chunk_note(parse_note("n.md", text), max_words=50)
    assert sum("value_0" in c.text for c in chunks) == 1
    whole = next(c for c in chunks if "value_0 " in c.text)
    assert "value_299" in whole.text
    assert "After the code." in chunks[-1].text


def test_parts_cover_the_section_without_overlap():
    """Put together again, the parts of a section are its lines, each once."""
    items = "\n".join(f"- item {i} {'word ' * 20}end" for i in range(60))
    note = parse_note("n.md", f"## 2025-05-02\n{items}\n")
    chunks = chunk_note(note)
    assert len(chunks) > 3
    joined = "\n".join(c.text for c in chunks)
    assert joined == items
    assert all(a.end <= b.start for a, b in itertools.pairwise(chunks))


def test_ids_stay_when_text_is_put_above():
    """A chunk keeps its id when only its place in the note changes, and gets another when its text does."""
    before = {c.heading: c.id for c in chunk_note(parse_note("Scratch.md", JOURNAL))}
    moved = JOURNAL.replace("## 2025-05-02\n", "## 2025-05-01\n- New.\n\n## 2025-05-02\n")
    after = {c.heading: c.id for c in chunk_note(parse_note("Scratch.md", moved))}
    assert {h: after[h] for h in before} == before
    edited = JOURNAL.replace("decibels", "nepers")
    changed = {c.heading: c.id for c in chunk_note(parse_note("Scratch.md", edited))}
    assert [h for h in before if before[h] != changed[h]] == ["Idea-20250505"]


def test_ids_differ_for_equal_sections():
    """The same line twice under the same heading gives two chunks with two ids."""
    chunks = chunk_note(parse_note("n.md", "## A\nsame\n## A\nsame\n"))
    assert len({c.id for c in chunks}) == 2


def test_a_note_without_text_is_found_by_its_name():
    """A note that holds headings only still has one chunk."""
    chunks = chunk_note(parse_note("papers/LPC from scratch.md", "# LPC from scratch\n\n## 2025-05-02\n"))
    assert [(c.note, c.text) for c in chunks] == [("papers/LPC from scratch.md", "")]


def test_the_embedders_text_is_the_same_after_a_rename():
    """What the embedder reads does not hold the file's name, so a renamed note costs no embedding."""
    old = chunk_note(parse_note("old.md", JOURNAL))
    new = chunk_note(parse_note("folder/new.md", JOURNAL))
    assert [embedding_texts(c) for c in old] == [embedding_texts(c) for c in new]
    assert [c.id for c in old] != [c.id for c in new]


def test_each_thought_of_a_day_is_embedded_for_itself():
    """The whole section first, then its items with their sub-items; short lines go with what stands before them."""
    text = "# Scratch\n\n## 2025/05/02\n- The ==floor== is too high in quiet rooms.\n  - also in `gsc2`\n- Stopped.\n"
    text += "\nA last thought about silence.\n"
    chunk = chunk_note(parse_note("Scratch.md", text))[0]
    first = "The floor is too high in quiet rooms.\n- also in gsc2\nStopped."
    last = "A last thought about silence."
    assert embedding_texts(chunk) == [f"Scratch: {first}\n{last}", f"Scratch: {first}", f"Scratch: {last}"]


def test_the_embedders_text_leaves_out_arrays_options_and_dates():
    """Numbers, options and day headings would fill the embedder's window and say nothing to it."""
    text = (
        "# Experiments\n\n## 2025/05/02\n> Two layers, ==noise== 0.8.\n[97.1, 94.8, 92.0, 89.6]\nSeen acc:\n"
        "```sh\npython train.py trans \\\n  -lr_base 0.1\n```\n"
    )
    chunk = chunk_note(parse_note("Experiments.md", text))[0]
    assert embedding_texts(chunk) == ["Experiments: Two layers, noise 0.8.\nSeen acc:\nsh\npython train.py trans"]
