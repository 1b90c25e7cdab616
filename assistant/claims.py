"""What a sentence claims beyond its words: whose figure, in which unit, in which direction, from which cause.

Each check compares one such claim with the evidence and returns why it is refused, "" when it is held. Text against
text, as everywhere in the gate; where the evidence does not speak of the matter, the other checks decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.figures import read_figures, same_value, spelled_out
from assistant.stems import content_words, stem, word_set

# --------------------------------------------------------------------------- the evidence, by blocks


@dataclass(frozen=True)
class Block:
    """A piece of a passage that tells of one thing: one result of several in a section, else the whole passage.

    passage: its number. words: of text and place. values: all its figures. arrays: value -> (label, place in the array,
    length of the array), label "overall", "seen", "unseen", "harmonic" or another metric's. units: value -> units.
    """

    passage: int
    text: str
    words: frozenset[str]
    values: frozenset[float]
    days: frozenset[object]
    arrays: dict[float, tuple[tuple[str, int, int], ...]]
    units: dict[float, frozenset[str]]


_ARRAY = re.compile(r"\[\s*-?\d[\d.,\s-]*\]")
_LABELS = (
    ("harmonic", re.compile(r"\bharmonic|\bHM\b", re.I)),
    ("unseen", re.compile(r"\bunseen\b", re.I)),
    ("seen", re.compile(r"\bseen\b", re.I)),
)


def blocks_of(passage: int, text: str, place: str) -> list[Block]:
    """The blocks of one passage. place: its title, link and date, which hold for each of them."""
    paragraphs = [part for part in re.split(r"\n\s*(?:---\s*)?\n", text) if part.strip()]
    results = [part for part in paragraphs if _ARRAY.search(part)]
    parts = paragraphs if len(results) > 1 else [text]
    return [_block(passage, part, place) for part in parts]


def _block(passage: int, text: str, place: str) -> Block:
    here = read_figures(f"{place.replace('#', ' ')}\n{text}")
    arrays: dict[float, tuple[tuple[str, int, int], ...]] = {}
    label = "overall"
    for line in text.splitlines():
        found = _ARRAY.search(line)
        named = _metric(line[: found.start()] if found else line)
        if not found:
            label = named or "overall"
            continue
        values = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", found[0])]
        for index, value in enumerate(values):
            arrays[value] = (*arrays.get(value, ()), (named or label, index, len(values)))
        label = "overall"
    units: dict[float, set[str]] = {}
    for value, unit in measures(text):
        units.setdefault(value, set()).add(unit)
    return Block(
        passage,
        text,
        frozenset(content_words(f"{place.replace('#', ' ')}\n{text}")),
        here.numbers | here.percents | here.counts,
        here.dates | here.month_days,
        arrays,
        {value: frozenset(kinds) for value, kinds in units.items()},
    )


def _metric(text: str) -> str:
    return next((name for name, pattern in _LABELS if pattern.search(text)), "")


# --------------------------------------------------------------------------- units

_UNITS = {
    name: unit
    for unit, names in {
        "ms": "ms millisecond milliseconds", "s": "s sec secs second seconds", "min": "min mins minute minutes",
        "h": "h hour hours", "day": "day days", "week": "week weeks", "month": "month months", "Hz": "hz",
        "kHz": "khz", "dB": "db", "B": "byte bytes", "kB": "kb", "MB": "mb", "GB": "gb", "TB": "tb",
        "%": "% percent", "points": "point points", "epochs": "epoch epochs", "steps": "step steps",
    }.items()
    for name in names.split()
}  # fmt: skip
_MEASURE = re.compile(
    r"(?<![\w.])[-+−~]?(?P<n>\d+(?:,\d{3})*(?:\.\d+)?)(?:\s*-?\s*(?P<u>%|(?:percentage )?[A-Za-z]+))?"
)
_DAYS_AND_CLOCKS = re.compile(
    r"\b\d{4}[-/]\d{1,2}[-/]\d{1,2}\b|\b20\d{6}\b|\b\d{1,2}:\d{2}(?::\d{2})?\b|\[\[[^\]]*\]\]"
)


@lru_cache(maxsize=4096)
def measures(text: str) -> tuple[tuple[float, str], ...]:
    """Each figure of a text with its unit, "" where none follows it."""
    plain = spelled_out(_DAYS_AND_CLOCKS.sub(" ", text))
    found = []
    for match in _MEASURE.finditer(plain):
        name = (match["u"] or "").lower().removeprefix("percentage ").strip()
        found.append((float(match["n"].replace(",", "")), _UNITS.get(name, "")))
    return tuple(found)


def wrong_unit(sentence: str, blocks: Sequence[Block]) -> str:
    """40 ms are not 40 s, 12 % of something is not 12 of it, 1.4 points are not 1.4 percent."""
    for value, unit in measures(sentence):
        held = frozenset[str]().union(*(b.units.get(value, frozenset()) for b in blocks))
        if not held or unit in held:
            continue
        if (
            unit == ""
            and "%" not in held
            and not re.search(rf"\b{value:g} (?!\w+ss\b)[a-z]{{3,}}s\b", spelled_out(sentence))
        ):
            continue  # "a window of 40": the unit is left out, not changed
        if "" in held and (unit in ("", "epochs") or any(value in b.arrays for b in blocks)):
            continue  # arrays are percent, options are written without a unit
        shown = f"{value:g} {unit}".strip()
        return (
            f"{shown} is not in the evidence, which has {value:g} {' or '.join(sorted(u for u in held if u))}".strip()
        )
    return ""


def _with_units(text: str) -> list[tuple[float, str]]:
    return [(value, unit) for value, unit in measures(text) if unit]


def wrong_company(sentence: str, blocks: Sequence[Block]) -> str:
    """A figure keeps the words of its own clause: "costs 3 points on clean, wins 9 on noisy speech" is no "wins 3"."""
    said = _with_units(sentence)
    words = frozenset(content_words(sentence)) - _TELLING
    pieces = [piece for block in blocks for piece in _pieces(block.text) if said and not _ARRAY.search(piece)]
    for value, unit in said:
        holding = [piece for piece in pieces if (value, unit) in _with_units(piece)]
        rivals = [p for p in pieces if p not in holding and any(u == unit for _, u in _with_units(p))]
        if not holding:
            continue
        own = max(len(words & frozenset(content_words(piece))) for piece in holding)
        other = max((len(words & frozenset(content_words(piece))) for piece in rivals), default=0)
        if other > own and other >= 0.6 * len(words):
            return f"{value:g} {unit} is said of something else"
        # A sentence that tells both figures is judged by the clause of each.
        near = next((c for c in clauses_of(sentence) if (value, unit) in _with_units(c)), sentence)
        alone = len({v for v, u in said if u == unit}) == 1
        about = words if alone else frozenset(content_words(near)) - _TELLING
        reasons = [_other_number(sentence, piece) or _foreign_words(value, unit, about, piece) for piece in holding]
        if all(reasons):
            return f"{value:g} {unit} is not said of {reasons[0]!r}"
    return ""


_NAMED = re.compile(r"\b(?P<what>[A-Za-z]{3,})`?\s+`?(?P<n>\d+(?:\.\d+)?)\b")


def _other_number(sentence: str, piece: str) -> str:
    """ "Shrinkage 0.3" beside a figure that the evidence gives for shrinkage 0.1."""
    there = {(stem(m["what"]), m["n"]) for m in _NAMED.finditer(piece)}
    for match in _NAMED.finditer(sentence):
        name, number = stem(match["what"]), match["n"]
        others = {n for what, n in there if what == name}
        if others and number not in others and not re.search(rf"\b{re.escape(number)}\b", piece):
            return match[0]
    return ""


def wrong_side(sentence: str, blocks: Sequence[Block], opposites: Sequence[tuple[str, str]]) -> str:
    """ "Helps the base session but hurts the others" is no "hurts the base session".

    opposites: pairs of stems that mean the contrary.
    """
    stems = _all_stems(sentence)
    words = frozenset(content_words(sentence))
    for block in blocks:
        for piece in _pieces(block.text):
            parts = [(_all_stems(clause), frozenset(content_words(clause))) for clause in clauses_of(piece)]
            for one, other in [*opposites, *(pair[::-1] for pair in opposites)]:
                if one not in stems or other in stems:
                    continue
                own = [held for has, held in parts if one in has and other not in has]
                contrary = [
                    frozenset(content_words(re.split(rf"\b{other}\w*", clause, maxsplit=1, flags=re.I)[-1]))
                    for clause in clauses_of(piece)
                    if other in _all_stems(clause) and one not in _all_stems(clause)
                ]
                if own and any((words & held) - frozenset[str]().union(*own) for held in contrary):
                    return "it turns what the evidence says around"
    return ""


def _foreign_words(value: float, unit: str, words: frozenset[str], piece: str) -> str:
    """A word of the sentence that stands with another figure of this unit in the piece, and not with this one."""
    own: set[str] = set()
    foreign: set[str] = set()
    for clause in clauses_of(piece):
        figures = [v for v, u in _with_units(clause) if u == unit]
        if value in figures or not figures:
            own |= set(content_words(clause))
            continue
        # What is told of the other figure: from the word before it on.
        match = re.search(rf"(?:\w+\s+)?\b{figures[0]:g}\b.*", spelled_out(clause))
        foreign |= set(content_words(match[0] if match else clause))
    return min((words & foreign) - own - _TELLING, default="")


# --------------------------------------------------------------------------- whose figure

_JOINTS = re.compile(r"[,;:](?=\s)|\b(?:and|while|but|than|whereas|against|versus|vs|compared|to)\b")
#: Words that any figure may be told with.
_TELLING = frozenset(
    stem(word)
    for word in word_set(
        "reach value figure average mean harmonic accuracy session percent point points run result set reached best "
        "highest lowest worst first last final base incremental was had gave give got achieve achieved obtain obtained "
        "measure measured report reported show shows model train trained training test tested drop gain total "
        "difference more less higher lower better worse about only lost lose take takes took "
        "need needs end ended come came become stand stood now instead still after before think thought"
    )
)


def _clauses(sentence: str) -> list[str]:
    parts = [part for part in _JOINTS.split(sentence) if part.strip()]
    return parts or [sentence]


def _figures_in(text: str) -> list[float]:
    return [value for value, _ in measures(text)]


def wrong_owner(sentence: str, blocks: Sequence[Block]) -> str:
    """A figure stands with the words of the place that it comes from, not with those of another run."""
    everything = frozenset[str]().union(*(b.words for b in blocks))
    owners: list[tuple[str, object, list[Block], str]] = []  # shown figure, value, its blocks, its clause
    for clause in _clauses(sentence):
        for value, _ in measures(clause):
            if value == int(value) and value < 10:
                continue  # two layers, three days: everywhere
            holding = [b for b in blocks if any(same_value(value, v) for v in b.values)]
            if holding:
                owners.append((f"{value:g}", value, holding, clause))
        days = read_figures(clause)
        for day in sorted(days.dates | days.month_days, key=str):
            holding = [b for b in blocks if day in b.days]
            if holding:
                owners.append((str(day), day, holding, clause))
    if not owners:
        return ""
    places = {tuple(id(b) for b in holding) for _, _, holding, _ in owners}
    # Figures of one place: the whole sentence is about it. Of several: each clause is about its own.
    together = len(places) == 1 or any(all(b in holding for _, _, holding, _ in owners) for b in blocks)
    for shown, _, holding, clause in owners:
        words = frozenset(content_words(sentence if together else clause)) - _TELLING
        if not any(not ((words & everything) - b.words) for b in holding):
            foreign = min((sorted((words & everything) - b.words) for b in holding), key=len)
            return f"{shown} stands where nothing is said of {foreign[0]!r}"
    return ""


_ORDINAL_SESSION = re.compile(
    r"\b(?P<o>first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|last|final|base)\b"
    r"(?:\s+(?:incremental|few-shot))?(?:\s+session)?",
    re.I,
)
_ORDINAL_WORDS = "first second third fourth fifth sixth seventh eighth ninth tenth"
_ORDINALS = {word: number for number, word in enumerate(_ORDINAL_WORDS.split())}


def session_words(sentence: str) -> bool:
    """Whether it speaks of sessions, whose numbers are places in arrays."""
    return bool(re.search(r"\bsessions?\b", sentence, re.I))


def wrong_place(sentence: str, blocks: Sequence[Block]) -> str:
    """A figure of an array is told with that array's metric, and with the session it stands at."""
    for clause in re.split(r"[,;](?=\s)|\b(?:and|while|but|than|whereas|against|to)\b", sentence):
        ordinal = _ORDINAL_SESSION.search(clause) if session_words(sentence) else None
        metric = _metric(clause)
        for value in _figures_in(clause):
            spots = [spot for b in blocks for v, found in b.arrays.items() if same_value(v, value) for spot in found]
            if not spots or any(_stands_plainly(value, b) for b in blocks):
                continue
            if metric and not any(label == metric for label, _, _ in spots):
                return f"{value:g} is no {metric} figure in the evidence"
            if (
                not metric
                and re.search(r"\baccurac", clause, re.I)
                and all(label == "harmonic" for label, _, _ in spots)
            ):
                return f"{value:g} is a harmonic mean in the evidence, no accuracy"
            if ordinal and not any(_at(ordinal["o"].lower(), spot) for spot in spots):
                return f"{value:g} is not the figure of the {ordinal['o'].lower()} session"
    return ""


