"""Whether a sentence is one that the evidence says: its words in their order, from one sentence of the notes.

A sentence is held when it can be made of one sentence of the evidence by a few moves that keep its meaning: a clause
left out where nothing hangs on it, a phrase of place or time moved from the end to the front, active for passive,
"because" for "so", another word of the same sense from a short list. Each other word counts: nothing is added, and no
condition, denial, hedge, limit or plan is left out. Figures of a result stand with the words of its own description.
Text against text; a sentence that says the same in a freer way is refused.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from assistant import claims
from assistant.figures import read_figures, spelled_out
from assistant.stems import WIKILINK, content_words, stem, word_set

# --------------------------------------------------------------------------- words


@dataclass(frozen=True)
class Word:
    """One word or mark of a sentence. key: what is compared. raw: as it stands, in small letters."""

    key: str
    raw: str


_FREE = word_set(
    "the a an this these that those our my its their his her i we you me us is are was were be been being am has have "
    "had do does did get gets got become becomes became there also which"
)
_FREE_PLACES = word_set("of in on at for with during within")
#: May be left out, never added.
_LEFT_OUT = word_set("now here really quite very still yet then already therefore since_time")
#: May be added: a sentence of notes often has no subject.
_ADDED = word_set("it researcher author")
_BE = word_set("is are was were be been being")
#: Stand anywhere in a clause.
_LOOSE = word_set("MAYBE PROBABLY sometimes usually often")
_JOINING = word_set("and but whereas")
_MODAL = word_set("should must will would can could may might not never to MAYBE SHOULD MUST NOT")
_MOVED = word_set(
    "in on at after before since during until when because if with for without once sometimes now MAYBE while by"
)
_BREAKS = word_set(", ; : ( ) -> and but so because while whereas although though otherwise therefore or which instead")
#: What a clause that is left out may not hold, for the rest would say more than the whole.
_HEAVY = word_set(
    "NOT never only except unless if until when MAYBE PROBABLY think believe suspect guess hope seem appear doubt "
    "whether wonder ask say claim wrong bug mistake invalid retract ignore just neither nor hardly without SHOULD MUST "
    "will would can plan want todo idea assume suppose expect not no or however"
)
#: What a first clause may not hold although the second stands on its own feet.
_GOVERNS = word_set(
    "if unless until when MAYBE think believe suspect guess hope whether wonder say said claim doubt assume suppose"
)
_BOUND = word_set(
    "between both difference differ gap ratio sum mean average neither either combination together than from"
)
_SAME = {
    word: names.split()[0]
    for names in (
        "MAYBE maybe perhaps possibly may might could", "PROBABLY probably likely", "SHOULD should ought", "MUST must",
        "NOT not no without cannot", "because since due owing", "about roughly around approximately circa",
        "each every", "fix fixes fixed solve solves solved", "reduce reduces reduced lower lowered lowers decrease "
        "decreases decreased", "raise raised raises increase increased increases", "large big", "larger bigger",
        "start begin begins began", "accuracy acc", "seem seems seemed appear appears appeared", "% percent",
        "take takes took need needs needed", "fall falls fell fallen drop drops dropped", "rise rises rose risen",
        "ms millisecond milliseconds",
        "s sec seconds",
    )
    for word in names.split()
}  # fmt: skip
_PHRASES = (
    (re.compile(r"n['’]t\b"), " not"), (re.compile(r"\bcannot\b"), "can not"),
    (re.compile(r"\b(?:because of|due to|owing to|as a result of)\b"), "because"),
    (re.compile(r"\b(?:have|has|had|need|needs|needed) to\b"), "must"), (re.compile(r"\bgoing to\b"), "will"),
    (re.compile(r"\btwo times\b"), "twice"), (re.compile(r"\bone time\b"), "once"),
    (re.compile(r"\b(seems?|appears?|seemed|appeared) to be\b"), r"\1"),
    (re.compile(r"\bthe (?:researcher|author)\b"), "i"),
    (re.compile(r"\bnot\s+yet\b"), "not"), (re.compile(r", as\b"), ", because"),
    (re.compile(r"=>|→|⇒"), "->"), (re.compile(r"~\s*(?=\d)"), "about "),
    (re.compile(r", (?:and )?(?:so|therefore|thus|hence)\b"), " so"),
)  # fmt: skip
_DAY_TEXT = re.compile(r"\b(?:19|20)\d\d[-/](\d\d)[-/](\d\d)\b")
_NAMED_DAY = re.compile(
    r"\b(?:(?P<d>\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+(?P<m>MONTH)\b\.?|(?P<n>MONTH)\s+(?P<e>\d{1,2})(?:st|nd|rd|th)?\b(?!\.\d|%))"
    r"(?:,?\s+(?:19|20)\d\d\b)?".replace(
        "MONTH", "january|february|march|april|may|june|july|august|september|october|november|december"
    )
)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_SINCE_TIME = re.compile(
    r"\bsince(?=\s+(?:the\s+)?(?:@|\d|last|then|yesterday|monday|tuesday|wednesday|thursday|friday|"
    r"saturday|sunday|january|february|march|april|may|june|july|august|september|october|november|december|session|epoch|run))"
)
_WORDS = re.compile(r"@\d\d-\d\d|\d+:\d\d(?::\d\d)?|\d+(?:\.\d+)?(?:e-?\d+)?|[^\W\d][\w]*(?:'s)?|->|[%,;:()?]", re.I)
_DAY = re.compile(r"@\d\d-\d\d|(?:mon|tues|wednes|thurs|fri|satur|sun)day")
_PAST = word_set(
    "made took ran went gave got became came found kept lost held left put set cut read wrote written beat won broke "
    "broken fell rose grew chose began led sent built thought brought felt met said saw told stood stayed"
)


@lru_cache(maxsize=8192)
def words_of(text: str) -> tuple[Word, ...]:
    """The words and marks of a sentence in forms that compare equal."""
    text = re.sub(r"[*`\"“”]+|^\s*(?:[-*+>]\s+)+", " ", WIKILINK.sub(" ", text)).lower().replace("’", "'")
    text = _DAY_TEXT.sub(r"@\1-\2", text)
    text = _NAMED_DAY.sub(_day_word, text)
    text = _SINCE_TIME.sub("since_time", text)
    for pattern, put in _PHRASES:
        text = pattern.sub(put, text)
    text = re.sub(r"(\d),(\d{3})\b", r"\1\2", spelled_out(text))
    return tuple(_word(match[0]) for match in _WORDS.finditer(text.rstrip(" .!…")))


def _day_word(match: re.Match[str]) -> str:
    month, day = match["m"] or match["n"], match["d"] or match["e"]
    return f"@{_MONTHS.index(month) + 1:02}-{int(day):02}"


def _word(raw: str) -> Word:
    if raw in _SAME:
        return Word(_SAME[raw], raw)
    if re.fullmatch(r"\d+(?:\.\d+)?(?:e-?\d+)?", raw):
        return Word(f"{float(raw):g}", raw)
    if "_" in raw and raw != "since_time":
        return Word("_".join(sorted(raw.strip("_").split("_"))), raw)
    if (
        not raw[0].isalpha()
        or raw == "since_time"
        or raw in _LOOSE
        or raw in _FREE
        or raw in _FREE_PLACES
        or raw in _BREAKS
        or raw in _HEAVY
    ):
        return Word(raw, raw)
    return Word(stem(raw), raw)


def _is_past(raw: str) -> bool:
    return raw.endswith("ed") or raw in _PAST


def _is_clause(words: Sequence[Word]) -> bool:
    """Whether it looks as if it had a verb of its own."""
    return any(
        w.raw in _BE or w.raw in _MODAL or _is_past(w.raw) or w.raw in ("has", "have", "had", "does", "do", "did")
        for w in words
    ) or any(w.raw.endswith("s") and not w.raw.endswith("ss") for w in words[1:])


# --------------------------------------------------------------------------- what a sentence of the evidence says


_PLANNED = re.compile(
    r"^\W*(?:\[ \]|\[>\])|^\W*(?:todo|to do|plan|idea|next|question|hypothesis|guess|wish|ask|maybe|expected|"
    r"open)\b[^:.]{0,20}:",
    re.I,
)
_PLAN_WORDS = word_set("MUST SHOULD will todo plan idea planned open want")
_RETRACTS = re.compile(
    r"^\W*(?:wrong(?=[.,:;!]|$)|no[,.]|not true|actually|retract|correction|ignore (?:this|that|the above)|"
    r"forget (?:this|that)|that was (?:wrong|a bug|false)|"
    r"this (?:is|was) (?:wrong|false|not)|turned out|false[.,:]|invalid)|\[!(?:fail|failure|bug|danger|error)\]",
    re.I,
)


@dataclass(frozen=True)
class Reading:
    """One thing that a sentence of the evidence says. first: whether it begins where the sentence does.

    keys: of all its words. must: of those that another sentence must have too to say the same.
    """

    words: tuple[Word, ...]
    first: bool
    keys: frozenset[str]
    must: frozenset[str]


def says(piece: str) -> Iterator[Reading]:
    """What one sentence of the evidence also says: itself, parts of it, active for passive; of long ones not all."""
    whole = words_of(piece)
    if len(whole) > 2 * _MOST_WORDS:
        return  # A dump of something, no sentence.
    seen: set[tuple[Word, ...]] = set()
    bases = itertools.chain(_voices(whole), itertools.islice(active(whole), _MOST_VOICES))
    for base in bases:
        for part in itertools.islice(_parts(base), _MOST_PARTS):
            if part not in seen:
                seen.add(part)
                loose = frozenset(w.key for w in part if _carries(w))
                yield Reading(part, part[0] is whole[0] or base is not whole, frozenset(w.key for w in part), loose)


def _carries(word: Word) -> bool:
    """Whether a word of the evidence may not be left out."""
    free = word.raw in _FREE or word.raw in _FREE_PLACES or word.raw in _LEFT_OUT or word.raw in _JOINING
    return not free and word.raw not in ",;:()" and not _DAY.fullmatch(word.raw)


#: Bounds for sentences that never end.
_MOST_VOICES, _MOST_PARTS, _MOST_WORDS, _MOST_FORMS = 12, 600, 80, 60


def _voices(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    yield words
    yield from _cause_last(words)
    marks = [i for i, w in enumerate(words) if w.raw == ":"]
    if marks and words[0].key in ("NOT", "never"):  # "Not tried yet: noise"
        yield (*words[marks[0] + 1 :], *words[: marks[0]])


def _cause_last(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """ "A, so B" as "B because A"."""
    for at, word in enumerate(words):
        if word.raw in ("so", "->") and 0 < at < len(words) - 1:
            yield (*words[at + 1 :], Word("because", "because"), *words[:at])


def _parts(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """The whole, and what is left where clauses at its start or end are left out."""
    breaks = [i for i, w in enumerate(words) if w.raw in _BREAKS or w.key == "because"]
    starts = [0, *(i + 1 for i in breaks if _may_go_before(words, i))]
    ends = [len(words), *(i for i in breaks if _may_go_after(words, i))]
    for start in starts:
        for end in ends:
            if end - start >= 2:
                yield words[start:end]
    for at in breaks:  # "A does B and does C" is "A does C" too
        if words[at].raw not in ("and", "but") or at + 2 >= len(words):
            continue
        rest = words[at + 1 :]
        named_again = rest[0].raw in ("it", "they")
        if named_again:
            rest = rest[1:]
        elif rest[0].raw in _FREE - _BE - {"do", "does", "did", "has", "have", "had"}:
            continue
        stops = [
            len(rest),
            *(i - (len(words) - len(rest)) for i in ends if len(words) - len(rest) + 1 < i < len(words)),
        ]
        for cut in range(1, min(at, 8)):
            kept, left = {w.key for w in words[:cut]}, {w.key for w in words[cut:at]}
            if rest[0].raw[0].isdigit() and any(w.raw[0].isdigit() for w in words[:cut]):
                continue  # "0.4 is for the front and 0.6 for the back"
            if words[cut - 1].raw in _BREAKS or kept & (_HEAVY | {"than"}) or (left & _HEAVY and not named_again):
                continue
            for stop in stops:
                yield (*words[:cut], *rest[:stop])


def _may_go_before(words: tuple[Word, ...], at: int) -> bool:
    before = words[:at]
    keys = {w.key for w in before} | {w.raw for w in before}
    if words[at].raw == ":":
        return not keys & _HEAVY
    if words[at].raw in ("(", ")", "or", "which", "though", "although") or not before:
        return False
    if words[at].raw == "," and not _is_clause(before):
        return False
    if before[0].raw in _MOVED or before[0].key in ("if", "MAYBE", "because") or keys & _BOUND:
        return False
    after = words[at + 1 : at + 2]
    own_subject = words[at].raw == "," and after and after[0].raw in ("the", "a", "an", "our", "my", "this")
    own_subject = own_subject or (words[at].raw == "and" and before[-1].raw == ",")
    if own_subject or words[at].raw in (";", "but"):
        return not keys & _GOVERNS
    return _is_clause(before) and not keys & _HEAVY


def _may_go_after(words: tuple[Word, ...], at: int) -> bool:
    after = words[at + 1 :]
    keys = {w.key for w in after} | {w.raw for w in after}
    mark = words[at].raw
    if not after or mark in ("or", "->"):
        return False
    before = words[:at]
    if mark == "and" and before and before[-1].raw == "," and _is_clause(after):
        return after[0].raw not in ("i", "we", "this", "that", "it", "they") and not keys & {"if", "unless", "except"}
    if mark == "and" and not _is_clause(after) and "than" not in keys and not _does_too(before, after):
        return False
    if mark == "," and after[0].raw in _FREE_PLACES | {"without"} and {"it", "they"} & {w.raw for w in after[2:6]}:
        return not keys & _GOVERNS  # "..., with echo it fires twice"
    if after[0].raw in _MOVED and mark not in ("because",) and words[at].key != "because":
        return False
    if words[at].key == "because" or mark in ("so", "therefore", "otherwise"):
        return not keys & {"unless", "except", "wrong", "bug", "mistake"}
    if mark in ("and", "but") and after[0].raw in _BE | {"do", "does", "did", "has", "have", "had"}:
        return True  # "... and does not care about rotation" says nothing of what stands before
    light = {w.key for w in after[:2]} | {w.raw for w in after[:2]}
    if keys & {
        "if",
        "unless",
        "except",
        "until",
        "MAYBE",
        "think",
        "believe",
        "doubt",
        "or",
        "wrong",
        "bug",
        "mistake",
    }:
        return False
    return not light & _HEAVY


def _does_too(before: Sequence[Word], after: Sequence[Word]) -> bool:
    """Whether what stands behind "and" goes on with a verb in the form of the one before: "hears it and costs less"."""
    if {w.key for w in before} & (_BOUND - {"than"}) or len(after) < 2:
        return False
    return any(after[0].raw.endswith(e) and any(w.raw.endswith(e) for w in before[1:]) for e in ("s", "ed"))


def _moved(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """A phrase of place, time or cause at the end moved to the front, and the other way round."""
    yield words
    for at in range(1, len(words)):
        here = words[at]
        if here.raw in _MOVED - {"by"} or here.key in ("because", "since_time", "MAYBE"):
            yield (*words[at:], *words[:at])
    first = words[0]
    if first.raw in _MOVED or first.key in ("because", "since_time"):
        for at in range(2, len(words)):
            yield (*words[at:], *words[:at])


def active(words: tuple[Word, ...]) -> Iterator[tuple[Word, ...]]:
    """A passive sentence with its subject behind the verb: "X was moved by Y" as "Y moved X"."""
    for at in range(1, len(words) - 1):
        if words[at].raw not in _BE:
            continue
        verb = at + 1
        inner: list[Word] = []
        while verb < len(words) and (
            words[verb].raw in _BE or words[verb].key == "NOT" or words[verb].raw in _LEFT_OUT
        ):
            inner += [words[verb]] if words[verb].key == "NOT" else []
            verb += 1
        if verb >= len(words) or not _is_past(words[verb].raw):
            continue
        start = at
        while start > 0 and (words[start - 1].key in _MODAL or words[start - 1].raw in ("has", "have", "had")):
            start -= 1
        helpers = (*words[start:at], *inner)
        subject, tail = words[:start], words[verb + 1 :]
        doing: tuple[Word, ...] = (*helpers, words[verb])
        if tail and tail[0].raw in ("down", "up", "off", "out"):
            doing, tail = (*doing, tail[0]), tail[1:]
        yield (*doing, *subject, *tail)
        for by in (i for i, w in enumerate(tail) if w.raw == "by"):
            for end in range(by + 2, len(tail) + 1):
                yield (*tail[by + 1 : end], *doing, *subject, *tail[:by], *tail[end:])


def same(said: Sequence[Word], held: Sequence[Word], plan: bool = False) -> bool:
    """Whether two rows of words are the same but for words that carry nothing.

    plan: the held one is something to be done, and the sentence may say so.
    """
    if Counter(w.key for w in said if w.key in _LOOSE) != Counter(w.key for w in held if w.key in _LOOSE):
        return False
    one = [w for w in said if w.key not in _LOOSE and w.raw not in _FREE and w.raw not in ",;:()"]
    two = [w for w in held if w.key not in _LOOSE and w.raw not in _FREE and w.raw not in ",;:()"]
    should = plan and any(w.key in _PLAN_WORDS for w in said)
    i = j = 0
    first = True
    while i < len(one) or j < len(two):
        a, b = one[i] if i < len(one) else None, two[j] if j < len(two) else None
        if a and b and (a.key == b.key or a.raw == b.raw):
            if (
                first
                and not should
                and _is_past(a.raw)
                and not _is_past(b.raw)
                and a.raw != b.raw
                and not b.raw.endswith(("s", "ing"))
            ):
                return False  # "Try dropout" is no "tried dropout"
            first = first and a.key == "NOT"
            i, j = i + 1, j + 1
        elif a and (a.raw in _FREE_PLACES or a.raw in _ADDED or (plan and a.key in _PLAN_WORDS)):
            i += 1
        elif b and (b.raw in _FREE_PLACES or b.raw in _LEFT_OUT or _DAY.fullmatch(b.raw)):
            j += 1
        elif a and b and a.raw in _JOINING and i and j:
            i += 1
        elif b and b.raw in _JOINING and j and j + 1 < len(two):
            j += 1
        else:
            return False
    return True


# --------------------------------------------------------------------------- the whole evidence


@dataclass(frozen=True)
class Line:
    """One sentence of the evidence. passage: its number, -1 for the composed answer's. plan: something to be done."""

    text: str
    passage: int
    plan: bool
    keys: frozenset[str]
    near: frozenset[str] = frozenset()
    day: str = ""
    variants: list[Reading] = field(default_factory=list, hash=False, compare=False)

    @property
    def has_day(self) -> bool:
        """Whether it names a day or a time of its own."""
        there = read_figures(self.text)
        return bool(there.dates or there.month_days or there.weekdays or there.relatives or there.months)

    def readings(self) -> list[Reading]:
        """All that it says, made once."""
        if not self.variants:
            self.variants.extend(says(self.text))
        return self.variants


