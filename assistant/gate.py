"""The gate between a language model and the reader: a sentence is shown only when the evidence holds what it says.

Every figure occurs in the evidence or is shown arithmetic over such figures, every link is one of the allowed ones,
every identifier is known, and one sentence of the evidence says it, in its order (`extract`). All of it is text against
text; no model judges.
"""

from __future__ import annotations

import datetime
import itertools
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from assistant import claims, extract, prompts
from assistant.errors import ModelUnavailable
from assistant.figures import (
    ARITHMETIC_WORD,
    Figures,
    counted_things,
    decimals_of,
    read_figures,
    same_value,
    shown_arithmetic,
)
from assistant.llm import Model
from assistant.prompts import Passage, without_instructions
from assistant.stems import STOP, WIKILINK, content_words, stem, word_set
from assistant.terminal import words_only


@dataclass(frozen=True)
class Verdict:
    """What the gate says of one sentence. reason: "" when it passed, else why it was refused."""

    passed: bool
    reason: str = ""


# --------------------------------------------------------------------------- sentences of a stream

_ABBREVIATIONS = word_set(
    "e.g. i.e. etc. vs. cf. fig. eq. sec. no. al. approx. resp. dr. mr. ms. prof. ca. jan. feb. mar. apr. jun. jul. "
    "aug. sep. sept. oct. nov. dec. acc. avg. max. min."
)
_LIST_MARK = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])\s+")
_END = re.compile(r"[.!?…]+[\"'”’)\]*_]*(?=\s)")


class Sentences:
    """Cuts a stream of pieces into complete sentences. A sentence without its end never comes out."""

    def __init__(self) -> None:
        self._text = ""
        self._fence = False

    def feed(self, piece: str) -> list[str]:
        """The sentences that this piece completes, in order."""
        self._text += piece
        done: list[str] = []
        while True:
            cut = self._cut()
            if cut is None:
                return done
            sentence, self._text = self._text[:cut], self._text[cut:]
            done.extend(self._clean(sentence))

    def flush(self) -> list[str]:
        """What is left at the end of the stream, if it is a whole sentence."""
        rest, self._text = self._text.strip(), ""
        if not re.search(r"[.!?…][\"'”’)\]*_`]*$", rest):
            return []
        return self._clean(rest)

    def _cut(self) -> int | None:
        newline = self._text.find("\n")
        for match in _END.finditer(self._text):
            if newline != -1 and match.start() > newline:
                break
            before = self._text[: match.end()]
            if before.count("[[") > before.count("]]") or before.count("`") % 2:
                continue
            word = before.split()[-1].lower().lstrip("(\"'*_")
            if word in _ABBREVIATIONS or re.fullmatch(r"\d{1,2}\.", before.strip()) or re.fullmatch(r"[a-z]\.", word):
                continue
            return match.end()
        return newline + 1 if newline != -1 else None

    def _clean(self, sentence: str) -> list[str]:
        sentence = sentence.strip()
        if sentence.startswith("```"):
            self._fence = not self._fence
            return []
        if self._fence:
            return []  # a block of code is no sentence
        sentence = _LIST_MARK.sub("", sentence).strip()
        sentence = re.sub(r"^#{1,6}\s+", "", sentence)
        return [sentence] if sentence else []


# --------------------------------------------------------------------------- words