def _stands_plainly(value: float, block: Block) -> bool:
    """Whether the figure also stands outside the arrays."""
    return any(same_value(value, v) for v in _figures_in(_ARRAY.sub(" ", block.text)))


def _at(word: str, spot: tuple[str, int, int]) -> bool:
    label, index, length = spot
    if word in ("last", "final"):
        return index == length - 1
    if word == "base":
        return label == "overall" and index == 0
    # The overall array starts with the base session, which some count and some do not.
    place = _ORDINALS[word]
    return index in ((place, place + 1) if label == "overall" else (place, place - 1))


def sessions_of(sentence: str, blocks: Sequence[Block]) -> frozenset[int]:
    """The ordinals of a sentence (from 1) that are told by the place of one of its figures in an array."""
    if not session_words(sentence):
        return frozenset()
    values = _figures_in(sentence)
    spots = [spot for b in blocks for v, found in b.arrays.items() if v in values for spot in found]
    return frozenset(n + 1 for word, n in _ORDINALS.items() if any(_at(word, spot) for spot in spots))


# --------------------------------------------------------------------------- direction

_UP = frozenset(map(stem, word_set("rise increase increased grow gain gained raise raised climb higher")))
_DOWN = frozenset(
    map(stem, word_set("fall drop dropped decrease decreased decline declined lower lowered reduce reduced sink"))
)
_FROM_TO = re.compile(
    r"\bfrom\s+`?(?P<a>\d+(?:\.\d+)?)\s*(?:%|[A-Za-z]{1,8})?`?\s+(?:up |down )?to\s+`?(?P<b>\d+(?:\.\d+)?)", re.I
)


