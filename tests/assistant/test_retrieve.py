"""Gathering evidence: runs by plan, doubts and retractions, passages with their support; with in-memory stand-ins."""

from __future__ import annotations

import datetime
from dataclasses import replace
from types import SimpleNamespace

import pytest

from assistant.plan import Plan, read_plan
from assistant.quote import chosen_units, supported, units
from assistant.retrieve import (
    compared_with,
    days_of_record,
    difference,
    doubts,
    figure,
    gather,
    holds_word,
    is_retracted,
    passages,
    retractions,
    word_forms,
)
from assistant.vocabulary import Vocabulary
from fskws.runs import Record
from vault_sync.chunks import Chunk
from vault_sync.notes import Link, Task

TODAY = datetime.date(2025, 4, 16)


def day(text):
    """A date."""
    return datetime.date.fromisoformat(text)


def run(number, date, **more):
    """A logged record; figures and settings by keyword."""
    link = f"Experiments#{date.replace('-', '/')}"
    values = {"title": f"run {number}", "link": f"{link}:{number}", "note_links": (f"[[{link}]]",), **more}
    return Record(f"n{date.replace('-', '')}-aaaaa{number}", "logged", date, **values)


def chunk(note, date, text, heading=None, start=1):
    """A chunk of a day section."""
    heading = heading or date.replace("-", "/")
    end = start + text.count("\n") + 2
    return Chunk(
        f"{note}{start}",
        f"{note}.md",
        heading,
        (note, heading),
        f"[[{note}#{heading}]]",
        day(date),
        start,
        end,
        text,
        (),
    )


def task(note, date, text, state=" "):
    """A to-do item."""
    return Task(note, state, text, 3, 4, 0, day(date), "Experiments", f"Experiments-{date}", (), (), False)


class FakeStore:
    """Records, tasks, links and chunks in memory."""

    def __init__(self, records=(), tasks=(), links=(), chunks=()):
        self._records, self._tasks, self._links, self._chunks = records, tasks, links, chunks

    def records(self, *, as_of=None):
        return [r for r in self._records if as_of is None or r.date <= as_of.isoformat()][::-1]

    def tasks(self, *, as_of=None):
        return [t for t in self._tasks if as_of is None or t.date <= as_of]

    def counts(self):
        return {"notes": 3, "chunks": len(self._chunks), "records": len(self._records)}

    def note_names(self):
        return {f"{c.note}": c.note.removesuffix(".md") for c in self._chunks}

    def links(self):
        return list(self._links)

    def chunks_of(self, note):
        return [c for c in self._chunks if c.note == note]

    def chunks_between(self, since, until):
        return [c for c in self._chunks if since <= c.date <= until]


class FakeSearch:
    """Gives fixed hits that lie in the days asked for."""

    missing = ""

    def __init__(self, *hits):
        self.hits = hits

    def find(self, query, top_k=8, since=None, until=None, notes=None, as_of=None):
        return [
            hit
            for hit in self.hits
            if (since is None or hit.chunk.date >= since) and (until is None or hit.chunk.date <= until)
        ]


def hit(one, similarity=None, score=0.5):
    """A search hit on a chunk."""
    return SimpleNamespace(chunk=one, passage=one, score=score, similarity=similarity, how="words", coverage=1.0)


@pytest.fixture
def vocabulary():
    """Words and options of a small vault."""
    words = {"cka", "gram", "matrix", "frames", "nan", "logits", "gru", "prototype"}
    return Vocabulary(
        options={
            "noise_prob": {"0.8": 2, "0.0": 1},
            "epochs_base": {"100": 2, "30": 1},
            "loss_lpc": {"1": 1, "0.5": 1},
        },
        notes=("Scratch",),
        chunks=40,
        term_counts=lambda forms: {form: 2 for form in forms if form in words},
        similar_terms=lambda word: (),
    )