_IDENTIFIER = re.compile(
    r"`([^`\n]+)`|(?<![\w/])(-{0,2}[A-Za-z]\w*_\w+)|\b([\w-]+\.(?:py|sh|md|txt|json|toml|yaml|yml|wav|pt|pth|ckpt|ipynb))\b"
)
_MIXED = re.compile(r"(?<![\w.])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w]+(?:-\w+)*(?![\w])")
_RUN_ID = re.compile(r"\b[rno]\d{8}-[a-z2-7]{6}\b")
_MARKDOWN_LINK = re.compile(r"\[[^\]\n]*\]\([^)\n]*\)")
_URL = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]*://|\bwww\.|\bmailto:)[^\s<>\"'`)\]]+|\b[\w-]+\.(?:com|org|net|io|ai|dev|co)\b(?:/\S*)?",
    re.I,
)
_DANGEROUS = re.compile(
    r"\brm\s+-\w*[rf]|\bsudo\b|\bmkfs\b|\bdd\s+if=|:\(\)\s*\{|\b(?:curl|wget)\b[^|\n]*\|\s*\w*sh\b|\bchmod\s+-?[R0-7]{3}|"
    r"\bshutdown\b|\breboot\b|\bkillall\b|\bgit\s+push\s+--force|>\s*/dev/sd|\beval\s*\(|\bos\.system\b|\brmtree\b",
    re.I,
)
_SHELL = re.compile(
    r"(?:^|[\s`(:])(?:\$\s+)?((?:python3?|pip|uv|bash|sh|zsh|ssh|scp|rsync|curl|wget|cat|cp|mv|rm|ls|cd|mkdir|chmod|"
    r"chown|kill|pkill|docker|conda|apt|apt-get|brew|npm|git|tmux|nohup|nvidia-smi|sbatch|srun|make|source|export)\s+(?:-{1,2}\w|\S*[/.]\S|\S*=)[^`\n]*)"
)
_ECHO_START = re.compile(
    r"^(?:sure|certainly|of course|okay|ok|here (?:is|are)|as an ai|i am an ai|i'm an ai|as a language model|i cannot|"
    r"i can't|let me|i will|i'd be|i hope|please|the user|you are|thank)\b",
    re.I,
)
_MARKUP = re.compile(r"^\[[ xX<>/-]?\]|\[![A-Za-z]+\]|^>|^\"{3}|^\(\d+\)")
_META = re.compile(r"\b(?:passages?|excerpts?|quotations?)\b", re.I)
_ANTONYMS = (
    ("better", "worse"), ("higher", "lower"), ("improve", "degrade"), ("increase", "decrease"), ("best", "worst"),
    ("more", "less"), ("faster", "slower"), ("rise", "drop"), ("outperform", "underperform"), ("success", "fail"),
    ("larger", "smaller"), ("good", "bad"), ("right", "wrong"), ("correct", "incorrect"), ("help", "hurt"),
    ("gain", "lose"), ("before", "after"), ("valid", "invalid"), ("stable", "unstable"),
    ("win", "lose"), ("keep", "remove"), ("enable", "disable"), ("on", "off"), ("same", "differ"),
    ("same", "different"), ("fast", "slow"), ("cheap", "expensive"), ("rise", "fall"),
    ("raise", "lower"), ("long", "short"), ("strong", "weak"), ("early", "late"),
)  # fmt: skip
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|cannot|hardly|isn|wasn|aren|weren|doesn|didn|don|won|"
    r"wouldn|couldn|shouldn|hasn|haven|can)\b"
    r"(?:['’]t\b)?|\bn['’]t\b",
    re.I,
)


def _negations(text: str) -> int:
    # "can" alone is no negation; it stands in the pattern for "can't".
    return sum(1 for m in _NEGATION.finditer(text) if m[0].lower() != "can")


def _link_key(link: str) -> str:
    target = link.strip().removeprefix("!").removeprefix("[[").removesuffix("]]").split("|")[0]
    note, _, heading = target.partition("#")
    return f"{note.strip().removesuffix('.md').lower()}#{' '.join(heading.lower().split())}".rstrip("#")


def _identifier_key(name: str) -> str:
    """Options are written in both word orders: loss_lpc is lpc_loss."""
    name = name.strip().lstrip("-").lower()
    return "_".join(sorted(name.split("_"))) if re.fullmatch(r"\w+_\w+", name) else name


# --------------------------------------------------------------------------- the gate


@dataclass(frozen=True)
class _Piece:
    """One line or sentence of a passage, prepared for comparison."""

    text: str
    words: frozenset[str]
    passage: int