def wrong_direction(sentence: str, blocks: Sequence[Block]) -> str:
    """From A to B as the evidence has it; up where it goes up; risen where the evidence says risen."""
    words = frozenset(content_words(sentence))
    up, down = bool(words & _UP), bool(words & _DOWN)
    if compared(sentence) is not None:
        return "" if compared(sentence) else "its figures compare the other way round"
    for match in _FROM_TO.finditer(sentence):
        a, b = float(match["a"]), float(match["b"])
        if (up and not down and b < a) or (down and not up and b > a):
            return f"from {a:g} to {b:g} goes the other way"
        for block in blocks:
            there = [(float(m["a"]), float(m["b"])) for m in _FROM_TO.finditer(block.text)]
            if (b, a) in there and (a, b) not in there:
                return f"it went from {b:g} to {a:g}"
            first, second = block.arrays.get(a, ()), block.arrays.get(b, ())
            if any(x[0] == y[0] and x[2] == y[2] for x in first for y in second) and not any(
                x[0] == y[0] and x[2] == y[2] and x[1] < y[1] for x in first for y in second
            ):
                return f"{a:g} comes after {b:g}"
    if up == down:
        return ""
    values = set(_figures_in(sentence))
    for block in blocks:
        for piece in _pieces(block.text):
            held = frozenset(content_words(piece))
            there_up, there_down = bool(held & _UP), bool(held & _DOWN)
            near = (values & set(_figures_in(piece))) and len(words & held - _UP - _DOWN) >= 2
            if near and there_up != there_down and there_up != up:
                return "it turns what the evidence says around"
    return ""