def lines_of(passage: int, text: str, place: str = "", day: str = "") -> list[Line]:
    """The sentences of one passage, without questions and without what the next one takes back.

    Args: place: its title and link in words. day: its ISO day, "" for none.
    """
    pieces = [
        part.strip()
        for paragraph in re.split(r"\n(?=\s*(?:[-*+>\[\d]|$))|(?<=[.!?])\s*\n|\n(?=[A-Z*`])", text)
        for part in re.split(r"(?<=[.!?])\s+", " ".join(paragraph.split()))
        if part.strip()
    ]
    lines = []
    about = frozenset(content_words(place.replace("#", " ")))
    for number, piece in enumerate(pieces):
        after = pieces[number + 1] if number + 1 < len(pieces) else ""
        if piece.rstrip("*_ ").endswith("?") or _RETRACTS.search(after):
            continue
        # What it is about: itself, the sentence before, the first of its section, and the title.
        near = about.union(*(content_words(p) for p in (*pieces[:1], *pieces[max(0, number - 1) : number + 1])))
        planned = bool(_PLANNED.search(piece) or re.match(r"\W*(?:do not|don't|never|must|should)\b", piece, re.I))
        keys = frozenset(w.key for w in words_of(piece))
        lines.append(Line(piece, passage, planned, keys, near, f"@{day[5:]}" if day else ""))
    return lines


