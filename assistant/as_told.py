"""Reads from which day's point of view a question wants its answer: "as of 3 March", "looking back to the 11th: was it
done by then?", "going by the notes as they stood on 23 July"."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from assistant.timeline import Interval

_NOTES = (
    r"(?:(?:the|my|our|your|these|those|all) )?(?:notes?|vault|log ?books?|logs?|records?|lists?|to-?dos?|state|things)"
)
#: What stands right before the day.
_CUE = re.compile(
    r"(?:^|(?<=[\s,;:(]))(?:"
    rf"(?:(?:if|when) (?:i|we|you) (?:\w+ )?(?:look|looked|go|went|check|checked) (?:back )?(?:at|to|into) )?{_NOTES}"
    r" (?:as|how|like|the way) (?:they|it) (?:stood|were|was|looked|read|are|is)(?: back)?"
    r"|as (?:things|matters|they|it) (?:stood|were|was|looked)(?: back)?"
    rf"|(?:(?:going|judging|judged|to go|as seen) by|according to|from|based on|with|only"
    rf"|using) (?:only )?(?:what (?:was|is|stood) in |what )?"
    rf"{_NOTES}(?: had)?(?: said| say| told| held| knew| showed| stood| recorded| written| contained)?"
    r"(?: as)?(?: up to| until| by)?"
    r"|(?:the )?(?:state|knowledge|status|situation) (?:of (?:affairs|things|play|the notes|knowledge) )?(?:as )?"
    r"|(?:looking|look|thinking|going|think|go) back (?:to|at|on)"
    r"|(?:with|from) (?:what|the knowledge|everything) (?:that )?(?:i|we|was) (?:had |have )?(?:knew|known|had|knowing)"
    r"(?: by)?"
    r"|from (?:the )?(?:point of view|view ?point|perspective|standpoint) of"
    r"|at (?:the )?(?:time|moment) of (?:(?:the|my|our) )?(?:[\w-]+ ){0,4}?"
    r"|(?:pretend(?:ing)?|imagin(?:e|ing)|suppos(?:e|ing)|assum(?:e|ing)) (?:that )?(?:today|it|now)"
    r"(?:'s| is| were| was)(?: still)?"
    r"|(?:had|if) (?:you|i|one) (?:had )?asked (?:me |you )?"
    r"|as (?:known|seen|recorded|noted|written)"
    r"|back(?= (?:on|in|at|$)|$)"
    r")[\s,]*(?:(?:as of|on|of|from|at|up to|until|by|in|was)\s+)?(?:the )?$",
    re.IGNORECASE,
)
#: Cues that may lead to what went on that day as well; a question for how things stood then tells which it is.
_WEAK = re.compile(
    r"(?:looking|look|thinking|going|think|go) back|back|at (?:the )?(?:time|moment)|from|with|only|using",
    re.IGNORECASE,
)
_STANDS = re.compile(
    r"\b(?:had (?:i|we|you)|was|were|stood|stand|state|status|known|done|finished"
    r"|open|best|worst"
    r"|highest|lowest|led|leading|record)\b",
    re.IGNORECASE,
)
_OPENS = re.compile(r"as (?:of|at)\b", re.IGNORECASE)
#: Words elsewhere in the question that look back from the day.
_LOOKS_BACK = re.compile(
    r"[,;]?\s*\b(?:(?:by|up to|until|till) (?:then|that (?:day|date|time|point|moment))|so far(?: by then)?"
    r"|at (?:that|the) (?:time|point|moment|date|stage)|back then|up to that (?:day|point)|on that (?:day|date))\b",
    re.IGNORECASE,
)


def told_as_of(
    text: str, intervals: Sequence[Interval], today: datetime.date
) -> tuple[datetime.date | None, list[tuple[int, int]]]:
    """The day from which the question looks, and the parts of the text that say so.

    Returns: (None, []) where it looks from today, or speaks of several stretches of days.
    """
    for interval in intervals:
        begin, end = interval.span
        last = interval.end
        if last is None or last > today:
            continue
        cue = _CUE.search(text[:begin])
        opened = _OPENS.match(text[begin:end])
        if cue and _WEAK.match(cue.group()) and not (_LOOKS_BACK.search(text) or _STANDS.search(text)):
            cue = None  # "Going back to 3 March: what was launched?"
        back = _LOOKS_BACK.search(text[end:]) if len(intervals) == 1 else None
        point = interval.start is None or interval.start == last
        if opened or (cue and point) or (back and point and not re.match(r"\s*on\b", back.group().lower())):
            spans = [(cue.start() if cue else begin, end)]
            after = re.match(r"\s*[,;:]", text[end:])
            if after:
                spans.append((end, end + after.end()))
            for match in _LOOKS_BACK.finditer(text):
                if match.end() <= spans[0][0] or match.start() >= end:
                    spans.append(match.span())
            return last, spans
    return None, []


_THING = (
    r"(?:rule|default|setting|standard|convention|policy|agreement|plan|value|number|limit|threshold|margin|weight|size"
    r"|length|width|height|depth|strength|amount|temperature|ratio|share|duration|distance|factor|rate"
    r"|protocol|order|split|choice|state|status|idea|setup)"
)
#: How a thing stood: "what margin was in use", "how many clips per word did we replay".
_STOOD = re.compile(
    r"\b(?:was|were|had been)\b.*\b(?:in (?:use|force|place)|valid|current|the state of)\b"
    rf"|\b(?:was|were) (?:still |already )?(?:the|our|my) (?:\w+ ){{0,2}}?{_THING}\b"
    rf"|\b(?:the|our|my) (?:\w+ ){{0,2}}?{_THING} (?:was|were)\b"
    r"|\b(?:how (?:many|much|large|long|high|big|often|strong)|what|which) (?!did\b|do\b|was\b)\w+.*"
    r"\b(?:per|for each|for every|of each|of every)\b.*\bdid (?:we|i|one) (?:still |already |then )?\w+"
    r"|\b(?:how (?:many|much|large|long|high|big|strong)|what|which) (?!did\b|do\b|was\b)\w+.*"
    r"\bdid (?:we|i|one) (?:still |already |then )?(?:use|have|keep|take|apply|store|set|allow|go with|work with|stick"
    r"|rely|count|replay|require)\b"
    r"|\bhow did (?:we|i) (?:still |already |then )?(?:handle|treat|deal with|choose|pick|select|compute|normali[sz]e"
    r"|split|measure|define|store)\b",
    re.IGNORECASE,
)
#: What was done, written or found on a day, and what is asked of runs, stays with that day.
_HAPPENED = re.compile(
    r"\b(?:runs?|ran|experiments?|trainings?|trained|jobs?|results?|acc|accurac\w+|harmonic|hm|unseen|gpus?|server|tasks?"
    r"|to-?dos?|list|notes?|wrote|written|write|thought|think|found|find|happen\w*|problems?|bugs?|wrong|fix\w*|ideas?"
    r"|commands?|why|when|who)\b",
    re.IGNORECASE,
)


def stood_on(
    text: str, intervals: Sequence[Interval], today: datetime.date
) -> tuple[datetime.date | None, list[tuple[int, int]]]:
    """The day of a question for how a thing stood on it, and the part of the text that says so: the rule of that day
    was written on an earlier one. (None, []) for what was done, written or found on a day."""
    if len(intervals) != 1:
        return None, []
    interval = intervals[0]
    begin, end = interval.span
    last = interval.end
    rest = f"{text[:begin]} {text[end:]}"
    if last is None or last >= today or interval.start != last or _HAPPENED.search(rest) or not _STOOD.search(rest):
        return None, []
    after = re.match(r"\s*[,;:]", text[end:])
    return last, [(begin, end), *([(end, end + after.end())] if after else [])]