def _pieces(text: str) -> list[str]:
    return [part for line in text.splitlines() for part in re.split(r"(?<=[.!?])\s+", line) if part.strip()]


# --------------------------------------------------------------------------- times

_TIMES = (
    (re.compile(r"\b(?:twice|doubl\w+|2\s?x|two ?fold|2 times|two times)\b", re.I), 2.0),
    (re.compile(r"\b(?:thrice|tripl\w+|3\s?x|three ?fold|3 times|three times)\b", re.I), 3.0),
    (re.compile(r"\b(?:halv\w+|half as|half of|by half)\b", re.I), 0.5),
    (re.compile(r"\b(?:quadrupl\w+|4\s?x|four times|4 times)\b", re.I), 4.0),
)


def times_of(text: str) -> set[float]:
    """Factors that a text tells: "doubled", "twice as fast", "three times"."""
    found = {factor for pattern, factor in _TIMES if pattern.search(text)}
    return found | {float(n) for n in re.findall(r"\b(\d+(?:\.\d+)?)\s?(?:times|x)\b", text)}


def wrong_factor(sentence: str, texts: Iterable[str]) -> str:
    """ "Doubled" is held by the same factor of the same thing in the evidence, or by two figures beside it."""
    said = times_of(sentence)
    if not said:
        return ""
    words = frozenset(content_words(sentence)) - _TELLING - _FACTORS
    pieces = [piece for text in texts for piece in _pieces(text)]
    values = [value for value in _figures_in(sentence) if value]
    for factor in said:
        held = [frozenset(content_words(piece)) for piece in pieces if factor in times_of(piece)]
        if any(len(words & there) >= 0.5 * len(words) for there in held):
            continue
        if not any(a != b and abs(a / b - factor) <= 0.05 * factor for a in values for b in values):
            return f"the factor {factor:g} is not in the evidence"
    return ""