def _needed(words: Sequence[Word]) -> set[str]:
    skip = _FREE | _FREE_PLACES | _ADDED
    return {
        w.key
        for w in words
        if w.raw not in skip and w.raw not in ",;:()" and w.raw not in ("and", "so", "->") and w.key not in _PLAN_WORDS
    } - {"because", "MAYBE", "by"}


def holding(sentence: str, lines: Sequence[Line]) -> Line | None:
    """The sentence of the evidence that says this one, if there is one."""
    said = words_of(sentence)
    if not said or said[-1].raw == "?" or len(said) > _MOST_WORDS:
        return None
    days = {w.raw for w in said if w.raw.startswith("@")}
    dated, undated = _forms(said), _forms(tuple(w for w in said if not w.raw.startswith("@")))
    keys = {w.key for w in said} | {"because"}
    planned = bool(keys & (_PLAN_WORDS | {"NOT", "never"}))
    for line in lines:
        # The day of a section holds for its sentences, unless they name one of their own.
        forms = undated if days and days == {line.day} and not line.has_day else dated
        needed = _needed(forms[0])
        if not needed <= line.keys:
            continue
        for reading in line.readings():
            if not (needed <= reading.keys and reading.must <= keys) or (line.plan and reading.first and not planned):
                continue
            if any(same(form, moved, line.plan) for moved in _moved(reading.words) for form in forms):
                return line
    return None