@dataclass
class Gate:
    """Judges sentences against evidence.

    Attributes:
        passages: the evidence, best first. Text addressed to a program ("ignore the above ...") is no evidence.
        figures: further figures that may be used, as texts: of the composed answer, of rows.
        links: further links that may be used, with or without brackets.
        question: a sentence that only repeats it is refused, and one from a place that shares no word with it.
    """

    passages: Sequence[Passage]
    figures: Sequence[str] = ()
    links: Iterable[str] = ()
    question: str = ""
    _pieces: list[_Piece] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self._texts = [without_instructions(p.text) for p in self.passages]
        self._by_passage = [
            read_figures(f"{p.title} {p.date} {p.link} \n{text}")
            for p, text in zip(self.passages, self._texts, strict=True)
        ]
        self._extra = read_figures("\n".join(self.figures))
        self._links: dict[str, list[int]] = {_link_key(link): [] for link in self.links}
        for number, passage in enumerate(self.passages):
            if passage.link:
                self._links.setdefault(_link_key(passage.link), []).append(number)
        # A link that stands in a passage's text is evidence too, whatever it points to; it supports no figure.
        for text in self._texts:
            for target in WIKILINK.findall(text):
                self._links.setdefault(_link_key(target), [])
        everything = "\n".join([*self._texts, *self.figures, *(f"{p.link} {p.title}" for p in self.passages)])
        self._all = " ".join(everything.lower().split())
        self._identifiers = {
            _identifier_key(next(filter(None, m.groups()))) for m in _IDENTIFIER.finditer(everything)
        } | {m[0].lower() for m in _MIXED.finditer(everything)}
        for number, text in enumerate(self._texts):
            for line in text.splitlines():
                for part in re.split(r"(?<=[.!?])\s+", line):
                    if part.strip():
                        words = frozenset(content_words(part))
                        self._pieces.append(_Piece(part.strip(), words, number))
        self._blocks = [
            block
            for number, (p, text) in enumerate(zip(self.passages, self._texts, strict=True))
            for block in claims.blocks_of(number, text, f"{p.title} {p.date} {p.link}")
        ]
        self._counted: dict[str, set[float]] = {}
        for text in [*self._texts, *self.figures]:
            for value, things in counted_things(text):
                for thing in _counted_words(things):
                    self._counted.setdefault(stem(thing), set()).add(value)
        self._question_words = frozenset(content_words(self.question))
        self._lines = [
            line
            for number, (p, text) in enumerate(zip(self.passages, self._texts, strict=True))
            for line in extract.lines_of(number, text, f"{p.title} {p.link}", p.date)
        ] + [line for text in self.figures for line in extract.lines_of(-1, text)]

    def check(self, sentence: str) -> Verdict:
        """Whether a sentence may be shown. Says the first reason why not."""
        judges = (
            self._form, self._commands, self._known_links, self._names, self._figures_held, self._claims_held,
            self._turned, self._said, self._sides_kept,
        )  # fmt: skip
        for judge in judges:
            reason = judge(sentence)
            if reason:
                return Verdict(False, reason)
        return Verdict(True)

    def _form(self, sentence: str) -> str:
        words = content_words(sentence)
        if sentence.rstrip("*_ ").endswith("?"):
            return "it asks instead of answering"
        if sentence.rstrip().endswith(":"):
            return "it only announces"
        if _ECHO_START.match(sentence.lstrip("*_\"' ")):
            return "it speaks of itself instead of the notes"
        if sentence.count("|") >= 2 or _MARKUP.search(sentence):
            return "it is markup, not a sentence"
        if _repeats_itself(words):
            return "it repeats itself"
        if without_instructions(sentence) != sentence:
            return "it gives instructions"
        if prompts.is_echo(sentence):
            return "it repeats the prompt"
        if _META.search(sentence) and "passage" not in self._all:
            return "it speaks of the passages instead of what they say"
        if len(set(words)) < 2:
            return "it says nothing that could be checked"
        if set(words) <= self._question_words and not re.search(r"\d", sentence):
            return "it only repeats the question"
        return ""

    def _commands(self, sentence: str) -> str:
        if _DANGEROUS.search(sentence):
            return "it holds a dangerous command"
        for match in _URL.finditer(sentence):
            if match[0].rstrip(".,;:!?").lower() not in self._all:
                return f"the address {match[0].rstrip('.,;:!?')} is not in the evidence"
        for match in _SHELL.finditer(sentence):
            command = " ".join(match[1].lower().split()).rstrip(".,;:!?")
            if command not in self._all:
                return f"the command {match[1].strip()!r} is not in the evidence"
        return ""

    def _known_links(self, sentence: str) -> str:
        for match in WIKILINK.finditer(sentence):
            if _link_key(match[1]) not in self._links:
                return f"the link [[{match[1]}]] is not in the evidence"
        if _MARKDOWN_LINK.search(sentence):
            return "it holds a link that is no wikilink"
        if sentence.count("[[") != sentence.count("]]"):
            return "it holds half a link"
        for match in _RUN_ID.finditer(sentence):
            if match[0] not in self._all:
                return f"the run {match[0]} is not in the evidence"
        return ""

    def _names(self, sentence: str) -> str:
        plain = _RUN_ID.sub(" ", _URL.sub(" ", WIKILINK.sub(" ", sentence)))
        for match in _IDENTIFIER.finditer(plain):
            name = next(filter(None, match.groups()))
            if _identifier_key(name) in self._identifiers or " ".join(name.lower().split()) in self._all:
                continue
            return f"{name!r} is not in the evidence"
        for match in _MIXED.finditer(plain):
            name = match[0].lower()
            if name in self._identifiers or re.fullmatch(
                r"\d+(?:st|nd|rd|th|k|m|e-?\d+|s|x|h|ms|min|db|hz|khz|gb|mb)?", name
            ):
                continue
            if name not in self._all:
                return f"{match[0]!r} is not in the evidence"
        return ""

    def _cited(self, sentence: str) -> list[int]:
        cited: list[int] = []
        for match in WIKILINK.finditer(sentence):
            cited.extend(self._links.get(_link_key(match[1]), []))
        return cited

    def _figures_held(self, sentence: str) -> str:
        plain = _RUN_ID.sub(" ", WIKILINK.sub(" ", sentence))
        said = read_figures(plain)
        cited = self._cited(sentence)
        held = [self._by_passage[n] for n in (cited or range(len(self.passages)))]
        held.append(self._extra)
        dates = frozenset[datetime.date]().union(*(f.dates for f in held))
        for day in said.dates:
            if day not in dates:
                return f"the date {day} is not in the evidence"
        month_days = frozenset[tuple[int, int]]().union(*(f.month_days for f in held)) | {
            (d.month, d.day) for d in dates
        }
        for month, day_number in said.month_days:
            if (month, day_number) not in month_days:
                return f"the date {month}/{day_number} is not in the evidence"
        months = frozenset[tuple[int, int]]().union(*(f.months for f in held))
        months |= {(d.year, d.month) for d in dates} | {(0, d.month) for d in dates} | {(0, m) for _, m in months}
        months |= {(0, m) for m, _ in month_days}
        for year, month in said.months:
            if (year, month) not in months:
                return f"month {month} of {year or 'the year'} is not in the evidence"
        weekdays = frozenset[int]().union(*(f.weekdays for f in held)) | {d.weekday() for d in dates}
        if said.weekdays - weekdays:
            return "the weekday is not in the evidence"
        relatives = frozenset[str]().union(*(f.relatives for f in held)) | read_figures(self.question).relatives
        for words in said.relatives - relatives:
            return f"{words!r} is not in the evidence"
        if said.clocks - frozenset[str]().union(*(f.clocks for f in held)):
            return "the clock time is not in the evidence"
        return self._numbers_held(plain, said, held, {d.year for d in dates})

    def _numbers_held(self, plain: str, said: Figures, held: Sequence[Figures], years: set[int]) -> str:
        numbers = frozenset[float]().union(*(f.numbers | f.percents | f.counts for f in held)) | {
            float(y) for y in years
        }
        fractions = frozenset[float]().union(*(f.percents for f in held))
        ordinals = frozenset[int]().union(*(f.ordinals for f in held))

        def known(value: float, percent: bool) -> bool:
            if any(same_value(value, n) for n in numbers):
                return True
            return (percent and any(same_value(value, 100 * n) for n in numbers if n <= 1)) or (
                not percent and any(same_value(100 * value, n) for n in fractions)
            )

        spoken = [(v, False) for v in said.numbers | said.counts] + [(v, True) for v in said.percents]
        held_values = [value for value, percent in spoken if known(value, percent)]
        for value, percent in spoken:
            if known(value, percent):
                continue
            decimals = decimals_of(value, plain)
            if ARITHMETIC_WORD.search(plain) and shown_arithmetic(value, decimals, held_values):
                continue
            return f"the figure {value:g}{'%' if percent else ''} is not in the evidence"
        for number in said.ordinals - ordinals - claims.sessions_of(plain, self._blocks):
            if not _loose_first(number, plain):
                return f"the ordinal {number} is not in the evidence"
        return self._counts_held(plain, {value for value, _ in spoken if known(value, False)}) or self._settings_held(
            plain
        )

    def _counts_held(self, plain: str, values: set[float]) -> str:
        """A known number is not enough: what is counted as two in the evidence is not five."""
        for value, things in counted_things(plain):
            if value not in values:
                continue  # an ordinal, or shown arithmetic
            stems = [stem(thing) for thing in _counted_words(things)]
            counted = [self._counted[s] for s in stems if s in self._counted]
            bare = rf"(?<![\w.]){value:g}\s*(?:[.;)]|$)"  # "the first stays at 71.": what is counted is left out
            if value >= 10 and any(re.search(bare, text, re.M) for text in self._texts):
                continue
            if counted and not any(value in numbers for numbers in counted):
                return f"{value:g} {' '.join(things)} is not in the evidence"
        return ""

    def _settings_held(self, plain: str) -> str:
        """An option written with a value has that value in the evidence too: "`noise_prob` 0.8"."""
        for match in _SETTING.finditer(plain):
            name, value = _identifier_key(match["quoted"] or match["plain"]), float(match["value"])
            pairs = {
                (_identifier_key(m["quoted"] or m["plain"]), float(m["value"]))
                for text in [*self._texts, *self.figures]
                for m in _SETTING.finditer(text)
            }
            if not any(name == n for n, _ in pairs):
                continue  # written some other way there; the figure itself was found
            if not any(name == n and same_value(value, v) for n, v in pairs):
                return f"{match['quoted'] or match['plain']} {match['value']} is not in the evidence"
        return ""

    def _claims_held(self, sentence: str) -> str:
        """Whose figure, which unit, which way, from which cause: see `claims`."""
        plain = _RUN_ID.sub(" ", WIKILINK.sub(" ", sentence))
        cited = set(self._cited(sentence))
        blocks = [block for block in self._blocks if not cited or block.passage in cited]
        texts = [*(block.text for block in blocks), *self.figures]
        return (
            claims.wrong_share(plain)
            or claims.wrong_unit(plain, blocks)
            or claims.wrong_owner(plain, blocks)
            or claims.wrong_company(plain, blocks)
            or claims.only_asked(plain, blocks)
            or claims.wrong_place(plain, blocks)
            or claims.wrong_direction(plain, blocks)
            or claims.wrong_factor(plain, texts)
            or claims.wrong_denial(plain, blocks)
            or claims.wrong_than(plain, blocks)
            or claims.wrong_number(plain, texts)
            or claims.wrong_subject(plain, blocks)
            or claims.wrong_day(plain, blocks)
            or claims.only_there(plain, blocks)
            or claims.too_strong(plain, texts)
            or claims.wrong_cause(plain, blocks)
        )

    def _sides_kept(self, sentence: str) -> str:
        cited = set(self._cited(sentence))
        blocks = [block for block in self._blocks if not cited or block.passage in cited]
        return claims.wrong_side(WIKILINK.sub(" ", sentence), blocks, _ANTONYM_STEMS)

    def _said(self, sentence: str) -> str:
        """One sentence of the evidence says it, in its own order, and it is about what was asked."""
        cited = set(self._cited(sentence))
        lines = [line for line in self._lines if not cited or line.passage in cited]
        blocks = [block for block in self._blocks if not cited or block.passage in cited]
        reason, found = extract.not_said(sentence, lines, blocks)
        if not reason and extract.beside_the_question(self.question, found, lines):
            return "it is beside the question"
        return reason

    def _turned(self, sentence: str) -> str:
        """Nothing of the evidence says the contrary in nearly the same words."""
        if not self._pieces:
            return "there is no evidence"
        words = frozenset(content_words(sentence))
        cited = set(self._cited(sentence))
        blocks = [block for block in self._blocks if not cited or block.passage in cited]
        denied = claims.denial_held(sentence, blocks)
        pieces = [piece for piece in self._pieces if not cited or piece.passage in cited]
        if not claims.compared(sentence) and any(_contradicts(sentence, words, piece, denied) for piece in pieces):
            return "it turns what the evidence says around"
        # A figure's own passages say with what it came, whatever others say.
        fractions = {n for n in read_figures(sentence).numbers if n != int(n)}
        modifiers = _modifiers([b for b in blocks if b.values & fractions] or blocks)
        for modifier, word in _modified(sentence):
            there = modifiers.get(word, set())
            if _OPPOSITE.get(modifier) in there and modifier not in there:
                return f'it says "{modifier} {word}" where the evidence says "{_OPPOSITE[modifier]}"'
        return ""