_FACTORS = frozenset(
    map(stem, word_set("twice double doubled doubling thrice triple tripled halved halving times time"))
)


def wrong_share(sentence: str) -> str:
    """ "17 of 4" is more than there are."""
    for match in re.finditer(r"\b(\d+) of (?:the |all )?(\d+)\b", spelled_out(sentence)):
        if int(match[1]) > int(match[2]):
            return f"{match[0]} cannot be"
    return ""


_COMPARED = re.compile(
    r"(?P<a>\d+\.\d+).*?\b(?P<way>higher|more|better|above|larger|lower|less|worse|below|smaller)\b"
    r"(?: than)? (?P<rest>.*)",
    re.I,
)


def compared(sentence: str) -> bool | None:
    """Whether "A ... higher than B" is so for its two figures; None when it compares no two figures."""
    match = _COMPARED.search(sentence)
    other = re.search(r"\d+\.\d+", match["rest"]) if match else None
    if match is None or other is None:
        return None
    a, b = float(match["a"]), float(other[0])
    up = match["way"].lower() in ("higher", "more", "better", "above", "larger")
    return a > b if up else a < b


# --------------------------------------------------------------------------- cause

_CAUSE = re.compile(
    r"\b(?:because(?: of)?|due to|owing to|caused? by|thanks to|as a result of|the reason (?:that|why|for|is)|"
    r"(?:is|are|was|were) the reasons? (?:that|why|for)|leads? to|led to|resulted in|results in|so that|therefore)\b"
    r"|,\s+so\b|\bsince\b(?!\s+(?:\d|the\b|last|then|yesterday|monday|tuesday|wednesday|thursday|friday|saturday|sunday|"
    r"january|february|march|april|may|june|july|august|september|october|november|december))",
    re.I,
)
_CAUSE_THERE = re.compile(
    r"\b(?:because|due to|owing to|caused?|causes|thanks to|reason|leads? to|led to|results? (?:in|from)|so|therefore|"
    r"thus|hence|since|as|why|makes?|made|lets?|helps?|by|from|comes?|came|explains?|for|needs?|must|should|if|when|would)\b"
    r"|->|=>|→",
    re.I,
)


def wrong_cause(sentence: str, blocks: Sequence[Block]) -> str:
    """Two things that the evidence does not join as cause and effect are not joined so in an answer."""
    match = _CAUSE.search(sentence)
    if not match:
        return ""
    sides = [frozenset(content_words(part)) for part in (sentence[: match.start()], sentence[match.end() :])]
    if not all(sides):
        return ""  # "Because of that ..."
    for block in blocks:
        pieces = _pieces(block.text)
        for start in range(len(pieces)):
            for size in (1, 2, 3):
                window = " ".join(pieces[start : start + size])
                if _CAUSE_THERE.search(window):
                    held = frozenset(content_words(window))
                    if all(len(side & held) >= 0.5 * len(side) for side in sides):
                        return ""
    return "the evidence does not name this as the cause"


# --------------------------------------------------------------------------- how much, how sure