def _forms(words: tuple[Word, ...]) -> list[tuple[Word, ...]]:
    if not words:
        return [words]
    return [words, *_cause_last(words), *itertools.islice(active(words), _MOST_FORMS)]


_SPLIT = re.compile(r"[,;]\s+(?:and|but|while|whereas)\s+|;\s+|\s+(?:and|but|while|whereas)\s+|,\s+")


def not_said(sentence: str, lines: Sequence[Line], blocks: Sequence[claims.Block]) -> tuple[str, tuple[Line, ...]]:
    """Why the evidence does not say a sentence, "" where it does; and the sentences that do."""
    plain = " ".join(WIKILINK.sub(" ", sentence).split())
    line = holding(plain, lines)
    if line is not None:
        return "", (line,)
    if tabled(plain, blocks):
        return "", ()
    for match in _SPLIT.finditer(plain):
        one, other = plain[: match.start()], plain[match.end() :]
        if len(words_of(other)) < 3:
            continue
        first, second = holding(one, lines), holding(other, lines)
        own_subject = re.match(r"(?:the|a|an|this|our|[A-Z]\w+|`|\d+)\b", other)
        same_line = first is second and not re.match(r"\w+(?:ed|s)\b", other)
        if first is not None and second is not None and (own_subject or same_line):
            return "", (first, second)
    return "no sentence of the evidence says it so", ()