def test_runs_come_oldest_first_and_only_those_of_the_days(vocabulary):
    """Records of other days, merged ones and later ones than as_of are left out."""
    records = (
        run(1, "2025-04-05"),
        run(2, "2025-04-08"),
        run(3, "2025-04-10"),
        run(4, "2025-04-11", merged_into="r20250411-abcdef"),
        run(5, "2025-04-15"),
    )
    plan = read_plan("what did I run last week?", TODAY, vocabulary)
    found = gather(plan, FakeStore(records), FakeSearch(), TODAY)
    assert [r.date for r in found.records] == ["2025-04-08", "2025-04-10"]
    early = gather(plan, FakeStore(records), FakeSearch(), TODAY, as_of=day("2025-04-09"))
    assert [r.date for r in early.records] == ["2025-04-08"]
    assert [r.date for r in early.pool] == ["2025-04-05", "2025-04-08"]


def test_logged_records_can_be_read_as_of_a_day(vocabulary):
    """What the notes told by then replaces the logged records of the index; launched runs stay."""
    launched = Record("r20250408-abcdef", "launched", "2025-04-08", "launched")
    plan = read_plan("what did I run last week?", TODAY, vocabulary)
    store = FakeStore((run(1, "2025-04-08", title="with its later result"), launched))
    found = gather(
        plan,
        store,
        FakeSearch(),
        TODAY,
        as_of=day("2025-04-09"),
        logged=lambda limit: [run(2, "2025-04-08", title="by then")],
    )
    assert sorted(r.title for r in found.records) == ["by then", "launched"]


def test_a_night_run_belongs_to_both_days():
    """Started on one day, ended on the next: both days find it."""
    record = Record(
        "r20250408-abcdef",
        "launched",
        "2025-04-08",
        "night",
        started_at="2025-04-08T23:10:00+09:00",
        ended_at="2025-04-09T04:00:00+09:00",
    )
    assert days_of_record(record) == (day("2025-04-08"), day("2025-04-09"))


def test_the_day_of_a_run_that_another_one_is_like_is_not_its_own():
    """ "Otherwise the same setting with [[#20250606]]" three days before: it was not started then."""
    links = ("[[Experiments#20250609]]", "[[Server#20250609]]", "[[Experiments#20250606]]")
    told = "Protocol with 1 shot.\nOtherwise the same setting with [[#20250606]]"
    record = run(1, "2025-06-09", argv=("python", "train.py"), note_links=links, description=told)
    assert days_of_record(record) == (day("2025-06-09"),)
    # Its own command stands under another day, which its words name too.
    own = run(
        2, "2025-06-07", argv=("python", "train.py"), note_links=("[[Experiments#20250607]]", "[[Server#20250606]]")
    )
    own = replace(own, description="Command of the night before, [[Server#20250606]].")
    assert days_of_record(own) == (day("2025-06-06"), day("2025-06-07"))


def test_a_logged_run_belongs_to_the_day_of_its_server_entry_too(vocabulary):
    """Entry on Sunday, result on Monday: both weeks ran it; a link to a topic note is no day of the run."""
    links = ("[[Experiments#2025/04/07]]", "[[Server#2025/04/06]]", "[[topic#2025/04/05]]")
    record = run(1, "2025-04-07", note_links=links)
    assert days_of_record(record) == (day("2025-04-06"), day("2025-04-07"))
    store = FakeStore((record,))
    for question in ("what did I run last week?", "what ran on the server on 2025-04-06?"):
        assert gather(read_plan(question, TODAY, vocabulary), store, FakeSearch(), TODAY).records == (record,)
    assert (
        gather(read_plan("what did I run on 2025-04-05?", TODAY, vocabulary), store, FakeSearch(), TODAY).records == ()
    )


def test_the_nearest_runs_are_those_before_the_days(vocabulary):
    """When nothing fits, the last runs before the interval are given, three at most."""
    records = tuple(run(n, f"2025-03-0{n}") for n in range(1, 6))
    found = gather(read_plan("runs in April", TODAY, vocabulary), FakeStore(records), FakeSearch(), TODAY)
    assert found.records == ()
    assert [r.date for r in found.near] == ["2025-03-03", "2025-03-04", "2025-03-05"]


def test_figures_are_read_from_lists_and_from_last_and_best():
    """Last session by default, one session by index, never a guess."""
    record = run(
        1, "2025-04-01", metrics={"accuracy": [90.0, 80.0], "seen": [70.0], "loss": {"last": 0.4, "best": 0.3}}
    )
    assert figure(record, "accuracy") == 80.0
    assert figure(record, "accuracy", 0) == 90.0
    assert figure(record, "seen", 3) is None
    assert figure(record, "loss") == 0.3
    assert figure(record, "unseen") is None
    assert figure(run(1, "2025-04-01", metrics={"accuracy": [90.0, "nan"]}), "accuracy") is None