_STRONG = (
    re.compile(r"\b(?:all|every|each|always|everything|entire|whole)\b", re.I),
    re.compile(r"\b(?:never|none|nobody|nothing|no one|at no)\b", re.I),
    re.compile(r"\b(?:best|highest|most|maximum|top)\b", re.I),
    re.compile(r"\b(?:worst|lowest|least|minimum)\b", re.I),
    re.compile(
        r"\b(?:prov(?:e|es|ed|en)|confirm(?:s|ed)?|guarantee[sd]?|certainly|definitely|clearly|obviously)\b", re.I
    ),
)


def too_strong(sentence: str, texts: Sequence[str]) -> str:
    """ "All", "never", "best", "proved" are said only where the evidence says as much of the same thing."""
    words = frozenset(content_words(sentence))
    for pattern in _STRONG:
        match = pattern.search(sentence)
        if match and not any(
            pattern.search(piece) and len(words & frozenset(content_words(piece))) >= 0.4 * len(words)
            for text in texts
            for piece in _pieces(text)
        ):
            return f"{match[0].lower()!r} is more than the evidence says"
    return ""


# --------------------------------------------------------------------------- negated verbs

_NOT_VERB = re.compile(
    r"(?:\b(?:not|never|cannot)|n['’]t)\s+(?:yet\s+|really\s+|even\s+|been\s+|be\s+|to\s+)*(?P<v>[A-Za-z]+)", re.I
)
_LIGHT = frozenset(stem(w) for w in word_set("yet done sure only seem really now much"))


def _denied(text: str) -> frozenset[str]:
    return frozenset(stem(m["v"]) for m in _NOT_VERB.finditer(text)) - _LIGHT


def wrong_denial(sentence: str, blocks: Sequence[Block]) -> str:
    """What the evidence denies of the same things is not asserted, and the other way round."""
    words, denied = frozenset(content_words(sentence)), _denied(sentence)
    asserted = _all_stems(sentence) - denied
    for block in blocks:
        for piece in _pieces(block.text):
            held, there = frozenset(content_words(piece)), _denied(piece)
            for clause in clauses_of(piece) if there & asserted else ():
                about = frozenset(content_words(clause))
                if _denied(clause) & asserted and len(words & held) >= 2 and len(about & words) >= 0.6 * len(about):
                    return "it turns what the evidence says around"
            if len(words) >= 2 and denied & (held - there) and len(held & words) >= 0.6 * len(words):
                return "it turns what the evidence says around"
    return ""


def clauses_of(piece: str) -> list[str]:
    """A sentence of the evidence in its clauses."""
    return [part for part in re.split(r"[,;:](?=\s)|\b(?:and|but|while|whereas)\b", piece) if part.strip()]


def _all_stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in re.findall(r"[A-Za-z]+", text))


_THAN = re.compile(
    r"\b(?P<how>better|worse|higher|lower|faster|slower|larger|smaller|more|less|cheaper)\b[^.,;]{0,40}?\bthan\s+"
    r"(?:the\s+|a\s+)?`?(?P<what>\w+(?:\.\d+)?)",
    re.I,
)
_COUNTER = {
    one: other
    for pair in ("better worse", "higher lower", "faster slower", "larger smaller", "more less")
    for one, other in (pair.split(), pair.split()[::-1])
}


def wrong_than(sentence: str, blocks: Sequence[Block]) -> str:
    """ "Better than 8 and worse than 32" is not "better than 32"."""
    said = {(m["how"].lower(), m["what"].lower()) for m in _THAN.finditer(sentence)}
    words = frozenset(content_words(sentence))
    for block in blocks if said else ():
        for piece in _pieces(block.text):
            there = {(m["how"].lower(), m["what"].lower()) for m in _THAN.finditer(piece)}
            same = len(words & frozenset(content_words(piece))) >= 1
            if same and any((_COUNTER.get(how), what) in there and (how, what) not in there for how, what in said):
                return "it turns what the evidence says around"
    return ""


_NUMBERED = re.compile(
    r"\b(?P<what>runs?|seeds?|sessions?|temperature|epochs?|layers?|steps?|folds?|experiments?|gpus?|versions?|stages?|"
    r"class(?:es)?|attempts?|chapters?|figures?|tables?|sections?|pages?|lines?|batch|fold)\s+(?:size\s+)?(?P<n>\d+)\b(?!\.\d)",
    re.I,
)


def wrong_number(sentence: str, texts: Sequence[str]) -> str:
    """Run 7 is not run 6."""
    there: dict[str, set[str]] = {}
    for text in texts:
        for match in _NUMBERED.finditer(text):
            there.setdefault(stem(match["what"]), set()).add(match["n"])
    for match in _NUMBERED.finditer(sentence):
        known = there.get(stem(match["what"]), set())
        if known and match["n"] not in known:
            return f"{match[0]} is not in the evidence"
    return ""