# --------------------------------------------------------------------------- figures of results

_TABLE_WORDS = frozenset(
    stem(w)
    for w in word_set(
        "reach reaches reached achieve achieves achieved obtain obtained end ended start started harmonic mean "
        "accuracy overall seen unseen word words session sessions first second third fourth fifth sixth seventh "
        "eighth last final base value figure incremental point points percent it run result results still"
    )
) | {"fall", "rise", "raise", "reduce", "from", "to", "than", "high", "go", "%", "by", "and", "NOT"}
_UPS_AND_DOWNS = re.compile(
    r"\b(?:rose|fell|dropped|increased|decreased|higher|lower|better|worse|more|less|gain|lost)\b", re.I
)


def tabled(sentence: str, blocks: Sequence[claims.Block]) -> bool:
    """Whether a sentence tells figures of a result, with no more than the words of its description and of tables."""
    parts = [
        p for p in re.split(r"[,;]\s+(?:and|but|while|whereas)?\s*|\s+(?:and|while|whereas|but)\s+", sentence) if p
    ]
    figured = [bool(_in_tables(part, blocks)) for part in parts]
    if len(parts) > 1 and all(figured):
        return all(_one_result(part, blocks) or _follows(part, parts[0], blocks) for part in parts)
    return _one_result(sentence, blocks)