def _modifiers(blocks: Sequence[claims.Block]) -> dict[str, set[str]]:
    """Word -> the modifiers it has in the evidence: sharp -> {less}."""
    held: dict[str, set[str]] = {}
    for block in blocks:
        for modifier, word in _modified(block.text):
            held.setdefault(word, set()).add(modifier)
    return held


def _counted_words(things: Sequence[str]) -> list[str]:
    """The words of what is counted, up to the first that counts nothing; "failed" tells what became of it."""
    return [word for word in itertools.takewhile(lambda word: word not in STOP, things) if not word.endswith("ed")]


_OPPOSITE = {
    one: other
    for pair in (("more", "less"), ("higher", "lower"), ("with", "without"), ("better", "worse"), ("too", "not"))
    for one, other in (pair, pair[::-1])
}


def _modified(text: str) -> list[tuple[str, str]]:
    """Each "more sharp", "less noisy", "without noise" of a text: (modifier, stem of the word)."""
    found = re.findall(rf"\b({'|'.join(_OPPOSITE)})\s+`?([A-Za-z]+)", text.lower())
    found += [("without", word) for word in re.findall(r"\bno\s+([a-z]+)", text.lower())]
    found += [("more", word) for word in re.findall(r"\b([a-z]{3,})er\b", text.lower())]  # sharper
    return [(modifier, stem(word)) for modifier, word in found if word not in STOP]