def wrong_subject(sentence: str, blocks: Sequence[Block]) -> str:
    """What one sentence of the evidence says of its subject is not said of another thing that the evidence knows."""
    words = [word for word in content_words(sentence) if word not in _TELLING]
    rest = frozenset(words[1:])
    if len(rest) < 2 or not any(words[0] in block.words for block in blocks):
        return ""
    said_of: list[str] = []
    for block in blocks:
        for piece in _pieces(block.text):
            if _ARRAY.search(piece):
                continue
            for clause in clauses_of(piece):
                held = [word for word in content_words(clause) if word not in _TELLING]
                if len(rest & frozenset(held)) < 0.8 * len(rest):
                    continue
                if words[0] in content_words(piece) or held[0] in words:
                    return ""
                said_of.append(held[0])
    return f"the evidence says it of {said_of[0]!r}" if said_of else ""


def denial_held(sentence: str, blocks: Sequence[Block]) -> bool:
    """Whether what the sentence denies is denied of the same things in the evidence."""
    words, denied = frozenset(content_words(sentence)), _denied(sentence)
    held = [(frozenset(content_words(piece)), _denied(piece)) for b in blocks for piece in _pieces(b.text)]
    return bool(denied) and all(
        any(verb in there and len(words & has) >= 0.5 * len(has) for has, there in held) for verb in denied
    )


_DAY_WORDS = frozenset(map(stem, word_set("monday tuesday wednesday thursday friday saturday sunday")))
_HEDGE = re.compile(
    r"\b(?:whether|wonder\w*|ask(?:s|ed)?|maybe|perhaps|might|may|could|would|should|unclear|unsure|suspect\w*|guess|idea|"
    r"hope|suppos\w*|probably|possib\w*|expect\w*|think|thought|plan|try|if|want\w*|will|to check)\b|\?",
    re.I,
)


def only_asked(sentence: str, blocks: Sequence[Block]) -> str:
    """What the evidence asks, "whether dropout helps", is not told as found."""
    words = frozenset(content_words(sentence))
    if not words or _HEDGE.search(sentence):
        return ""
    asking = False
    for block in blocks:
        for piece in _pieces(block.text):
            if len(words & frozenset(content_words(piece))) < 0.8 * len(words):
                continue
            if not (piece.rstrip("*_ ").endswith("?") or re.search(r"\bwhether\b|\bwonder", piece, re.I)):
                return ""
            asking = True
    return "the evidence only asks it" if asking else ""


def wrong_day(sentence: str, blocks: Sequence[Block]) -> str:
    """Where the very sentence of the evidence has a day of its own, that is the day, not its section's."""
    said = read_figures(sentence)
    days: set[object] = {(d.month, d.day) for d in said.dates} | set(said.month_days) | set(said.weekdays)
    if not days:
        return ""
    words = frozenset(content_words(sentence)) - _DAY_WORDS
    for block in blocks:
        for piece in _pieces(block.text):
            there = read_figures(re.sub(r"\[\[[^\]]*\]\]", " ", piece))
            own: set[object] = {(d.month, d.day) for d in there.dates} | set(there.month_days)
            own |= set(there.weekdays) | {d.weekday() for d in there.dates}
            held = frozenset(content_words(piece))
            if own and not own & days and len(held) >= 3 and len(words & held) >= 0.7 * len(words):
                return "the evidence gives another day for it"
    return ""


_ONLY = re.compile(r"(?P<what>[^.\n,;]*)\bonly (?:in|for|with|on|at) (?P<where>[^.\n,;]*)", re.I)


def only_there(sentence: str, blocks: Sequence[Block]) -> str:
    """ "Only in the second session" is not said of the third."""
    here = read_figures(sentence).ordinals
    words = frozenset(content_words(sentence))
    for block in blocks:
        for match in re.finditer(
            r"(?P<what>[^.\n,;]*)\bonly (?:in|for|with|on|at) (?P<where>[^.\n,;]*)", block.text, re.I
        ):
            there = read_figures(match["where"]).ordinals
            what = frozenset(content_words(match["what"]))
            if there and here and not there & here and what and len(words & what) >= 0.6 * len(what):
                return "the evidence says it only of another one"
    return ""