def _in_tables(text: str, blocks: Sequence[claims.Block]) -> list[float]:
    return [v for v, _ in claims.measures(text) if (v != int(v) or v >= 10) and any(v in b.arrays for b in blocks)]


def _follows(part: str, first: str, blocks: Sequence[claims.Block]) -> bool:
    """ "... was 80.9 in the first session and 73.8 in the third" is told of one result."""
    words = {w.key for w in words_of(part) if w.raw not in _FREE and w.raw not in _FREE_PLACES}
    if not {w for w in words if not w[0].isdigit()} <= _TABLE_WORDS:
        return False
    return any(all(v in b.arrays for v in (*_in_tables(part, blocks), *_in_tables(first, blocks))) for b in blocks)


def _one_result(sentence: str, blocks: Sequence[claims.Block]) -> bool:
    values = _in_tables(sentence, blocks)
    if not values:
        return False
    if (
        _UPS_AND_DOWNS.search(sentence)
        and claims.compared(sentence) is None
        and not re.search(r"\bfrom\b.*\bto\b", sentence)
    ):
        return False
    shown = {f"{v:g}" for v in values}
    own = [
        w
        for w in words_of(sentence)
        if w.raw not in _FREE
        and w.raw not in _FREE_PLACES
        and w.raw not in ",;:()"
        and w.key not in shown
        and not w.key.startswith("@")
        and (w.key not in _TABLE_WORDS or w.key == "NOT")
    ]
    tables = [b for b in blocks if b.arrays]
    for block in tables:
        if not all(v in block.arrays for v in values):
            continue
        if not own and len(tables) == 1:
            return True
        for line in block.text.splitlines():
            if own and "[" not in line and _in_order(own, words_of(line)):
                return True
    return False


def _in_order(words: Sequence[Word], among: Sequence[Word]) -> bool:
    """Whether the words stand there in this order, with no denial between or behind them left out."""
    at = 0
    for word in among:
        if at < len(words) and (
            word.key == words[at].key
            and (word.key[0].isdigit() or "_" in word.key or word.raw.rstrip("s") == words[at].raw.rstrip("s"))
        ):
            at += 1
        elif word.key in ("NOT", "MAYBE") and 0 < at < len(words):
            return False
    return at == len(words)


_COMMON = frozenset(
    stem(w)
    for w in word_set(
        "happen happened good better worse help helped run runs ran try tried result work worked works change changed "
        "did what why how when was did notes session sessions go went handle last week month day time model set"
    )
)


def beside_the_question(question: str, found: Sequence[Line], lines: Sequence[Line]) -> bool:
    """Whether the sentences that hold an answer share no word with what was asked, while others do."""
    asked = frozenset(content_words(question)) - _COMMON
    asked &= frozenset[str]().union(*(line.near for line in lines))
    return bool(asked and found) and not any(asked & line.near for line in found)