_SETTING = re.compile(
    r"(?:`-{0,2}(?P<quoted>[A-Za-z]\w*)`|`?-{0,2}(?P<plain>[A-Za-z]\w*_\w+)`?)"
    r"\s*(?:=|:|\bof\b|\bto\b|\bis\b|\bwas\b|\bat\b|\bset to\b)?"
    r"\s*`?(?P<value>\d+(?:\.\d+)?(?:[eE]-?\d+)?)\b"
)


def _loose_first(number: int, text: str) -> bool:
    """ "First" and "second" order a text more often than they count; before a counted thing they are figures."""
    if number > 2:
        return False
    return not re.search(
        r"\b(?:first|second|1st|2nd)\s+(?:\w+\s+)?(?:session|epoch|layer|run|experiment|result|week|day)", text, re.I
    )


def _repeats_itself(words: Sequence[str]) -> bool:
    """Small models go round in circles: three content words in a row a second time, or few different ones."""
    threes = [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
    return len(set(threes)) < len(threes) or (len(words) >= 8 and len(set(words)) < 0.6 * len(words))


def _found(words: frozenset[str], among: frozenset[str]) -> set[str]:
    """Those words that are there, typing slips tolerated."""
    found = set(words & among)
    for word in words - found:
        if len(word) < 5:
            continue
        for other in among:
            if (
                abs(len(other) - len(word)) <= 1
                and other[0] == word[0]
                and SequenceMatcher(None, word, other).ratio() >= 0.83
            ):
                found.add(word)
                break
    return found


def _contradicts(sentence: str, words: frozenset[str], piece: _Piece, denial_held: bool) -> bool:
    """Whether a sentence close to a piece of evidence differs from it just in a negation or an antonym.

    denial_held: what the sentence denies is denied by the evidence, whatever other pieces say.
    """
    said, there = set(_tokens(sentence)), set(_tokens(piece.text))
    told = _told(piece.text, words)
    negations = 0 if denial_held else _negations(sentence) - _negations(told)
    if "without" in said and negations:
        negations += len(re.findall(r"\bno\s", told.lower()))  # "no calibration" is "without calibration"
    if negations and len(said & there) >= 0.75 * len((said | there) - _NEGATION_TOKENS):
        return True  # nearly the same words, and one of the two denies them
    if _sides_swapped(sentence, piece.text):
        return True
    neutral, held = words - _POLAR, piece.words - _POLAR
    common = _found(neutral, held)
    if len(common) < 2:
        return False
    turned = sum(
        1 for a, b in _ANTONYM_STEMS if (a in said and b in there and not {b} & said and not {a} & there)
        or (b in said and a in there and not {a} & said and not {b} & there)
    )  # fmt: skip
    ends = sum(
        1 for a, b in _END_STEMS if (a in said and b in there and b not in said and a not in there)
        or (b in said and a in there and a not in said and b not in there)
    )  # fmt: skip
    if ends and len(common) / max(len(neutral), len(held)) >= 0.6:
        return True
    if turned:
        near = len(common) / min(len(neutral), len(held)) >= 0.6
    else:
        near = len(common) >= 3 and len(common) / max(len(neutral), len(held)) >= 0.6
    return near and (turned + negations) % 2 == 1


def _told(piece: str, words: frozenset[str]) -> str:
    """The clauses of a piece of evidence that a sentence with these words is about."""
    clauses = [(clause, frozenset(content_words(clause))) for clause in claims.clauses_of(piece)]
    return " ".join(clause for clause, held in clauses if held and len(held & words) >= 0.5 * len(held))


def _tokens(text: str) -> list[str]:
    return [stem(word) for word in re.findall(r"[A-Za-z']+", text)]


_ASIDE = word_set("the a an this that these those our my its is are was were")


def _sides_swapped(sentence: str, evidence: str) -> bool:
    """Whether both compare with "than", the same two things, the other way round."""
    if " than " not in sentence or " than " not in evidence:
        return False
    (one, other), (left, right) = (text.lower().split(" than ", 1) for text in (sentence, evidence))
    # What is compared with stands right behind "than".
    here, there = _first_words(other), _first_words(right)
    if there and there in _plain_words(one) and there not in _plain_words(other) and here != there:
        return True
    if here and here in _plain_words(left) and here not in _plain_words(right):
        return True
    sides = [frozenset(content_words(part)) for part in (one, other, left, right)]
    ones, others, lefts, rights = sides[0] - sides[1], sides[1] - sides[0], sides[2] - sides[3], sides[3] - sides[2]
    swapped, kept = (ones & rights, others & lefts), (ones & lefts - _POLAR) | (others & rights - _POLAR)
    return all(swapped) and sum(map(len, swapped)) > len(kept)


def _plain_words(text: str) -> str:
    return f" {' '.join(stem(w) for w in re.findall(r'[a-z0-9_]+', text) if w not in _ASIDE)} "


def _first_words(text: str) -> str:
    """The first thing of a text with its count or adjective: "one layer", "transformer"."""
    words = [w for w in re.findall(r"[a-z0-9_]+", text) if w not in _ASIDE]
    taken: list[str] = []
    for word in words[:2]:
        taken.append(stem(word))
        if word not in STOP:
            break
    return f" {' '.join(taken)} " if taken else ""


_NEGATION_TOKENS = frozenset(stem(word) for word in ("not", "no", "never", "without", "don't", "doesn't", "isn't"))
_ANTONYM_STEMS = tuple((stem(a), stem(b)) for a, b in _ANTONYMS)
_POLAR = frozenset(word for pair in _ANTONYM_STEMS for word in pair)
#: Opposites that stand together in every result: they tell sentences apart only where all else is the same.
_END_STEMS = tuple((stem(a), stem(b)) for a, b in (("first", "last"), ("seen", "unseen"), ("start", "end")))


# --------------------------------------------------------------------------- a model's answer through the gate


@dataclass(frozen=True)
class Statistics:
    """What happened to a model's answer.

    sentences: complete ones that the model wrote. passed: of them. first_seconds: until the first passed one, from the
    call on; None when none passed. seconds: in all. refused: (sentence, reason). problem: what went wrong with the
    model, "" when nothing did.
    """

    sentences: int
    passed: int
    first_seconds: float | None
    seconds: float
    refused: tuple[tuple[str, str], ...] = ()
    problem: str = ""

    @property
    def share(self) -> float:
        """Share of sentences that passed, 0 to 1."""
        return self.passed / self.sentences if self.sentences else 0.0


@dataclass(frozen=True)
class Synthesis:
    """The sentences of a model that the gate let through, in order, and how it went."""

    sentences: tuple[str, ...]
    statistics: Statistics


_SAID = "it was said already"

#: An answer is worded in one to three sentences; a few more are shown, then it is enough.
MOST_SENTENCES = 6
#: No tokenizer makes more of a token on the average.
CHARACTERS_A_TOKEN = 16


def synthesise(
    model: Model,
    question: str,
    composed_answer: str,
    passages: Sequence[Passage],
    gate: Gate,
    on_sentence: Callable[[str], None] | None = None,
    *,
    max_tokens: int = 200,
    most_refused: int = 5,
    clock: Callable[[], float] = time.monotonic,
) -> Synthesis:
    """Lets a model word an answer and shows only what passes the gate, sentence by sentence.

    Never raises for a model's failure: the composed answer stands, `statistics.problem` says what happened.

    Args: model: behind the door. question, composed_answer: the answer that stands without a model. passages: evidence,
        best first. gate: over the same evidence. on_sentence: called with each passed sentence at once.
        most_refused: after so many refused sentences in a row the model is stopped; also after MOST_SENTENCES passed
        ones, and when it writes far more than it was asked for.
    """
    started = clock()
    shown: list[str] = []
    refused: list[tuple[str, str]] = []
    first: float | None = None
    said: set[str] = set()
    in_a_row = 0
    problem = ""
    splitter = Sentences()

    def take(sentences: list[str]) -> None:
        nonlocal first, in_a_row
        for sentence in sentences:
            key = " ".join(content_words(sentence)) + repr(sorted(read_figures(sentence).numbers))
            verdict = Verdict(False, _SAID) if key in said else gate.check(sentence)
            said.add(key)
            if not verdict.passed:
                refused.append((sentence, verdict.reason))
                # A model that repeats itself is in a loop, and does not come out of it.
                in_a_row += 2 if verdict.reason == _SAID else 1
                continue
            in_a_row = 0
            if first is None:
                first = clock() - started
            shown.append(sentence)
            if on_sentence:
                on_sentence(sentence)

    try:
        prompt = prompts.answer_prompt(model, question, composed_answer, passages, max_tokens=max_tokens)
        pieces = model.stream(prompt.messages, max_tokens=max_tokens)
        try:
            written = 0
            for piece in pieces:
                written += len(piece)
                if written > CHARACTERS_A_TOKEN * max_tokens:
                    break
                take(splitter.feed(words_only(piece)))
                if in_a_row >= most_refused or len(shown) >= MOST_SENTENCES:
                    break
            else:
                take(splitter.flush())
        finally:
            close = getattr(pieces, "close", None)
            if close:
                close()
    except ModelUnavailable as error:
        problem = str(error)
    total = len(shown) + len(refused)
    statistics = Statistics(total, len(shown), first, clock() - started, tuple(refused), problem)
    return Synthesis(tuple(shown), statistics)