def test_what_changed_is_told_against_the_closest_earlier_run():
    """The smallest difference among the runs before; where a run lies on disk is no setting."""
    first = run(1, "2025-04-01", config={"lr": "0.1", "layer": "GRU", "gpu": "0"})
    second = run(2, "2025-04-02", config={"lr": "0.5", "layer": "None", "gpu": "0"})
    third = run(3, "2025-04-03", config={"lr": "0.10", "layer": '"GRU"', "extra": "1", "gpu": "1"})
    assert compared_with(third, (first, second, third)) == first
    assert difference(third, first) == {"extra": (None, "1")}
    assert compared_with(first, (first, second, third)) is None


def test_a_later_note_that_links_to_a_result_and_calls_it_wrong_takes_it_back(vocabulary):
    """Link and word stand in one line; with several results on that day only the one that is named is meant."""
    one = run(1, "2025-04-08", config={"loss_lpc": "1"})
    two = run(2, "2025-04-08", config={"loss_lpc": "0.5"})
    text = "- fine so far\n- Result of `loss_lpc` 1 is wrong, see [[Experiments#2025/04/08]]."
    note = chunk("Scratch", "2025-04-10", text, start=10)
    link = Link("Experiments", "2025/04/08", "", "", False, 12)
    store = FakeStore((one, two), links=[("Scratch.md", link)], chunks=[note])
    found = retractions((one, two), (one, two), store, None, vocabulary)
    assert list(found) == [one.id]
    assert found[one.id][0].text == "Result of `loss_lpc` 1 is wrong, see [[Experiments#2025/04/08]]."
    assert is_retracted(one, found)
    assert not is_retracted(two, found)
    assert retractions((one,), (one, two), store, day("2025-04-09"), vocabulary) == {}


def test_an_unnamed_result_of_a_day_with_several_is_only_suspected(vocabulary):
    """Which of two results is wrong is not guessed."""
    one, two = run(1, "2025-04-08"), run(2, "2025-04-08")
    note = chunk("Scratch", "2025-04-10", "- wrong: [[Experiments#2025/04/08]]", start=10)
    link = Link("Experiments", "2025/04/08", "", "", False, 11)
    store = FakeStore((one, two), links=[("Scratch.md", link)], chunks=[note])
    found = retractions((one, two), (one, two), store, None, vocabulary)
    assert not found[one.id][0].certain
    assert not is_retracted(one, found)


def test_copied_figures_and_commands_that_disagree_are_doubts(vocabulary):
    """Equal arrays under two runs, and other epochs in words than in the command."""
    config = {"epochs_base": "30"}
    one = run(1, "2025-04-01", metrics={"accuracy": [90.1, 80.2]}, argv=("python",), config=config, title="100 epochs")
    two = run(2, "2025-04-02", metrics={"accuracy": [90.1, 80.2]})
    found = doubts((one, two), (one, two), vocabulary)
    assert "the same figures stand under 2025-04-02" in found[one.id][0].text
    assert found[one.id][0].links == ("[[Experiments#2025/04/02]]",)
    assert found[one.id][1].text == "the description says `epochs_base` 100, the command 30"


def test_words_that_tell_of_a_change_do_not_disagree_with_the_command(vocabulary):
    """The title of a launched suggestion names the value before the change as well; that is no doubt."""
    title = "`epochs_base` 100 -> 30 (GRU layer and 100 epochs)"
    one = run(1, "2025-04-01", argv=("python",), config={"epochs_base": "30"}, title=title)
    assert doubts((one,), (one,), vocabulary).get(one.id, ()) == ()


