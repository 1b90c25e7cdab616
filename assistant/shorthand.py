"""Writes out what is typed or said in short: "bs_base 256 w/ temp 8, inc sess 1", "dec todos", "how accurate was it on
the unseen words"."""

from __future__ import annotations

import re

from assistant.vocabulary import Vocabulary

#: Parts of option names as they are typed; each stands only where the vault has no such word of its own.
_PARTS = {
    "bs": "batch_size", "bsz": "batch_size", "wd": "decay", "ep": "epochs", "nep": "epochs",
    "temp": "temperature", "ls": "label_smoothing", "nb": "num",
}  # fmt: skip
_MONTH = {
    "jan": "January", "feb": "February", "mar": "March", "apr": "April", "jun": "June", "jul": "July", "aug": "August",
    "sep": "September", "sept": "September", "oct": "October", "nov": "November", "dec": "December",
}  # fmt: skip
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|last month's|this month's"
)
_LISTED = r"(?:to-?dos?|to dos|tasks?|items?|list|runs?|results?|experiments?|trainings?|notes?)\b"
_FIGURE = r"(?:hm|hms|harmonic|acc\w*|unseen|seen|novel|overall|base)\b"
_CLASSES = r"(?P<kind>unseen|novel|new|seen|old|known|base)\b(?: (?:classes|words|keywords|ones))?"

_SHOULD = r"^what (?:should|do|must|shall|could) (?:i|we) (?:have to |need to )?"

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"\bto[- ]dos\b", "todos"),
        (r"\bto-dos?\b(?= (?:list|note|notes|item|items)\b)", "todo"),
        (r"(?<![\w.'’/-])w\.?o\.?(?=\s+\w)", "without"),
        (r"(?<![\w.'’/-])w(?=\s+[a-z`\d])", "with"),
        (r"\binc\.? (?=sess)", "incremental "),
        (r"\bsess\b\.?", "session"),
        (r"\bdiff\b\.?(?= (?:in|of|between|to|vs|hm|acc|\w+ acc))|(?<=acc )diff\b|(?<=hm )diff\b", "difference"),
        (rf"\b(?:delta|Δ)\b(?= (?:in |of )?{_FIGURE})", "difference of"),
        (
            r"\bto what (?:value )?(?:had|did|have|has|was|were) (?:i|we|you|it) (?:set |put )?(`?\w+`?)(?: set)?",
            r"what \1",
        ),
        (r"\b(?:both (?:days?|ends?) (?:included|inclusive)|both included|inclusive(?:ly)?|incl\.?(?= *[?.!,]|$))", ""),
        (r"(?<=\d) (?:of )?this year\b(?! (?:of|in))", ""),
        (r"(\d.*?),? (?:on )?that (?:same )?(?:day|date)(?= *[?.!,]|$)", r"\1"),
        (
            r"\b(the (?:week|month|fortnight|weekend)) (?:that(?:'s| is| has)? )?(?:just |right |now )?"
            r"(?:behind (?:us|me)|gone(?: by)?|gone past|past(?= *[?.!,]))",
            r"the past \1",
        ),
        (r"\bthe past the\b", "the past"),
        (r"\bpast fortnight\b|\blast fortnight\b", "past two weeks"),
        (
            rf"\bhow (?:accurate|good|well)(?:ly)? (?:was|were|is|did) (?P<who>.*?)"
            rf" (?:on|for|with|at) (?:the )?{_CLASSES}",
            r"what \g<kind> accuracy had \g<who>",
        ),
        (
            rf"\bhow (?:accurate|good)(?:ly)?(?:,| on| for| with| at)? "
            rf"(?:on |for )?(?:the )?{_CLASSES} (?:was|were|is|did|had)",
            r"what \g<kind> accuracy had",
        ),
        (
            rf"\bhow (?:well|accurately|good|often correctly) (?:was|were|are|is|did|do) (?:the )?{_CLASSES}"
            r"(?: get| be)? (?:recogni[sz]ed?|classified|detected|spotted|told apart|handled|come off|do|understood)",
            r"what \g<kind> accuracy",
        ),
        (
            r"\b(?:leav(?:e|ing) (?:out|aside)|exclud(?:e|ing)|ignor(?:e|ing)|skip(?:ping)?|not counting"
            r"|disregard(?:ing)?) "
            r"(?:every|all|any|the|those|each)?(?: of the)?\s*(?:runs?|ones?|experiments?"
            r"|trainings?) (?:that )?(?:had|with|having|have|using"
            r"|used|use)\b",
            "runs without",
        ),
        (r"\bleav(?:e|ing) the ((?:\w+ ){1,2}\w+) (?:away|out|off)\b", r"without \1"),
        (r"\b(?:and |with )?the ((?:\w+ )?\w+) (?:was |being )?(?:left out|left away|taken out)\b", r"without \1"),
        (
            r"\b(?:right )?(?:before|prior to) (?:any|all|the|the first)?\s*(?:incremental sessions?"
            r"|increments?|incremental learning"
            r"|incremental training|new (?:words|classes) (?:were|are) added|anything incremental)(?: (?:had "
            r"|has )?(?:started|begun|began))?\b",
            "in the base session",
        ),
        (r"\b(?:right )?after (?:the )?base (?:training|phase|stage)\b", "in the base session"),
        (
            rf"\b(?:on|in|from|of) (?:the |my |our )?({_MONTHS}) (?:to-?do )?(?:list|page|note|todos?)\b",
            r"among the todos of \1",
        ),
        (r"\b(?:i\.e\.|e\.g\.|i\.e|e\.g)(?=[\s,])", ","),
        (
            r"\b(?:for |on )?(?:my )?list for the day after when i (?:stopped|finished|quit"
            r"|left)(?: (?:working|work))?\b",
            "list for the following day",
        ),
        (
            rf"\bweekend (?:of )?({_MONTHS}|{'|'.join(_MONTH)}) (\d{{1,2}})\s?[/&-]\s?(\d{{1,2}})\b",
            r"weekend of \1 \2 and \3",
        ),
        (rf"{_SHOULD}(?:read|study)(?: next| now)?\s*\??$", "open study tasks"),
        (rf"{_SHOULD}write(?: next| now)?\s*\??$", "open paper tasks"),
        (r"\bin the course of\b", "during"),
        (r"\bnot last (week|month),? but the (?:one|week|month) before(?: it| that)?\b", r"the \1 before last"),
        (r"\b(?:the )?(early|late|later|middle) part of\b", r"\1"),
        (r"\blatter half\b", "second half"),
        (r"\b(?:came|come|coming|comes) to an end\b", "ended"),
        (r"\batm\b", "at the moment"),
        (r"\b(?:up to|until|till|as of) now\b", "so far"),
        (r"\bcalendar (?=week|month|year)", ""),
        (r"\bgoing (\w+ (?:days|weeks|months)) back(?: from (?:today|now))?\b", r"in the last \1"),
        (r"\bwhat(?:'s| is| was) (?:our|my) record\b(?= of all| of any|\s*[?.]|$)", "what is the best"),
        (r"\bhow accurate (?:was|were|is|are)\b", "what accuracy had"),
        (r"\bthe accuracy with which (?:it|they|the model|the run)? ?(?:recogni[sz]ed?)?\b", "the accuracy on"),
    )
)  # fmt: skip


def written_out(text: str, vocabulary: Vocabulary) -> str:
    """A question without the short forms of typing; words that the vault's options or runs know stay as they are."""

    def part(match: re.Match[str]) -> str:
        word = match.group()
        pieces = word.lower().split("_")
        if word.lower() in vocabulary.options or word.lower() in vocabulary.run_words:
            return word
        spelt = "_".join(_PARTS.get(piece, piece) for piece in pieces)
        named = vocabulary.option(spelt) if spelt != word.lower() else ""
        if named in vocabulary.options and (
            len(pieces) > 1 or word.lower() in ("wd", "bsz") or _beside_a_value(text, match.end()) or len(word) > 2
        ):
            return named
        # Two options may share the part ("batch_size_base", "batch_size_new"): the one most runs tell.
        fits = [name for name in vocabulary.options if f"_{spelt}_" in f"_{name}_"] if spelt != word.lower() else []
        if fits and (word.lower() in ("wd", "bsz") or _beside_a_value(text, match.end()) or len(pieces) > 1):
            return max(fits, key=lambda name: sum(vocabulary.options[name].values()))
        return word

    text = re.sub(r"(?<![\w`./\[#-])[A-Za-z]{2,}(?:_[a-z]+)*(?![\w`./#-])", part, text)
    text = re.sub(
        rf"(?<![\w`./-])({'|'.join(_MONTH)})\.?(?= (?:\w+ )?{_LISTED})|(?<=\b(?:of|in) )({'|'.join(_MONTH)})\b(?! \d)",
        lambda match: _MONTH[(match[1] or match[2]).lower()],
        text,
        flags=re.IGNORECASE,
    )
    for pattern, replacement in _FORMS:
        text = pattern.sub(replacement, text)
    return re.sub(r"\s+", " ", text).strip()


def _beside_a_value(text: str, at: int) -> bool:
    return bool(re.match(r"\s*(?:=|of|at|is|was)?\s*\d", text[at:]))