def test_a_copied_task_is_one_with_its_newest_state(vocabulary):
    """Copies across days count once; entries of the run logs are no tasks."""
    tasks = (
        task("April", "2025-04-08", "Try `GRU`."),
        task("April", "2025-04-14", "Try GRU", "x"),
        task("Server", "2025-04-14", "GRU"),
    )
    plan = read_plan("open tasks", TODAY, vocabulary)
    found = gather(plan, FakeStore(tasks=tasks), FakeSearch(), TODAY).tasks
    assert [(t.newest.state, t.first, t.copies, t.link) for t in found] == [
        ("x", day("2025-04-08"), 2, "[[April#Experiments-2025-04-14]]")
    ]


def ask_passages(question, vocabulary, *hits):
    """The plan of a question and the passages found for it."""
    plan = read_plan(question, TODAY, vocabulary)
    return plan, passages(plan, FakeSearch(*hits), None, {})


def test_a_passage_supports_an_answer_when_it_holds_the_telling_words(vocabulary):
    """Words in any form count; a missing one of two is too little."""
    right = hit(chunk("Scratch", "2025-03-08", "- The gram matrix forgets the order of the frames."))
    plan, found = ask_passages("why is the gram matrix bad for frames?", vocabulary, right)
    assert supported(plan, found[0])
    wrong = hit(chunk("Scratch", "2025-03-08", "- The prototype is a mean."))
    plan, found = ask_passages("why is the gram matrix bad for the prototype?", vocabulary, wrong)
    assert found[0].missed == ("gram", "matrix")
    assert not supported(plan, found[0])


def test_a_near_meaning_never_stands_in_for_a_missing_name(vocabulary):
    """Dense search finds something for every question: an unknown name refuses, however near the passage."""
    near = hit(chunk("Scratch", "2025-03-08", "- CKA compares two layers."), similarity=0.8)
    plan, found = ask_passages("what did I think about the Conformer?", vocabulary, near)
    assert not supported(plan, found[0])
    plan, found = ask_passages("how are two layers compared by cka?", vocabulary, near)
    assert supported(plan, found[0])


def test_passages_outside_the_days_asked_for_come_last_and_are_marked(vocabulary):
    """They serve to name the nearest, not to answer."""
    inside = hit(chunk("Scratch", "2025-04-08", "- CKA again."), score=0.1)
    outside = hit(chunk("Scratch", "2025-03-08", "- CKA first.", start=9), score=0.9)
    _, found = ask_passages("what did I write about CKA last week?", vocabulary, outside, inside)
    assert [(p.date, p.within) for p in found] == [(day("2025-04-08"), True), (day("2025-03-08"), False)]


def test_word_forms_meet_across_spelling():
    """Stems, option order, long common beginnings and one slip meet; short words do not blur."""
    held = word_forms("The loss_lpc regulariser removes embeddings, no NaN.")
    assert holds_word(held, "lpc_loss")
    assert holds_word(held, "regularization")
    assert holds_word(held, "emebedding")
    assert holds_word(held, "nan")
    assert not holds_word(held, "nas")


def test_units_are_verbatim_items_without_their_marks():
    """List items, continuation lines, quotes and callouts give sentences; links alone, arrays and code do not."""
    text = (
        "- First item, with `code`.\n  goes on here.\n> [!fail] wrong code\n> Detail : [[note#2025/04/01]]\n"
        "[97.1, 95.2]\n```py\nx = 1\n```\n- [x] 10:20:30 : a task\n---\nA paragraph."
    )
    assert [u.text for u in units(text) if not u.code] == [
        "First item, with `code`. goes on here.",
        "wrong code",
        "10:20:30 : a task",
        "A paragraph.",
    ]
    assert [u.text for u in units(text) if u.code] == ["x = 1"]


def test_the_reason_beside_the_words_is_chosen(vocabulary):
    """A why-question takes the sentence with the words and the one with the reason next to it."""
    text = (
        "- Had lunch.\n- CKA does not work for keywords.\n- Because the gram matrix forgets the order.\n- Read a paper."
    )
    plan, found = ask_passages("why does CKA not work?", vocabulary, hit(chunk("Scratch", "2025-03-08", text)))
    assert [u.text for u in chosen_units(plan, found[0], 2)] == [
        "CKA does not work for keywords.",
        "Because the gram matrix forgets the order.",
    ]


def test_a_plan_without_words_searches_nothing():
    """No terms, no passages."""
    assert gather(Plan("prose", "?"), FakeStore(), FakeSearch(), TODAY).passages == ()
