"""Decides what kind of answer a question wants, from the words it is asked in; the rules stand in order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.asked import Metric, Plan, Side
from assistant.items import STATE_ASKED
from assistant.timeline import Interval
from assistant.vocabulary import (
    DESCRIBED,
    RUN_WORDS,
    SETTING_WORDS,
    Filter,
    FilterReading,
    Vocabulary,
    is_everyday,
    is_soft,
    is_verbal,
    read_filters,
)
from fskws.runs import SESSION_METRICS
from vault_sync.terms import STOP_WORDS, as_number, stem, terms

_NUMBER_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}


def without_spans(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with spans blanked out, so that what is left keeps its places."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def telling_words(timeless: str, reading: FilterReading, vocabulary: Vocabulary) -> dict[str, Any]:
    """The telling words: for prose all of them, for runs those that no filter has used."""
    listed: list[str] = []
    free: list[str] = []
    unknown: list[str] = []
    for match in re.finditer(r"[\w][\w.'’/-]*\w|\w", timeless):
        for term in terms(match.group()):
            word = term.text
            if word in STOP_WORDS or word in listed:
                continue
            everyday = is_everyday(word)
            used = any(start <= match.start() < end for start, end in reading.used)
            # "Carried out", "conducted": a participle that no run is told by selects none.
            idle = is_verbal(word) and word not in vocabulary.run_words and stem(word) not in vocabulary.run_words
            idle = idle and not _WHICH_RUNS.match(timeless, match.end())
            idle = idle or not (_of_runs(word, vocabulary) or term.identifier or _narrows(timeless, match))
            if not used and not everyday and not is_soft(word) and not idle and word not in RUN_WORDS | SETTING_WORDS:
                free.append(word)
            if everyday and not term.identifier:
                continue
            listed.append(word)
            common = everyday or used or is_soft(word) or is_verbal(word) or word in RUN_WORDS or word in SETTING_WORDS
            if not common and not vocabulary.known(word):
                unknown.append(word)
    return {"terms": tuple(listed), "run_terms": tuple(free), "unknown": tuple(unknown)}


#: Words by which the one after them becomes a condition: "with quantisation", "used the Conformer".
_BY_WHICH = re.compile(
    r"\b(?:with|without|using|uses?|used|on|about|under|of|from|via|by|including|having|had|has|have|plus|like|no|against"
    r"|called|named|in|employing|featuring|containing|where|except|excluding|over|for)\s+"
    r"(?:(?:the|a|an|any|some|more|less)\s+)*(?:[\w-]+\s+)?$",
    re.IGNORECASE,
)
#: What is asked for: "what latency did ...", "how high was the real-time factor".
_ASKED_THING = re.compile(
    r"\b(?:what|which|whose|how (?:high|big|large|much|many|long|good|low|small|strong))\s+(?:(?:was|is|were"
    r"|are|'s)\s+)?"
    r"(?:(?:the|my|our|its)\s+)?(?:[\w-]+\s+)?$",
    re.IGNORECASE,
)
#: Before one of these a word tells which: "distilled model", "streaming accuracy".
_TOLD_BY_IT = re.compile(
    r"[\s-]+(?:[\w-]+\s+)?(?:runs?|experiments?|trainings?|jobs?|models?|variants?|versions?|networks?|encoders?|layers?"
    r"|loss(?:es)?|accurac\w+|acc|hms?|means?|rates?|factors?|scores?|settings?|configs?|data|features?|heads?"
    r"|augmentations?|schedules?|optimi[sz]ers?|backbones?|modules?|projects?|ones?|method|classifier)\b",
    re.IGNORECASE,
)


_SENTENCE = re.compile(
    r"\b(?:is|are|was|were|am|be|been|do|does|did|has|have|had|can|could|should|would|will|shall|may|i|we|you|me|my|our|it|that"
    r"|what|which|who|how|why|when|where|if|tell|show|give|list|find|please)\b|n't\b",
    re.IGNORECASE,
)


#: "Quantised runs": right before the noun even a participle tells which.
_WHICH_RUNS = re.compile(
    r"\s+(?:runs?|models?|experiments?|trainings?|networks?|encoders?|variants?|versions?|accurac\w+|acc|hm)\b",
    re.IGNORECASE,
)


def _of_runs(word: str, vocabulary: Vocabulary) -> bool:
    return word in vocabulary.run_words or stem(word) in vocabulary.run_words


def _narrows(text: str, match: re.Match[str]) -> bool:
    """Whether a word that no run is told by stands where it says which runs or what of them is asked for; elsewhere it
    is a verb or an aside ("going backwards from today", "for the statistics")."""
    before, after = text[: match.start()], text[match.end() :]
    if not _SENTENCE.search(text):  # Typed as for a search engine: each word tells.
        return True
    if match.group()[0].isupper() and before.strip() and not re.search(r"[.?!:]\s*$", before):
        return True
    if re.match(r"(?:\s+\w+)?\s*(?:=|\bat\b|\bof\b|\bset to\b)?\s*\d", after):  # "Stochastic depth at 0.1".
        return True
    if re.search(r"[`'\"]$", before) or (
        _TOLD_BY_IT.match(after)
        and not re.match(
            r"\s+(?:a|an|the|my"
            r"|our)\b",
            after,
        )
    ):
        return True
    if _BY_WHICH.search(before):
        return True
    moves = re.match(r"\s+(?:the|an?|my|our|it|its|their|this|up|out|off|i|we|you)\b", after, re.IGNORECASE)
    return bool(_ASKED_THING.search(before)) and not moves


RUNNISH = (
    r"\b(?:runs?|ran|running|experiments?|trainings?|trained|jobs?|trials?|launch(?:ed)?|"
    r"execut\w+|experimented|train(?! (?:loss|acc\w*|sets?|lists?|splits?|data|errors?|clips|files|words)))\b"
)


_RUN_NOUN = (
    r"(?:runs?|experiments?|trainings?|jobs?|trials?|results?|configs?|configurations?|"
    r"settings?|setups?|models?|variants?|commands?)"
)


_REST = r"(?:all|every|any|each|everything|the)(?: of)?(?: the)?(?: (?:other|rest|others|remaining|competition))+\w*"
_BEST = (
    r"\b(?:best|highest|greatest|largest|biggest|top|topmost|maximum|maximal|max|peak|peaked|strongest|longest|winner"
    r"|champion|leader|number one|first place|1st place|high score|unbeaten|unsurpassed|unmatched)\b"
    r"|\brecord (?=(?:final |overall |base |last |unseen |seen )*(?:hm\b|harmonic|acc|result|score|so far))"
    r"|\b(?:my|our|personal|all[- ]time) (?:record|high)\b(?! of)"
    r"|\b(?:leads|led|leading|lead)\b(?! (?:to|us|me|up|the way))|\b(?:won|wins)\b(?! or\b)|\bat best\b"
    r"|\bahead of all\b"
    r"|\b(?:comes?|came|coming|ranks?|ranked|stands?|stood|is|was|finish\w*|ends?|ended|lands?|landed) "
    r"(?:out |in |up |at |on |the )*(?:first|top|highest|ahead)\b(?! (?:session|run|time|incremental"
    r"|experiment|to|with|of the day))"
    r"|\b(?:head|top) of (?:the|my|our|that|an?)\b|\bon top\b(?! of)|\bmost (?:accurate|successful|promising)\b"
    rf"|\b(?:above|ahead of|beats?|beat|better than|higher than|exceeds?|outperform\w*|surpass\w*|over) {_REST}"
    r"|\bhow (?:far up|high(?: up)?) (?:did|does|do|has|have|can|could|was|is)\b.*\b(?:get|gets|got|gotten|go"
    r"|goes|gone|went"
    r"|climb\w*|make it|manage\w*|come|came|so far|ever|at best|been)\b|\bdid (?:the )?best\b|\bdone best\b"
)


_WORST = (
    r"\b(?:worst|lowest|smallest|least|poorest|minimum|min|minimal|weakest|shortest|bottom|last place"
    r"|dead last|loser)\b"
    r"(?! likely)(?! one\b(?=.*\btask))|\bat worst\b|\bbrings? up the rear\b|\bhow (?:low|bad"
    r"|far down) (?:did|does|do|has|have|can"
    r"|was|is)\b.*\b(?:get|gets|got"
    r"|go|goes|went|fall|fell|drop|dropped|sink|come|came|so far|ever|been)\b"
    rf"|\b(?:below|under|behind|worse than|lower than) {_REST}"
    r"|\b(?:comes?|came|ranks?|ranked|finish\w*|ends?|ended|lands?|landed) (?:out |in |up |at |the )*(?:last|lowest)\b"
    r"(?! (?:session|week|month|night|time))|\b(?:did|done) (?:the )?(?:poorest|worst)\b|\btrails? behind\b"
    r"|\bfell behind\b"
)


_TASKS = (
    r"\bstruck (?:out|off|through)\b|^\W*(?:code|ideas?|papers?|study|lab|others|experiments)\s+[^a-z]*:|"
    r"\bwhat(?:'s| is| was| remains)? (?:still )?left (?:from|of|over|in)\b|"
    r"\bstill (?:have|got) (?:\w+ )?open\b|"
    r"\bto[- ]?dos?\b|\bto-do\b|\btasks?\b|\bopen (?:items?|points?|things|ends)\b|"
    r"\bcheck ?list\b|\bbacklog\b|\b(?:still|left|yet) (?:to|have to|need to|want to)\b|"
    r"\bleft to (?:do|try|run)\b|\bunfinished\b|\bnot (?:yet )?(?:done|finished|tried)\b|"
    r"\bhaven'?t (?:i |we )?(?:\w+ )?(?:done|tried|finished|started)|\bhave i not\b|"
    r"\bnever (?:tried|started|finished|begun|touched)\b|"
    r"\bhaven'?t (?:i |we )?(?:\w+ )?(?:begun|touched|got(?:ten)? to)\b|"
    r"\b(?:ongoing|in progress|defer(?:red)?|postponed?|outstanding)\b|\bput off\b|"
    r"\bon (?:my|the) (?:to-?do )?(?:list|plate)\b|\bplan(?:ned|ning)? to\b|\bunticked\b|"
    r"\b(?:what|which|anything)\b.*\bstill (?:open|pending)\b|\bsupposed to do\b|"
    r"\bplanned (?:experiments?|runs?)\b|\b(?:experiments?|runs?) (?:\w+ ){0,2}planned\b|"
    r"\b(?:items?|entries|things|points|anything|something|everything|what|those)\b(?:\W+\w+){0,4}?"
    r"\W+(?:filed )?(?:under|as|in) (?:the )?(?:lab|code|ideas?"
    r"|paper|study|others|experiments)\b(?: (?:section|category|heading|part))?|\b(?:lab|cod(?:e|ing)|ideas?"
    r"|paper|study|programming|writing)"
    r" (?:items?|section|entries|category)\b|\b(?:from|on|in|of) (?:the|my|our)\s+list\b|\b(?:push|mov|shift"
    r"|carr)\w* (?:\S+ ){0,6}(?:back|later"
    r"|forward|over)\b|"
    r"\bmeant to do\b|\bwhat (?:did i|have i|i) (?:cancel|defer|postpone|strike|struck|drop)\w*|\b(?:did"
    r"|have) i (?:planned|plan)\b"
)


#: A state alone, as typed in a search field: "cancelled?", "still open".
_STATE_ALONE = (
    r"^\W*(?:still |all |anything |everything |what'?s |what is |what was |things )*"
    r"(?:open|pending|cancel+ed|dropped|struck(?: out| through)?|remaining|finished"
    r"|done|completed|ticked(?: off)?|undone|closed|half[- ]done)\W*$"
)


_NEXT = (
    r"\bwhat(?: experiment| run)? (?:should|could|can|shall|would|do) (?:i|we|you)\b.*\b(?:next|now)\b|"
    r"\bnext (?:experiments?|runs?|steps?|things?|trials?)\b|"
    r"\bsuggest(?:ions?)?\b.*\b(?:experiment|run|next|try|something)\b|"
    r"^(?:please )?(?:suggest|propose|recommend)\b|\bwhat(?:'s| is| comes)? next\b|"
    r"\bwhat (?:to|should i|should we|could i) (?:run|try|launch|train)\b(?! (?:with|about|on|for))|"
    r"\b(?:give|show|make) (?:me )?(?:\w+ )?suggestions?\b|\bwhat to do next\b|\bwhat do i do (?:now|next)\b"
)


_FIGURES = r"(?:results?|runs?|figures?|numbers?|experiments?|arrays?|outcomes?|scores?)"
_UNSOUND = (
    r"incorrect|not correct|not right|faulty|erroneous|flawed|in error|mistaken|unreliable|invalid|broken"
    r"|bogus|fishy|doubtful|questionable|dubious|untrustworthy|unusable|retracted"
    r"|corrupt(?:ed)?"
    r"|fake|misleading|suspect|suspicious|not (?:to be )?(?:ok|okay|valid|reliable|usable|trust\w*|sound|believed?)"
)
#: Words that judge one result: "is it ok", "is it still valid", "can it be used".
_SOUND = (
    r"correct|valid|right|ok|okay|real|wrong|retracted|taken back|take (?:it )?back|took (?:it )?back"
    r"|withdr[ae]wn?|fine|usable|reliable|trust\w*|believ\w*|legit\w*"
    r"|sound|plausible|affected|a copy|copied|still (?:good|stand\w*|holds?|counts?)|to be used|safe|cited|published|"
    + _UNSOUND
)
_CHECK = (
    rf"^\W*(?:are|is|were|was|have|has|do|did)\b.*\b(?:any|some|there|one)\b.*\b{_FIGURES}\b.*\b(?:wrong|bad|{_UNSOUND})\b|"
    rf"\b{_FIGURES}\b.*\b(?:entered|logged|recorded|written|pasted|noted|put in|typed)\b.*\b(?:twice|double"
    rf"|two times)\b|"
    rf"\b(?:entered|logged|pasted|noted)\b.*\b{_FIGURES}\b.*\b(?:twice|double)\b|\bat odds\b|\bclash(?:es|ing)?\b|"
    r"\b(?:text|words|description|entry|title)\b.*\b(?:something|anything) (?:other|else|different)\b.*\bcommand|"
    r"\bcontradict\w*|\binconsisten\w*|\bdisagree\w*|\bmismatch\w*|\bduplicate[ds]?\b|"
    r"\bcopied\b|\bcopy[- ]?paste\w*|\bsuspicious\b|\boddit\w+|"
    r"\b(?:retract\w*|invalid|untrustworthy|unreliable)\b|\bwrong code\b|"
    r"\b(?:not|n't|cannot|can't|never) (?:be )?(?:trust|rely|use|believ|count on)\w*|\btrust(?:ed|worthy)?\b|"
    r"\b(?:which|what) (?:runs?|experiments?|results?)\b.*\b(?:redo(?:ne)?|rerun|repeated|run again)\b|"
    r"\b(?:should|must|can) ?(?:not|n't) be (?:compared|used|trusted|counted)\b|"
    r"\bresults?\b.*\b(?:is|are|was|were|turned out|marked(?: as)?|later|"
    r"called)\b.*\b(?:wrong|bad|broken|bogus)\b|\bwrong results?\b|\bconflict(?:s|ing)?\b|"
    r"\b(?:do|does|did)(?: not|n't) (?:fit|match|agree)\b|\bbroken links?\b|"
    r"\b(?:same|identical|equal) (?:results?|figures|numbers|arrays|accurac\w+|commands?)\b|"
    r"\b(?:results?|figures|numbers|arrays)\b.*\b(?:identical|the same|equal)\b|"
    r"\b(?:anything|something|what(?:'s| is)) (?:wrong|odd|strange|off|suspicious|fishy) (?:with|in|about) "
    r"(?:my |the |these )?(?:notes?|results?|runs?|records?|vault|figures|numbers|logs?)\b|"
    r"\b(?:run|runs|done|ran|experiments?)\b.*\b(?:twice|two times|more than once|repeated)\b|"
    r"\b(?:runs?|experiments?|anything)\b.*\b(?:marked|called|flagged|declared)\b.*\b(?:wrong|bad|invalid|broken)\b|"
    r"\b(?:words|text|title)\b.*\bcommands?\b.*\b(?:agree|match|fit|correspond)\b|"
    rf"\bcop(?:y|ied|ies)\b.*\b{_FIGURES}\b|\b{_FIGURES}\b.*\b(?:a copy|copies)\b|\bpasted?\b.*\b{_FIGURES}\b|"
    rf"\b{_FIGURES}\b.*\b(?:{_UNSOUND})\b|\b(?:{_UNSOUND}) {_FIGURES}\b|"
    r"\b(?:take|took|taken) (?:\w+ )?back\b|\bwithdr[ae]wn?\b|"
    rf"\b{_FIGURES}\b.*\b(?:throw|discard|ignore|disregard|exclude)\b|"
    r"\bwrong (?:harmonic|hms?|means?|arrays?|figures?|numbers?)\b|"
    r"\bcommands?\b.*\b(?:fits?|match(?:es)?|agrees?|corresponds?|belongs?)\b.*\b(?:descri\w+|words|text|title)\b|"
    r"\bdescription\b.*\b(?:fits?|match(?:es)?|agrees?|corresponds?|belongs?)\b.*\bcommands?\b|"
    rf"\b(?:harmonic means?|hms?|{_FIGURES})\b.*\b(?:can(?:no|'?)t|could(?:n'?t| not)) be (?:right|true|correct)\b|"
    rf"\b(?:harmonic means?|hms?|{_FIGURES})\b.*\b(?:not|n't|never) (?:fit|match|follow|add up)\b|"
    rf"\b{_FIGURES} (?:not to|to not|never to) (?:use|trust|cite|quote|report)\b|"
    r"\b(?:any|some|which) (?:harmonic means?|hms?|results?|figures?|numbers?) (?:\w+ )?(?:off|wrong|odd|bad"
    r"|broken|weird)\b|"
    rf"\b{_FIGURES}\b.*\b(?:thrown? (?:out|away)|left out|dropped|discarded|off limits|not (?:be )?(?:used"
    rf"|cited|reported|shown))\b|"
    r"\b(?:can(?:no|'?)t|must(?: not|n'?t)|should(?: not|n'?t)|may not) (?:i|we|you|one) (?:\w+ )?(?:use"
    r"|trust|cite|report|show"
    r"|publish|rely on)\b|\brecomput\w*\b.*\b(?:harmonic|hm|means?)\b|\b(?:harmonic|hm)\b.*\brecomput"
)


_STATUS = (
    r"\b(?:now|right now|currently|at the moment|at present|just now)\b.*\b(?:gpus?|"
    r"server|machine|run|runs|running|training|busy|free|doing|job|jobs)\b|"
    r"\b(?:gpus?|server|machine|run|runs|running|training|busy|free|doing|"
    r"jobs?)\b.*\b(?:now|right now|currently|at the moment|at present)\b|"
    r"\b(?:is|are) (?:the |my |a |any )?(?:gpus?|server|machine)s? (?:\d )?(?:free|busy|"
    r"idle|available|in use|used|occupied)|"
    r"\bwhat(?:'s| is| are) (?:the |my )?(?:gpus?|server|machine)s? doing|"
    r"\bis (?:anything|something|a run|any run) (?:still )?running\b|"
    r"\bwhat(?:'s| is) (?:still )?running\b|"
    r"\b(?:what|which (?:runs?|jobs?|trainings?|experiments?|ones?)) (?:is|are) still (?:going|on|training|alive)\b|"
    r"\b(?:gpu|server) (?:status|load|utili[sz]ation|usage)\b|"
    r"\bstatus of (?:the |my )?(?:gpus?|server|runs?)|\bstill running\b|\bfree gpus?\b|"
    r"\bgpus? (?:free|busy|idle|available)\b|"
    r"^\W*(?:status|gpu|gpus|server)(?: status)?(?: please)?\W*$"
)


_EFFECT = (
    r"\b(?:effects?|impact|influence[ds]?|affect(?:s|ed)?|matter(?:s|ed)?|helps?|helped|helping|hurting|"
    r"helpful|hurts?|harm(?:s|ed)?|improv\w+|worth|useful|benefit\w*|gain(?:s|ed)?|"
    r"make (?:it|things|any|a) (?:better|worse|difference)|make .*difference|pay off|"
    r"degrade[sd]?|increase[sd]?|decrease[sd]?|raise[sd]?|lower(?:s|ed)|good for|bad for|"
    r"work better|change[sd]? the (?:result|accuracy|harmonic|performance))\b|"
    r"\bwhat happen(?:s|ed)\b.*\b(?:if|when|with|without)\b|\bbetter with(?:out)?\b|"
    r"\bworse with(?:out)?\b|\bwith (?:or|and|than|vs\.?|versus) without\b|"
    r"\bdo(?:es)? .* do (?:to|for)\b|\bcontribut\w+|\bdifference\b.*\bmakes?\b|"
    r"\b(?:higher|lower|larger|smaller|bigger|more|less|fewer|longer)\b.*\b(?:better|worse)\b|"
    r"\b(?:brings?|brought)\b|\bworth\b|\bany (?:good|use|gain|point|difference|better|effect)\b|"
    r"\bwhat happen(?:s|ed)\b.*\bwith\b|\bor (?:not|no)\s*\?*\s*$|\byes or no\b|\bwith or without\b|"
    r"\bdo(?:es)? (?:a |an |the |more |less )?.*\bdo(?: anything| something| much)?\s*\?*\s*$|"
    r"\bmake[s]? sense\b|\bdo(?:es)? (?:it|.*) do any|\b(?:should|shall) (?:i|we) (?:keep|drop|use|leave|remove)\b|"
    r"\bpays?(?: off)?\b|\brole of\b|"
    r"\b(?:go|goes|went|gets?|got|becomes?|became) (?:up|down|higher|lower|better|worse|bigger|smaller)\b|"
    r"\b(?:rises?|rose|drops?|dropped|falls?|fell|grows?|grew|climbs?|sinks?|suffers?)\b.*\b(?:with|when|if"
    r"|under|due)\b|"
    r"\b(?:changes?|alters?|shifts?)\b.*\b(?:results?|accurac\w+|means?|hm|figures|numbers|performance)\b|"
    r"\btoo (?:high|low|large|small|big|long|short|much|few|little)\b|"
    r"\b(?:made |makes )?what difference\b|\b(?:instead of|rather than) \d|\bdoes what\b|\bany help\b"
    r"|\b(?:leave|leaving|keep|keeping|with"
    r"|holding) (?:all|everything"
    r"|the rest)(?: else)? (?:alone|else|equal"
    r"|fixed|constant|the same|as (?:it )?is|unchanged)\b"
    r"|\bby how much\b.*\b(?:move|change|shift|differ|improve|rise|fall|drop|increase|decrease)\w*\b|\b(?:won"
    r"|gained) or lost\b|\blost or (?:won|gained)\b|\b(?:profits?|profited|suffers?|gains?"
    r"|loses?) (?:from|by|through)\b"
    r"|\b(?:else|otherwise) (?:equal|the same|identical|unchanged)\b|\b(?:equal|identical|same|unchanged) otherwise\b"
    r"|\bcounterpart\b|\b(?:switch\w*|turn\w*) (?:it |this )?on\b|\bwhat do (?:i|we|you) (?:get|gain|win|lose)\b"
    r"|\bhow (?:do|does|did) .{0,60}\b(?:change[ds]?|move[ds]?|differ(?:ed)?) (?:when|with|from|by|if|after|going)\b"
    r"|\bhow (?:do|does|did) (?:the )?(?:numbers|figures|results?|accurac\w+|hm|harmonic means?"
    r"|\w+ accuracy) (?:move|change"
    r"|react|respond|shift)\b|\bhow much (?:is|was|do|does|did)\b.*\b(?:gain\w*|win|won|lose|lost|bring|buy"
    r"|cost|add)\b|"
    r"\bdid (?:\w+ ){0,2}(?:lower|rais|increas|decreas|reduc|doubl|halv|chang|add|remov|switch)\w*\b.*\bdo\b|"
    r"\badd(?:s|ing)? (?:any|much|something)|\bgood idea\b|\bpoint (?:of|in)\b|\bdifference (?:of|by|from|with|due)\b"
)


_COMPARE = (
    r"\bprefer\b.*\b(?:over|to)\b|\brather than\b|\bcompar(?:e|es|ed|ing|ison)\b|\bcontrast(?:s|ed|ing)?\b"
    r"|\bversus\b|\bvs\b\.?|\bdifferences?\b.*\bbetween\b|"
    r"\b(?:better|worse|higher|lower)\b.*\bthan\b|\benough or\b|\bgap between\b|"
    r"\bbetter (?:than|or)\b|\bworse (?:than|or)\b|\bbeats?\b|\boutperform\w*|\bagainst\b|"
    r"\bwhich (?:one )?(?:is|was|works?|worked|performs?|performed|did) (?:better|worse)\b|"
    r"\bor\b.*\bbetter\b|\bbetter\b.*\bor\b|\bside by side\b|\bhigher .*than\b|"
    r"\blower .*than\b|\bdiffer(?:s|ed)? from\b"
)


_DEBUG = (
    r"\b(?:fix|fixed|fixing|solve|solved|debug\w*|cause[ds]?|root cause|bug|resolve[ds]?|"
    r"workaround|reason for|culprit|traced?|got rid|get rid|cure[ds]?)\b"
)


SAY = (
    r"\b(?:think|thought|write|wrote|written|note|noted|say|said|idea|ideas|conclude[ds]?|"
    r"conclusion|decide[ds]?|learn(?:ed|t)?|notice[ds]?|plan(?:ned)?|mention(?:ed)?|"
    r"observe[ds]?|remark|opinion|believe[ds]?|wonder(?:ed)?|want(?:ed)?|consider(?:ed)?|"
    r"realis\w+|realiz\w+|read|hear|heard|explain|mean|means|meant|understand)\b"
)


_WROTE = (
    r"\b(?:did|do|have|had) (?:i|we|you) (?:\w+ )?(?:write|say|note|think|conclude|decide|learn|mention"
    r"|remark|thought|written"
    r"|said|noted|decided|concluded|learned|learnt)\b|\b(?:remarks?|comments?|opinions?|ideas?|conclusions?|thoughts?)\b"
)


@dataclass(frozen=True)
class _Asked:
    """A question while its kind is decided. text: lower case, words of time blanked out."""

    plan: Plan
    text: str
    reading: FilterReading
    vocabulary: Vocabulary

    def has(self, pattern: str) -> bool:
        return bool(re.search(pattern, self.text))

    @property
    def strong(self) -> bool:
        """Whether it names settings beyond doubt."""
        return any(one not in self.reading.weak for one in self.plan.filters)

    @property
    def runnish(self) -> bool:
        return self.has(RUNNISH)

    @property
    def on_machine(self) -> bool:
        return self.has(r"\b(?:gpus?|server|cluster|(?:graphics )?cards?)\b")

    @property
    def past(self) -> bool:
        """Whether it is about days gone by, not about this moment."""
        return bool(self.plan.intervals) and not self.has(r"\b(?:now|right now|currently|at the moment)\b")

    @property
    def told(self) -> bool:
        """Whether it describes runs by values of their settings."""
        named = self.plan.ids or self.plan.titled
        return bool(named) or any(one.op == "=" and one not in self.reading.weak for one in self.plan.filters)

    @property
    def says(self) -> bool:
        """Whether it asks what was thought or written; "harmonic mean" is no thought."""
        if self.told:  # "Read me the accuracy of the GRU with noise 0.4": only plain words of writing count.
            return self.has(_WROTE)
        return bool(re.search(SAY, re.sub(r"\bh\w* means?\b", " ", self.text)))

    @property
    def debugging(self) -> bool:
        """Whether a fault or its remedy is asked for; "the rerun with the fixed code" is a run."""
        return bool(
            re.search(_DEBUG, re.sub(r"\b(?:with|after|using|on) (?:the )?(?:bug ?)?fix(?:ed)?\b", " ", self.text))
        )

    @property
    def prosaic(self) -> bool:
        return self.plan.aspect in ("why", "how", "who", "where") or self.says

    @property
    def words(self) -> list[str]:
        """Telling words that are not about runs in general."""
        return list(self.plan.subjects)


_OF_RUNS = ("runs", "best", "count", "value", "compare", "effect", "check", "tried")


def with_kind(plan: Plan, asked: str, reading: FilterReading, vocabulary: Vocabulary) -> Plan:
    """Decides what kind of answer is wanted; the rules stand from the most to the least telling words."""
    question = _Asked(plan, asked, reading, vocabulary)
    told = plan.aspect == "who"
    for rule in (
        _as_fate,
        _as_average,
        _as_changes,
        _as_course,
        _as_status,
        _as_item,
        _as_next,
        _as_command,
        _as_symptom,
        _as_check,
        _as_tasks,
        _as_unlogged,
        _as_held_against,
        _as_count,
        _as_comparison,
        _as_how_it_went,
        _as_first_of_a_series,
        _as_told_of_a_figure,
        _as_value_of_option,
        _as_best,
        _as_hit,
        _as_effect,
        _as_asked_of_a_run,
        _as_figure,
        _as_tried,
        _as_first_or_last,
        _as_prose,
        _as_day,
        _as_runs,
    ):
        found = rule(question)
        if found is not None and _of_no_run(question, found):
            told = True
            continue
        if found is not None:
            if found.kind in _OF_RUNS and found.unknown:
                # Only a word that stands as a condition decides; the others ask.
                telling = tuple(word for word in found.unknown if word in found.run_terms or word not in plan.unknown)
                found = replace(found, unknown=telling)
            # Words of runs in general ("gpu", "result") are met by any section: they carry no answer in prose.
            # A figure or setting that no run has is not to be found in sentences about other settings either.
            exact = any(one.op not in ("on", "off") for one in found.filters) and found.kind != "tried"
            figures = found.kind in ("value", "best", "count") and (exact or found.metric is not None)
            prose = bool(question.words) and not (figures or (exact and found.kind in ("runs", "effect", "compare")))
            kept = tuple(kind for kind in found.alternatives if kind != "prose" or prose)
            return replace(found, alternatives=kept)
    if plan.intervals and not plan.terms:
        return replace(plan, kind="day")
    if not plan.terms:
        return replace(plan, kind="unknown")
    return replace(plan, alternatives=("runs",) if question.runnish and question.strong and not told else ())


#: What is done with a word, a plot or a recording, and not with a run.
_OTHER_DEED = (
    r"\b(?:did|do|have|had|has|was|were) .*\b(?:measured?|comput(?:e|ed)|plot(?:ted)?|drawn?|drew|invert(?:ed)?"
    r"|record(?:ed)?"
    r"|label(?:l?ed)?|annotated?|listen(?:ed)?|convert(?:ed)?|visuali[sz]ed?)\b"
)


def _of_no_run(asked: _Asked, found: Plan) -> bool:
    """Whether a question that was read as one about runs asks for what no run tells: who did something, which GPU
    something was measured on, the epoch at which something happened, which chapter is finished."""
    if found.kind not in ("runs", "value", "count"):
        return False
    if found.aspect == "who" and asked.has(
        r"\bwho (?:asked|asks|told|tells|wants|wanted|suggested|proposed|said|had|has)\b"
    ):
        return True
    if (found.kind == "value" and found.option) or found.kind == "runs":
        moment = asked.has(r"\b(?:at|in|by|on) (?:which|what) (?:epoch|iteration|step) (?:did|does|do|was|is|will)\b")
        deed = found.kind == "runs" or not asked.told
        elsewhere = asked.has(r"\bon (?:which|what) (?:gpu|card|machine|server|host|device)\b") and asked.has(
            _OTHER_DEED
        )
        if (moment or (deed and elsewhere)) and not asked.has(r"\b(?:runs?|experiments?|trainings?|results?)\b"):
            return True
    if found.kind == "runs" and found.statuses and not (found.filters or found.bounds or found.titled or found.ids):
        stopped = asked.has(r"\bwhat (?:has |had )?(?:stopped|killed|crashed|broke|finished) (?:the|my|our|all)\b")
        part = asked.has(
            r"\b(?:which|what) (?:chapter|section|figure|table|page|word|keyword|file|clip|speaker|item|bug)s?\b"
        )
        return (stopped or part) and not asked.has(rf"\b{_RUN_NOUN}\b")
    return False


def _as_fate(asked: _Asked) -> Plan | None:
    """ "Adapters of rank 6: did it go through?", "why has the protocol with 3 shots no final result?": what became of a
    run that is told by its settings or its description."""
    plan = asked.plan
    fate = (
        r"\b(?:go|goes|went|gone|come|came) through\b|\bhow did .*\b(?:end|end up|go|turn out|work out)\W*$"
        r"|\bdead or alive\b|\balive or dead\b"
        r"|\bwhat (?:has )?(?:became|become"
        r"|happened)\b|\b(?:no|without|lacks?|missing) (?:an? |any |its )?(?:final |proper |real )?(?:result"
        r"|number|arrays?)"
        r"|\bhow (?:did|has|does) .*\bend(?:ed)?(?: up)?\W*$"
        r"|\b(?:survive[ds]?|make it|made it|get through|got through|finish\w*|complet\w+|crash\w*|die[ds]?|fail(?:ed)?"
        r"|still running|running|break off|broke off|abort\w*|run out|ran out)\b|\bdone(?: yet| already| by now)?\W*$"
    )
    single = plan.titled or (
        asked.told and not asked.has(r"\b(?:runs|experiments|jobs|trainings|which|how many|list)\b")
    )
    ranked = asked.has(_BEST) or asked.has(_WORST) or asked.has(_EFFECT) or asked.has(_COMPARE)
    if not single or not asked.has(fate) or ranked:
        return None
    if (plan.metric is not None and plan.metric.said and plan.metric.name != "duration") or _asked_bare(asked):
        return None
    asks = plan.yes_no or plan.aspect == "why" or asked.has(r"\b(?:did|has|have|is|was|what|why|through|or dead)\b")
    if not asks:
        return None
    aspect = (
        "yes/no"
        if asked.has(
            r"\b(?:did|has|have|is|was)\b.*\b(?:finish|complet|still|running"
            r"|done)"
        )
        else "what"
    )
    return replace(plan, kind="runs", aspect=aspect, statuses=(), run_terms=(), unknown=(), alternatives=("prose",))


def _as_average(asked: _Asked) -> Plan | None:
    """ "Average harmonic mean of the GRU runs", "what is the mean unseen accuracy in July?" """
    plan = asked.plan
    text = re.sub(r"\bharmonic[ _-]?means?\b", " ", asked.text)
    of_figure = (
        r"\b(?:average|mean|median)(?: \w+){0,3} (?:acc\w*|hms?|harmonic|unseen|seen|novel|overall|figure|duration)\b"
    )
    whole = rf"{of_figure}|\b(?:on|in) average\b|^\W*(?:the )?(?:average|mean|median)\b|\b(?:average|mean|median) of\b"
    if (
        not re.search(whole, text)
        or asked.has(_BEST)
        or asked.has(_WORST)
        or plan.metric is None
        or plan.aspect in ("why", "how")
    ):
        return None
    if re.search(r"\b(?:what|which) (?:do|does|did)\b.*\bmean\b|\bmean by\b", text) or asked.has(_COMPARE):
        return None
    terms = tuple(word for word in plan.run_terms if word not in ("average", "mean", "median"))
    return replace(plan, kind="value", order="average", run_terms=terms, alternatives=())


def _as_course(asked: _Asked) -> Plan | None:
    """ "How did the unseen accuracy develop in July?" lists the figure run by run."""
    plan = asked.plan
    course = (
        r"\b(?:develop(?:ed)?|evolv\w+|trend|over time|progress(?:ed)?|history of|course of"
        r"|over the (?:runs|weeks|days))\b"
    )
    if plan.metric is None or not plan.metric.said or not asked.has(course) or asked.says:
        return None
    idle = ("trend", "develop", "developed", "history", "course", "progress", "time")
    terms = tuple(word for word in plan.run_terms if word not in idle)
    unknown = tuple(word for word in plan.unknown if word not in idle)
    return replace(plan, kind="value", order="course", run_terms=terms, unknown=unknown, alternatives=())


def _as_changes(asked: _Asked) -> Plan | None:
    """ "Which option changed between July 26 and July 28?" lists the runs with what each changed."""
    option = r"(?:options?|settings?|parameters?|flags?|hyper ?parameters?)"
    told = rf"\b(?:which|what) {option}\b.*\b(?:chang|differ|var)\w*"
    verb = r"\bwhat (?:changed|differs|is different|did i change)\b"
    against = rf"{verb}.*\b(?:previous|last|latest|before)\b.*\b(?:run|one)\b"
    if asked.has(against) and not asked.plan.filters:
        return replace(asked.plan, kind="runs", order="last", limit=2, alternatives=())
    mine = asked.has(r"\bwhat (?:did i change|was changed|changed|had i changed|is new|was new|was different)\b")
    one_day = len(asked.plan.intervals) == 1 and asked.plan.intervals[0].start == asked.plan.intervals[0].end
    if mine and one_day and not asked.words:
        return replace(asked.plan, kind="runs", alternatives=("day",))
    if not asked.has(told) or not (asked.plan.intervals or asked.runnish or _first_or_last(asked.text)):
        return None
    order = _first_or_last(asked.text)
    limit = (_limit(asked.text) or 1) if order else 0
    return replace(asked.plan, kind="runs", order=order, limit=limit, alternatives=("prose",))


def _as_status(asked: _Asked) -> Plan | None:
    plan = asked.plan
    pending = (
        rf"\b{_RUN_NOUN}\b.*(?:\bnot|n't|\byet|\bstill)\b.*\b(?:come back|came back|returned|back|finished|done"
        rf"|ended|in|out|reported)\b"
        r"|\b(?:pending|unfinished|outstanding) (?:runs?|jobs?|trainings?|experiments?)\b"
    )
    by_notes = asked.has(
        r"\b(?:going by|according to|judging by|from|in|by) (?:the |my |our |your )?(?:notes?|log|vault|records?)\b"
    )
    waiting = asked.has(pending) and asked.has(r"\b(?:is|are|which|what|any)\b") and not asked.past
    # "Best accuracy among the runs that are still valid, wrong ones left out": a ranking.
    ranked = asked.has(_BEST) or asked.has(_WORST)
    waiting = waiting and not (ranked and plan.metric is not None and plan.metric.said)
    going = asked.has(_STATUS) or asked.has(
        r"\b(?:gpus?|server|cards?)\b.*\b(?:busy|doing|working|running|at present)\b"
    )
    if waiting or (by_notes and going and not asked.past):
        # What the notes tell of runs that have neither ended nor given a result.
        others = ("prose",) if plan.filters else ("status", "prose")  # Another run that goes on is no answer.
        return replace(plan, kind="runs", statuses=("going on",), run_terms=(), unknown=(), alternatives=others)
    if not asked.has(_STATUS) or asked.past or plan.aspect in ("why", "how"):
        return None
    if asked.words and asked.has(r"\bstatus of\b"):  # "The status of the server account" is no fact of the machine.
        return None
    return replace(plan, kind="status", alternatives=("prose",) if asked.words else ())


_NEXT_IDLE = frozenset(
    ("thing", "step", "experiment", "idea", "plan", "work", "option", "train", "gpu", "server", "suggestion", "project")
)


def _as_next(asked: _Asked) -> Plan | None:
    coming = (
        asked.has(
            r"\bwhat (?:should|shall|could|can) (?:i|we) (?:do|run|work on|try"
            r"|start)\b"
        )
        and not asked.words
    )
    if coming and asked.plan.intervals and not asked.has(r"\b(?:have|be)\b"):
        return replace(
            asked.plan, kind="next", limit=_limit(asked.text), intervals=(), alternatives=("tasks",), states=" -"
        )
    if (
        not asked.has(_NEXT)
        or asked.has(r"\b(?:in place of|instead of)\b")  # What was put in the place of something stands in the notes.
        or asked.past
        or asked.plan.aspect == "why"
        or asked.has(
            r"\bnext (?:session|layer"
            r"|word)"
        )
    ):
        return None
    thing = (
        r"\bnext (?:for|with|about|against|on) (?!(?:the |my )?(?:gpus?|server|runs?|tomorrow|today|tonight|week)\b)\w"
    )
    about = [word for word in asked.words if word not in _NEXT_IDLE]
    of_runs = asked.has(rf"\b(?:{_RUN_NOUN}|train|launch)\b")
    if (asked.plan.filters and not of_runs) or (
        not asked.plan.filters and (asked.has(thing) or (about and not asked.has(RUNNISH)))
    ):
        # "What do I build next for the demo": the notes may say; suggestions of runs come after.
        return replace(asked.plan, kind="prose", limit=_limit(asked.text), alternatives=("next", "tasks"))
    return replace(asked.plan, kind="next", limit=_limit(asked.text), alternatives=("tasks",))


#: Asks whether one result may be used, or whether its figures fit together.
_WEIGHED = (
    rf"\b{_FIGURES} (?:is |are |was )?(?:ok|okay|fine|good|valid|sound|right) or not\b|\b(?:any|a) (?:problem"
    rf"|issue|trouble|doubt)s? (?:with|about) "
    rf"(?:the |this |that |its |my |our )?(?:\w+ )?{_FIGURES}\b|\b(?:arrays?|figures?|numbers?"
    rf"|accuracies)\b.*\bagree\b|\bbad feeling\b|"
    rf"\b(?:can|could|may|should|shall|must|to|still|safely|we|not|n't) (?:i |we |one |you )?(?:\w+ )?(?:use"
    rf"|trust|believe|rely on|count on|report|publish|cite|quote|keep) (?:(?:it|them|this"
    rf"|that)(?=\s*(?:$|[?.!,]|in\b|for\b|as\b|still|now|anyway))|(?:the"
    rf"|this|that|its|my|our)"
    rf" (?:\w+ )?{_FIGURES}|(?:the|its) (?:hm|harmonic|acc\w*))\b|\busable\b|\b(?:anything|something"
    rf"|what) (?:\w+ ){{0,2}}against (?:it|that"
    r"|this|using)\b|\bconsistent\b|\bconsistency\b|\brecomput\w*|\brecalculat\w*|\bstill (?:valid|good"
    r"|stands?|holds?|counts?|usable)\b"
    r"|\b(?:harmonic|hm)\b.*\b(?:agrees?|match\w*|fits?|follows?|consistent|adds? up|tall(?:y|ies))\b"
    r"|\b(?:agrees?|match\w*|fits?|adds? up|tall(?:y|ies))\b.*\b(?:harmonic|hm)\b"
    r"|\bseen\b.*\b(?:give|yield|lead to|result in|make)\b.*\b(?:harmonic|hm)\b"
    r"|\b(?:described?|description|words|text|title)\b.*\b(?:same|agree|match|fit|differ|correspond)\w*\b.*\bcommand"
    r"|\bcommand\b.*\b(?:same|agree|match|fit|differ|correspond)\w*\b.*\b(?:described?|description|words|text|title)\b"
    r"|\b(?:text|words|description) and command\b|\bcommand and (?:text|words|description)\b"
)


#: "The valid accuracy of": the figure is asked for, not whether it is valid.
_VALID_FIGURE = re.compile(
    r"\bwhat(?:'s| is| was) the (?:valid|sound|usable)\b|\bthat (?:counts?|is valid|is sound)\W*$"
)


def _as_check(asked: _Asked) -> Plan | None:
    if asked.plan.metric is not None and asked.plan.metric.said and _VALID_FIGURE.search(asked.text):
        return None
    if asked.plan.aspect == "who":
        return None  # "Who listened to the suspicious clips?" asks for a person.
    about = bool(
        asked.plan.intervals
        or asked.strong
        or (asked.plan.filters and asked.has(rf"\b{_FIGURES}\b"))  # "The result of the LPC run."
        or any(_of_runs(word, asked.vocabulary) for word in asked.plan.run_terms)
    )
    judging = re.compile(rf"(?:{_SOUND}|use\w*|count\w*|compare\w*|problem\w*|issue\w*|bad|odd|strange|off)")
    terms = tuple(word for word in asked.plan.run_terms if not judging.fullmatch(word))
    sound_or_not = replace(asked.plan, kind="check", run_terms=terms, alternatives=("prose",))
    judged = rf"\b{_FIGURES}\b.*\b(?:{_SOUND})(?:\W|$)|\b(?:{_SOUND})\b.*\b{_FIGURES}\b"
    weighed = about and asked.has(_WEIGHED)
    if weighed and not (asked.has(_BEST) or asked.has(_WORST)):
        idle = tuple(word for word in terms if word in asked.vocabulary.run_words)
        return replace(sound_or_not, aspect="yes/no", run_terms=idle)
    using = (
        r"^\s*(?:and )?(?:can|could|may|should|shall|must) (?:i|we|one) (?:really |still |safely |just )*"
        r"(?:use|trust|believe|rely on|count on|report|publish|cite|compare with|count)\b"
    )
    amiss = (
        r"\b(?:wrong|problems?|issues?|odd|strange|off|fishy|suspicious|amiss)\b"
        rf".*\b(?:with|about|in)\b.*\b{_FIGURES}\b"
    )
    asks = asked.plan.yes_no or asked.plan.aspect == "why" or asked.has(rf"\b(?:{_SOUND})\s*\??\s*$|^\s*(?:what|any)")
    if about and asks and (asked.has(judged) and not (asked.has(_BEST) or asked.has(_WORST))):
        return sound_or_not
    result = asked.plan.intervals or asked.plan.ids or asked.has(rf"\b{_FIGURES}\b")
    if about and ((asked.has(using) and result) or asked.has(amiss)) and not asked.has(_DEBUG):
        return sound_or_not if asked.plan.aspect == "why" else replace(sound_or_not, aspect="yes/no")
    day_judged = rf"^\s*(?:why )?(?:is|was|are|were)\b.*\b(?:{_SOUND}|bad)\s*\??\s*$"
    day_amiss = (
        asked.plan.intervals
        and asked.has(
            r"\b(?:wrong|amiss|off|fishy) (?:with"
            r"|about)\b"
        )
        and not asked.words
    )
    if day_amiss:
        return sound_or_not
    if asked.plan.intervals and asked.has(day_judged) and not [w for w in asked.words if not judging.fullmatch(w)]:
        return sound_or_not
    sound = (
        r"\b(?:without|excluding|except|besides|not counting|(?:do|does|did)(?: not|n't) count|leaving (?:out"
        r"|aside)|leave (?:out|aside)"
        r"|ignoring|disregarding"
        r"|apart from|aside from|only (?:count|counting|among)|that (?:is|are|was|were) (?:not|right|valid|correct)"
        r"|(?:can|may) (?:still |really )?(?:be )?(?:trust|use|rely)\w*|still (?:valid|stand|hold|trust)\w*"
        r"|sound|trustworthy|(?:not|n't|un)[ -]?counted|still counts?|no (?:\w+ or )?(?:wrong|invalid|retracted|broken)"
        r"|(?:not|n't|never) (?:\w+ )?(?:take|taken|took) (?:\w+ )?back"
        r"|not (?:withdrawn|retracted|invalidated|called wrong)"
        r"|(?:wrong|invalid|retracted|broken|bad) (?:ones?|results?|runs?|numbers?) (?:excluded|left out|aside|do not"
        r"|don't|not))\b"
    )
    if (asked.has(_BEST) or asked.has(_WORST)) and asked.has(sound):
        return None
    if asked.has(r"\b(?:cause[ds]?|fix(?:ed)?|solve[ds]?|reason for|explain\w*)\b"):
        return None
    took_back = asked.has(
        r"\b(?:take|took|taken) (?:\w+ )?back\b|\bwithdr[ae]w\w*\b|\bretract\w*\b|\bcall(?:ed)? .*\bwrong\b"
    )
    if asked.plan.aspect == "why" and took_back and (asked.plan.titled or asked.told):
        return sound_or_not
    listing = asked.has(r"^\s*(?:what|which|are|is|do|did|any|show|list)\b")  # "Which ones are wrong and why?"
    other = asked.plan.aspect in ("why", "how", "when") and not listing
    told = asked.has(r"\bdid i (?:think|write)") and not asked.has(r"\b(?:same|twice|cop(?:y|ied))\b")
    if not asked.has(_CHECK) or other or told:
        return None
    kept = tuple(word for word in asked.plan.run_terms if word in asked.vocabulary.run_words)
    return replace(asked.plan, kind="check", run_terms=kept, alternatives=("prose",))


def _as_command(asked: _Asked) -> Plan | None:
    """ "Give me the command of the run with 4 dropped bands", "how exactly did I call train.py for alpha 0.2?" """
    plan = asked.plan
    command = r"(?:commands?(?: lines?)?|cmd|invocation|call)"
    first = asked.has(
        rf"^\W*(?:(?:please|can|could|you|give|show|tell|print|paste|me|what|which|is|was|the|full|exact|whole|my|i|need"
        rf"|want|have|look up)\W+)*{command} (?:of|for|from|behind|to|that|with|i used)\b"
    )
    wanted = first or asked.has(
        rf"\b{command}\W*$"
        r"|\bhow (?:exactly )?(?:did|do|have|had) i (?:call|invoke|start|launch)(?:ed)? \S+\.(?:py|sh)\b"
    )
    named = plan.filters or plan.intervals or plan.ids or plan.titled
    if not wanted or not named or asked.has(_WEIGHED) or (_asked_bare(asked) and not first):
        return None
    idle = ("command", "commands", "cmd", "line", "call", "invocation", "called", "dropped", "stopped")
    terms = tuple(word for word in plan.run_terms if word not in idle and not word.endswith((".py", ".sh")))
    order = _first_or_last(asked.text)
    return replace(
        plan, kind="runs", order=order, limit=1 if order else 0, run_terms=terms, statuses=(), alternatives=("prose",)
    )


#: What goes wrong with a figure or a run ...
_AILS = (
    r"\b(?:decay(?:s|ed|ing)|drop(?:s|ped|ping)?|fall(?:s|ing)?|fell|los(?:es|t|ing)|sink(?:s|ing)?|sank|collaps\w+"
    r"|goes? down|went down|going down|jump(?:s|ed|ing)?|explod\w+|diverg\w+|nan|stuck|crash\w*|hangs?|hung|fr[eo]ez\w*"
    r"|froze|drift(?:s|ed|ing)?|different|differs?|differed|too (?:high|low|good|bad|slow|large|small)|slow(?:ed)?|flat"
    r"|wrong|strange|weird|worse|zero|gone|lost|died|dies|stop(?:s|ped))\b"
)
#: ... and the clause that asks what it was.
_WHAT_IT_WAS = (
    r"[,;:.?!–-]\s*(?:so |and |but )?(?:what (?:was|is) (?:it|that|this|up|wrong|behind (?:it|that)"
    r"|(?:the|my|our) (?:reason|cause|matter|problem|issue|culprit|mistake|trouble|explanation|bug)(?: again)?)"
    r"|what (?:caused|causes|did) (?:it|that|this)|what went wrong|what happened(?: there)?"
    r"|where (?:does|did) (?:it|that|this) come from)\W*$"
)
#: A slip in the work itself is told in the notes, whatever figure it spoiled.
_SLIP = (
    r"^\W*what (?:was|is|were) (?:the|my|our|that) (?:\w+ )?(?:mistake|error|bug|slip|flaw)s? (?:in|with|of|about|when)"
    r"\b(?! (?:the |my |that |this )?(?:results?|runs?|experiments?))"
)


def _as_symptom(asked: _Asked) -> Plan | None:
    """ "Seen acc decays over the sessions, what was it?", "what was the mistake in the harmonic mean?": a trouble is
    told with the figure that it spoils, and its cause stands in the notes."""
    plan = asked.plan
    ails = asked.has(_AILS) and re.search(_WHAT_IT_WAS, plan.question.lower())
    if not (ails or asked.has(_SLIP)) or asked.told or plan.ids or plan.intervals:
        return None
    if asked.has(_BEST) or asked.has(_WORST):
        return None
    # "The mistake in the harmonic mean": the figure itself is what the notes have to speak of.
    spoilt = tuple(word for word in re.findall(r"[a-z]{4,}", asked.text) if word not in STOP_WORDS)
    if not (plan.terms or spoilt):
        return None
    return replace(plan, kind="prose", terms=plan.terms or spoilt, alternatives=())


#: A word or a class of the data that something hits: the logs hold no figures of single ones.
_HIT_ASKED = (
    r"\b(?:which|what) (?:\w+ )?(?:key ?words?|words|word|class(?:es)?|phonemes?|phones?|sounds?|letters?|consonants?"
    r"|vowels?|speakers?|commands) .*\b(?:worse|hurts?|suffer\w*|better|lost|loses?|gains?|gained|breaks?|broke|ruined"
    r"|confused|mixed up)\b"
    r"|\b(?:hurts?|harms?|breaks?|ruins?|spoils?|damages?) (?:what|which|whom)\b"
)


def _as_hit(asked: _Asked) -> Plan | None:
    """ "Which keyword got worse with the gate?", "a high order hurts what?": told in sentences, if anywhere."""
    if not asked.has(_HIT_ASKED) or asked.told or asked.plan.intervals or asked.has(rf"\b{_RUN_NOUN}\b"):
        return None
    return replace(asked.plan, kind="prose", alternatives=("effect",) if asked.plan.filters else ())


def _as_item(asked: _Asked) -> Plan | None:
    """The state of an item of the to-do notes that the question names: "how far am I with ordering the microphone?"."""
    plan = asked.plan
    measured = plan.metric is not None and plan.metric.said and plan.metric.name != "duration"
    if asked.told and (asked.has(_WEIGHED) or asked.has(rf"\b{_FIGURES}\b") or plan.titled):
        return None  # A run is meant, and not the item to launch it.
    if _first_or_last(asked.text) and asked.has(rf"\b{_RUN_NOUN}\b"):
        return None
    if not plan.items or measured or ((asked.has(_BEST) or asked.has(_WORST)) and not plan.yes_no):
        return None
    stands = STATE_ASKED.search(plan.question)
    done = asked.has(r"\b(?:finish|complet|tick|done|check|close|cross)\w*\b")
    if plan.aspect in ("why", "who", "how many") or (plan.aspect in ("how", "where") and not stands):
        return None
    if plan.aspect == "when" and not done:
        return None
    deed = plan.yes_no and asked.has(r"^\W*(?:so |and |but )?(?:did|have|has|had|was|were|is|am|are)\b")
    if not (stands or deed or plan.as_of) or asked.has(
        r"\bwhat\b.*\b(?:say|write|wrote|written|think|thought|decide[ds]?|idea)\b"
    ):
        return None
    aimed = tuple(one for one in plan.intervals if one.start is None or one.start == one.end)
    as_of = plan.as_of
    if aimed and as_of is None and aimed[0].end is not None:
        as_of = aimed[0].end
    others = tuple(one for one in plan.intervals if one not in aimed)
    return replace(
        plan,
        kind="tasks",
        aspect="yes/no",
        states=" -x>~",
        as_of=as_of,
        intervals=others,
        alternatives=("tried", "prose") if plan.filters else ("prose",),
    )


#: What is to be tried next with a thing of the work stands where the thing is told of.
_TRY_NEXT = (
    r"\b(?:plan(?:ned)?|want(?:ed)?|meant|intend(?:ed)?|going) to (?:try|do|test|change|add|look at)\b.*\bnext\b"
)


def _as_tasks(asked: _Asked) -> Plan | None:
    plan = asked.plan
    if asked.has(_TRY_NEXT) and plan.filters and plan.terms and not plan.intervals:
        return replace(plan, kind="prose", states=" -", alternatives=("tasks",))
    if plan.aspect in ("why", "how") or asked.has(
        r"\b(?:multi|joint|downstream) ?-?tasks?\b|\bspotting task\b|\bthe task\b(?! (?:list|of))"
    ):
        return None
    quoted = re.search(r"(?:^|\s)(['\"“‘])(?P<item>[^'\"”’]{4,})['\"”’]", plan.question)
    if quoted and asked.has(r"\b(?:done|finished|completed?|open|ticked|ready|closed|tried|started)\b"):
        told = telling_words(quoted["item"], FilterReading(), asked.vocabulary)["terms"]
        return replace(plan, kind="tasks", terms=told, aspect="yes/no", states=" -x>~", alternatives=("prose",))
    item = _one_item(asked)
    if item:
        told = telling_words(item, FilterReading(), asked.vocabulary)["terms"]
        others = ("tried", "prose") if plan.filters else ("prose",)  # "GRU with noise - done?"
        return replace(plan, kind="tasks", terms=told, aspect="yes/no", states=" -x>~", alternatives=others)
    if asked.has(_MIDST) and asked.has(rf"{_TASKS}|\bworking on\b|\bhalf[- ]?(?:way )?(?:done|finished)\b"):
        kept = tuple(word for word in plan.terms if not re.search(rf"\b{re.escape(word)}\b", _MIDST))
        return replace(plan, kind="tasks", terms=kept, states="-", alternatives=("prose",))
    closed = asked.has(
        r"^\s*(?:did (?:i|we) (?:already |ever )?(?:finish|complete)|have (?:i|we) (?:\w+ )?(?:finished|completed))\b"
    )
    closed = closed or (
        plan.yes_no
        and asked.has(r"\b(?:finished|done|completed|ready)(?: yet| already)?\s*\??\s*$")
        and not asked.runnish
    )
    if closed and asked.words:
        return replace(plan, kind="tasks", states=" -x>", alternatives=("prose",))
    # "Did I ask for the second GPU?" may be an item of a to-do note; the notes are asked when it is not.
    if asked.has(r"\bstatus of\b|\bhow far (?:is|am i with)\b|\bstate of\b") and asked.words and not asked.runnish:
        return replace(plan, kind="tasks", aspect="yes/no", states=" -x>~", alternatives=("prose",))
    if (
        plan.intervals
        and not asked.words
        and asked.has(r"\bwhat (?:was|is|were|did i|had i|have i|i) (?:\w+ )?plan\w*")
    ):
        return replace(plan, kind="tasks", states=" -x>", alternatives=("day", "prose"))
    deed = asked.has(r"^\s*(?:so |and )?(?:did|have|has) (?:i|we) (?:\w+ )?(?:already |ever |yet )?[a-z]+\b")
    run_like = asked.runnish or asked.has(rf"\b(?:{_RUN_NOUN}|tr(?:y|ied)|test(?:ed)?|use[ds]?)\b")
    valued = any(one.op not in ("on", "off") for one in plan.filters)
    other = run_like or valued or asked.says or asked.has(_DEBUG) or asked.has(_TASKS)
    if deed and asked.words and not other:
        return replace(plan, kind="tasks", states=" -x>~", alternatives=("prose",))
    if asked.has(_STATE_ALONE):
        return replace(plan, kind="tasks", states=_task_states(asked), alternatives=("prose",))
    finished = asked.has(
        r"\bwhat (?:got|was|were|has been|have been|is|are) (?:ticked|finished|done|completed|checked|crossed)\b|"
        r"\bwhat (?:did|have) (?:you|we|i) get (?:finished|done)\b|\bwhat (?:did (?:i|you|we)|have (?:i|you|we)|i) "
        r"(?:finish\w*|complete\w*|get done|got done|tick\w*)\b"
    )
    remaining = plan.intervals and asked.has(r"\bwhat(?:'s| is| was| remains)? (?:still )?left\b")
    if not asked.has(_TASKS) and not (finished and plan.intervals) and not remaining:
        return None
    counting = asked.has(r"\bhow many\b")
    return replace(plan, kind="tasks", states=_task_states(asked), counting=counting, alternatives=("prose",))


#: Words for what is being worked on.
_MIDST = (
    r"\b(?:in the (?:middle|midst) of|half ?way|midway|under ?way|busy with|half[- ](?:done|finished|way)"
    r"|at work on|am i (?:still )?(?:on|at|doing)"
    r"|(?:am i|i am|i'm) (?:\w+ )?working on)\b"
)


def _one_item(asked: _Asked) -> str:
    """The item in "finished already: tidy the loader?", "tidy the loader - done?" and "tidy the loader done yet?"."""
    done = r"(?:done|finished|completed?|ticked(?: off)?|checked off|closed|ready|still open|open)"
    more = r"(?:\s+(?:already|yet|now|or not|or still open|or open))*"
    lead = r"(?:(?:is|was|are|already|this|that|it|has|been|yet|still|status)\s+)*"
    text = asked.text
    for pattern in (
        rf"^\s*{lead}{done}{more}\s*\??\s*(?::|\s[-–—]\s|[-–—]\s)\s*(?P<item>[^?]{{4,}}?)\s*\??\s*$",
        rf"^\s*(?P<item>[^?]{{4,}}?)\s*(?::|;|,|\s[-–—]+\s|\?|\.\.+|\()\s*{lead}{done}{more}\s*[?)]*\s*$",
        r"^\s*(?P<item>[^?]{4,}?)\s+(?:done|finished|completed)(?:\s+(?:already|yet))?\s*\?\s*$",
    ):
        match = re.search(pattern, text)
        if not match:
            continue
        item = match["item"].strip(" ,.'\"")
        asking = re.match(r"(?:what|which|how|why|when|where|who|did|does|do|is|are|was|were|have|has|had)\b", item)
        asking = asking or re.match(r"(?:list|show|give|print|tell|everything|all|anything)\b", item)
        if not asking and not re.search(RUNNISH, item) and len(item.split()) > 1:
            return item
    return ""


_BEGUN = r"(?:begun|began|begin|start(?:ed)?|touched|tried|looked at|taken up|picked up|attempted|tackled)"
_ENDED = (
    r"(?:finish(?:ed)?|complet(?:e|ed|ing)|done|tick(?:ed)?(?: off)?|closed?|accomplish\w*|checked off|behind (?:me|us)"
    r"|check(?:ed)? ?mark\w*|box(?:es)? (?:\w+ )?(?:checked|ticked)|crosse?d? (?:\w+ )?checked|wrapped up"
    r"|settled|sorted out|through(?: with)?|dealt with|taken care of|achieved?|over with)"
)
_NOT = r"(?:\bnot\b|n't\b|\bnever\b|\bnobody\b|\bno one\b|\bnone\b|\bwithout\b|\bhardly\b|\byet to be\b)"
#: Wordings of the states of tasks, in the order in which they are tried, and the characters of the states.
_STATES_SAID: tuple[tuple[str, str], ...] = (
    (
        r"\b(?:begun|ongoing|started|half[- ]done)\b.*\b(?:put off|deferred|postponed)\b.*\b(?:too|included|as well"
        r"|also)\b|\b(?:deferred|postponed|put off)\b.*\b(?:begun|ongoing|started)\b.*\b(?:too|included|as well"
        r"|also)\b"
        r"|\b(?:not|n't|never) (?:yet )?(?:been )?(?:ticked|checked|crossed) off\b|\bunticked\b",
        " ->",
    ),
    (
        r"\b(?:waiting|yet|remaining|left|still|remains?) (?:for me )?to be done\b"
        r"|\bstill (?:have|got) (?:\w+ )?open\b",
        " -",
    ),
    (r"\bnothing (?:has been |was |is )?(?:done|started|begun|happened)\b|\bnever made a start\b|\bno start\b", " "),
    (
        r"\b(?:cancel\w*|strike|struck|dropped|given up|gave up|crossed (?:off|out)|scrapped|abandon\w*|discarded)\b",
        "~",
    ),
    (
        r"\b(?:defer\w*|postpon\w*|put(?:ting)? (?:\w+ )?off|delay\w*|shelved?|on hold|on ice)\b"
        r"|\b(?:push\w*|mov\w+|shift\w*|kick\w*|carr\w+)\b(?: \S+){0,6} (?:back|later|forward|over|out|off"
        r"|ahead|another|other)\b"
        r"|\b(?:for|to|until|till) (?:a |some )?later(?: time| day| date| point| on)?\b|\bmoved\b(?! on)",
        ">",
    ),
    (rf"{_BEGUN}\b.*(?:{_NOT}.*\b{_ENDED}|\bunfinished|\bopen\b|\bstill)", "-"),
    (rf"{_NOT}(?: \S+){{0,4}} {_BEGUN}\b|\b(?:untouched|unstarted|untried|not at all)\b", " "),
    (
        rf"{_NOT}.*\b{_ENDED}\b|\b(?:still|left|remaining)\b.*\b(?:to do|open|undone|pending)\b|\bunfinished\b"
        rf"|\bundone\b",
        " -",
    ),
    (
        r"\b(?:ongoing|in progress|half[- ](?:done|finished|way)|halfway|under ?way|working on|worked on|at work on)\b"
        r"|\bin the (?:middle|midst)\b|\b(?:i|we|been|was|were|have|are|is|i'?ve)(?: \w+)? (?:started|begun|began)\b"
        r"|\b(?:started|begun) (?:ones?|items?|tasks?|todos?)\b|\b(?:todos?|tasks?|items?"
        r"|things) (?:\w+ )?(?:started|begun)\b"
        r"|^\W*(?:started|begun)\W*$",
        "-",
    ),
    (rf"\b{_ENDED}\b|\b(?:get|got|gotten) done\b", "x"),
)


def _task_states(asked: _Asked) -> str:
    """Characters of the task states that are wanted."""
    plan = asked.plan
    if asked.has(r"\bplan(?:ned|ning)?\b|\bsupposed\b|\bmeant\b|\bnext-day\b") and plan.intervals:
        return " -x>"
    for said, states in _STATES_SAID:
        if asked.has(said) or re.search(said, plan.question.lower()):  # "Ongoing February tasks."
            return states
    if asked.has(r"\b(?:all|every) (?:my )?(?:the )?(?:tasks|todos)\b"):
        return " -x>"
    if plan.yes_no and not asked.has(r"\b(?:open|left|still|any|some)\b"):
        return " -x>"
    return " -"


def _as_count(asked: _Asked) -> Plan | None:
    if asked.has(r"\b(?:not|n't) count\b|\bmost recent"):
        return None
    busiest = (
        asked.has(
            r"\b(?:which|what|busiest) (?:month|week|day)\b.*\b(?:most|busiest"
            r"|fewest)\b"
        )
        and asked.runnish
    )
    if busiest:
        return replace(asked.plan, kind="count", counting=True, alternatives=())
    if not asked.has(
        r"\b(?:how many|number of|how often|how much times|count|tally|how much runs|how frequently)\b"
        rf"|\b(?:a |the )?total(?: number)?(?: of)?\b.*\b{_RUN_NOUN}\b"
    ):
        return None
    if asked.has(
        r"\b(?:how many|number of|count of) (?:the )?(?:\w+ )?(?:epochs?|shots?|ways?|sessions?|classes|layers?"
        r"|features|frames|words|clips|heads|seconds|minutes|hours|days|weeks|points|parameters|gigabytes|gb)\b"
    ):
        return None
    if _counts_no_runs(asked):
        return None
    bare = asked.has(r"^\W*(?:count|number of|how many)\b") and asked.told
    if not bare and not asked.has(rf"\b{_RUN_NOUN}\b|\btimes\b|\bhow often\b|\bdid i (?:run|train|launch)\b"):
        return None
    return replace(asked.plan, kind="count", counting=True, alternatives=("prose",))


#: What is counted in runs: running, trying, using, and how it ended.
_RUN_DEED = (
    r"\b(?:run|runs|ran|re-?run|training|train\w*|launch\w*|try|tried|trying|tested|testing|us(?:e|ed|es|ing)"
    r"|start(?:ed|s)?"
    r"|(?:i|we) set|have|had|has|repeat\w*|fail\w*|stop\w*|crash\w*|abort\w*|die[ds]?|finish\w*|complet\w*"
    r"|diverge\w*|nan|win|won|wins"
    r"|beat|better|worse|best|reach\w*|exceed\w*|improve\w*|above|below|over|evaluat\w*|experiment\w*|combin\w*"
    r"|vary|varied"
    r"|change[ds]?|go|went|get|got|end(?:ed)?|succeed\w*|work(?:ed|s)?)\b"
)
_COUNTED_NOUN = re.compile(
    r"\bhow many (?:of (?:the|my|our|these|those) )?(?P<np>(?:(?!(?:did|do|does|have|has|had|are|were|was|is|with"
    r"|in|on|at|for|i|we|it"
    r"|the|of|that|per|must|can|should|will|make)\b)[a-z][\w-]*\s*)+)(?P<rest>.*)"
)


def _counts_no_runs(asked: _Asked) -> bool:
    """ "How often does the fallback fire", "how many workers make the training hang": neither is counted in runs."""
    text = asked.text.lower()
    often = re.search(r"\bhow (?:often|frequently) (?:do|does|did|is|was|are|were|has|have) (?P<rest>.+)", text)
    if often is not None:
        return not re.search(rf"{_RUN_DEED}|\b{_RUN_NOUN}\b", often["rest"])
    counted = _COUNTED_NOUN.search(text)
    if counted is None:
        return False
    words = counted["np"].split()
    named = any(asked.vocabulary.option(word) or asked.vocabulary.value(word, True) for word in words)
    if named or re.search(rf"\b{_RUN_NOUN}\b|\btimes\b|\b(?:different|distinct)\b", counted["np"]) or "_" in text:
        return bool(
            re.match(r"times (?:faster|slower|more|less|longer|shorter|bigger|larger|smaller)\b", counted["np"])
        )
    return words[-1].endswith("s") and not re.search(
        r"\bdid (?:i|we)\b|\b(?:i|we) (?:run|ran"
        r"|train)",
        counted["rest"],
    )


def _titled_sides(asked: _Asked) -> tuple[Side, ...]:
    """Runs that are held against each other by their descriptions."""
    text = asked.plan.question
    sides: list[Side] = []
    for one in asked.vocabulary.titles.named(text):
        words = " ".join(text[one.start : one.end].split())
        if one.whole and not any(one.ids == side.ids for side in sides):
            sides.append(Side(words, described=words, ids=one.ids))
    return tuple(sides[:4]) if len(sides) > 1 else ()


def _as_comparison(asked: _Asked) -> Plan | None:
    titled = _titled_sides(asked) if asked.plan.aspect != "why" and not asked.says else ()
    # Where settings are told beside the descriptions, these are not all that parts the sides.
    settled = titled and len(asked.plan.filters) <= len(titled) and not asked.plan.intervals
    if settled and (asked.has(_HELD_AGAINST) or asked.has(_COMPARE)):
        return replace(
            asked.plan, kind="compare", sides=titled, filters=(), run_terms=(), unknown=(), alternatives=("prose",)
        )
    described = _described_sides(asked) if asked.plan.aspect != "why" and asked.has(_HELD_AGAINST) else ()
    if described:
        # Each side has its own conditions and days; of both nothing else is asked.
        return replace(
            asked.plan, kind="compare", sides=described, filters=(), intervals=(), run_terms=(), alternatives=("prose",)
        )
    days = len(asked.plan.intervals) == 2 and all(one.start and one.end for one in asked.plan.intervals)
    days = days and asked.plan.intervals[0].start != asked.plan.intervals[1].start
    either = days and asked.has(
        r"\bor\b|\bdiffer\w*|\bbetter\b|\bworse\b|\bgap\b|\bdistance\b|\bwhich one\b|\bchanged?\b"
    )
    # "GRU or Transformer?": two values of one option and no other word.
    options = [one.option for one in asked.plan.filters if one.op == "="]
    values = len(options) == 2 and len(set(options)) == 1 and not asked.plan.run_terms and not asked.runnish
    number = len(options) == 1 and asked.has(r"\bor (?:with )?\d|\d\s+or\b") and not asked.plan.run_terms
    either = either or ((values or number) and asked.has(r"\bor\b") and not asked.plan.intervals and not asked.runnish)
    if not (asked.has(_COMPARE) or either) or asked.plan.aspect == "why" or (asked.says and asked.has(r"\babout\b")):
        return None
    sides = _sides(asked.plan, asked.vocabulary)
    plain = r"\b(?:plain|base ?line|default|vanilla|usual|ordinary|nothing|none|without it)\b"
    if len(sides) < 2 and asked.plan.filters and asked.has(plain) and not asked.plan.intervals:
        terms = tuple(word for word in asked.plan.run_terms if not re.fullmatch(plain, word))
        return replace(asked.plan, kind="effect", option=_varied(asked), run_terms=terms, alternatives=("prose",))
    if len(sides) < 2:
        return None
    return replace(asked.plan, kind="compare", sides=sides, alternatives=("prose",))


def _as_how_it_went(asked: _Asked) -> Plan | None:
    """ "How did the run of Tuesday go?" """
    listing = asked.has(r"^\s*(?:list|show)(?: me)? (?:everything|all|anything)\b") and asked.plan.filters
    if listing:
        return replace(asked.plan, kind="runs", alternatives=("prose",))
    went = (
        rf"\bhow (?:well |good |bad )?(?:did|was|were|is|are|does|do)\b.*\b(?:{_RUN_NOUN}|it|that)\b"
        r".*\b(?:go|perform|turn out|end|end up|do)\b"
    )
    came = (
        r"\bwhat (?:came out|was the (?:result|outcome)|were the results|did .* (?:give|yield|reach|get|achieve))\b"
        r"|\bresults? of\b|\bhow (?:good|well|bad) (?:was|is|were|did)\b"
    )
    plan = asked.plan
    given = (
        r"^\s*(?:(?:what|which|show|give|me|is|was|were|the|full|exact|whole|my|used|print)\s+)*"
        r"(?:commands?(?: lines?)?"
        r"|config(?:uration)?s?|settings?|flags|arguments|hyper ?-?parameters|options)\b"
    )
    came = f"{came}|{given}" if plan.intervals or _first_or_last(asked.text) else came
    built = (
        r"\bhow (?:was|were|is|are|did i|had i)\b.*\b(?:configured?|set ?up|parametri[sz]ed?|composed|configuration)\b"
    )
    came = f"{came}|{built}"
    told = asked.strong or plan.run_terms or plan.intervals or _first_or_last(asked.text)
    if not (asked.has(went) or asked.has(came)) or not told:
        return None
    if plan.metric is not None or asked.has(_BEST) or asked.has(_WORST) or asked.says or _asked_bare(asked):
        return None
    order = _first_or_last(asked.text)
    return replace(plan, kind="runs", aspect="what", order=order, limit=1 if order else 0, alternatives=("prose",))


def _as_value_of_option(asked: _Asked) -> Plan | None:
    option = _asked_option(asked.text, asked.reading, asked.vocabulary) or _shown_option(asked)
    if not option or asked.has(_BEST) or asked.has(_WORST):
        return None
    if asked.has(r"\b(?:good|bad|useful|worth) (?:for|it)\b") and not asked.plan.intervals:
        return None  # "What is the noise good for?" asks what it changes.
    # "What noise levels does the advisor want?" is no question for a setting of mine.
    if asked.says and not asked.plan.intervals and not asked.runnish:
        return None
    others = _options_beside(asked, option)
    kept = tuple(one for one in asked.plan.filters if not (one.option in (option, *others) and one.op == "on"))
    order = _first_or_last(asked.text)
    limit = (_limit(asked.text) or 1) if order else 0
    return replace(
        asked.plan,
        kind="value",
        option=option,
        options=others,
        order=order,
        limit=limit,
        filters=kept,
        alternatives=("prose",),
    )


#: "Did the best run use noise?": the run is found first, then held against the condition.
_ONE_RUN = re.compile(
    r"^\s*(?:and )?(?:did|does|do|is|was|were|has|had|have) (?:the|my|our) (?:\w+ )?"
    r"(?:best|worst|top|strongest|weakest|last|latest|most recent|newest|first|earliest|oldest)\b"
    r"(?:(?: [\w.-]+){0,4}? (?:run|experiment|training|model|result|one|job|trial)\b)?"
    r"(?P<rest>\s+(?:\w+ )??(?:use|uses|used|have|has|had|with|without|trained|run|an?|the|in|at|on|using|also|made)\b"
    r".*)$"
)


def _held_against(asked: _Asked) -> tuple[Filter, ...]:
    match = _ONE_RUN.match(asked.text)
    if match is None or not asked.plan.filters:
        return ()
    last = max((end for _, end in asked.reading.used), default=0)
    if not re.fullmatch(r"[\s?.!,]*(?:too|as well|also|already|or not)?[\s?.!]*", asked.text[last:]):
        return ()  # "Was the last run with noise any good?"
    before = read_filters(asked.text[: match.start("rest")], asked.vocabulary).filters
    return tuple(one for one in asked.plan.filters if one not in before)


def _as_best(asked: _Asked) -> Plan | None:
    plan = asked.plan
    best, worst = asked.has(_BEST), asked.has(_WORST)
    high = plan.metric is not None and asked.has(r"\bhow (?:high|low|far up|far down|good|bad|well|much)\b")
    if not (best or worst) or plan.aspect == "why" or (plan.aspect == "how" and not high):
        return None
    option = _asked_option(asked.text, asked.reading, asked.vocabulary) or _shown_option(asked, anyhow=True)
    about_runs = asked.runnish or plan.metric or asked.strong or asked.on_machine or option
    if not (about_runs or asked.has(rf"\b{_RUN_NOUN}\b|\bso far\b|\bmy\b")):
        return None
    holds = _held_against(asked)
    apart = asked.has(r"\b(?:gap|difference|distance)\b") and asked.has(r"\bseen\b.*\bunseen\b")
    return replace(
        plan,
        kind="best",
        metric=plan.metric if plan.metric and not apart else Metric("harmonic_mean", said=False),
        order="worst" if worst and not best else "best",
        limit=_limit(asked.text),
        option=option,
        holds=holds,
        filters=tuple(
            one for one in plan.filters if not (one.option == option and one.op == "on") and one not in holds
        ),
        alternatives=("prose",),
    )


def _as_effect(asked: _Asked) -> Plan | None:
    plan = asked.plan
    judged = (
        plan.yes_no
        and not plan.intervals
        and asked.has(
            r"\b(?:good|bad|beneficial|positive|negative|better|worse|preferable|superior|inferior|advisable"
            r"|recommended)"
            r"\s*\?*\s*$"
        )
    )
    size = r"\b(?:big|bigger|high|higher|large|larger|small|smaller|low|lower|more|less|long|longer|few|fewer)\b"
    judged = judged or asked.has(
        rf"{size}.*\bor\b.*{size}.*\b(?:better|worse|good)\b|\b(?:better|worse)\b.*{size}.*\bor\b.*{size}"
    )
    judged = judged or asked.has(r"^\s*(?:and )?what if\b")
    judged = judged or (asked.told and plan.metric is not None and bool(_second_value(asked)))
    debugging = re.search(
        _DEBUG,
        re.sub(
            r"\b(?:held|kept|keeping|holding|stays?|is|are|was|rest|else|others?) fixed\b|\bfixed (?:at|to)\b",
            " ",
            asked.text,
        ),
    )
    if not (asked.has(_EFFECT) or judged) or not plan.filters or plan.aspect == "why" or debugging:
        return None
    if plan.metric is None and _first_or_last(asked.text):
        return None
    one_run = (
        r"\bwhat (?:has |had )?(?:happen\w*|became|become)\b.{0,12}\b(?:to|of|with) (?:the|my|your|our|that)\b"
        rf".*\b{_RUN_NOUN}\b"
    )
    if asked.told and plan.metric is None and asked.has(one_run) and not asked.has(r"\b(?:if|when)\b"):
        return replace(plan, kind="runs", alternatives=("prose",))
    better = r"(?:help|good|use|better|effect|improvement|gain|benefit|point|difference)"
    verdict = rf"\b(?:any|some) {better}\b|\bor not\b|\byes or no\b"
    aspect = "yes/no" if asked.has(verdict) and plan.aspect == "what" else plan.aspect
    return replace(plan, kind="effect", aspect=aspect, option=_varied(asked), alternatives=("prose", "runs"))


def _second_value(asked: _Asked) -> str:
    """The option that a second value is told of without its name: "a decay of 0.001 than at 0.0005", "from 100 to 150
    epochs"; "" for none."""
    numbers = re.findall(
        r"(?:\b(?:than|instead of|rather than|over|from|to)\s+|->\s*|→\s*)(?:at |with |of |for )?(\d+(?:\.\d+)?)\b",
        asked.text,
    )
    for number in numbers:
        for one in asked.plan.filters:
            known = {as_number(value) for value in asked.vocabulary.options.get(one.option, ())}
            if one.op == "=" and as_number(number) != as_number(one.value) and as_number(number) in known:
                return one.option
    return ""


def _varied(asked: _Asked) -> str:
    """The option whose effect is asked for: not the one that tells where ("with the GRU", "transformer: ...")."""
    listed = [one.option for one in asked.plan.filters]
    if len(set(listed)) < 2:
        return listed[0]
    second = _second_value(asked)
    if second:
        return second
    placed: list[tuple[int, int, str]] = []
    for order, one in enumerate(asked.plan.filters):
        for start, end in asked.reading.used:
            read = read_filters(asked.text[start:end], asked.vocabulary, eager=True).filters
            if any(each.option == one.option for each in read):
                break
        else:
            start, end = 0, 0
        where = re.search(
            r"\b(?:with|on|for|in|under|using|at|to|among)\s+(?:the |a |an |my |our )?`?$", asked.text[:start]
        )
        colon = re.match(r"[^,;]{0,12}:", asked.text[end:])
        subject = re.search(
            r"\b(?:of|by|adding|does|do|did|is|was|switching on|from|without|drop|dropping|role|use)\s+(?:the |a )?`?$",
            asked.text[:start],
        )
        varied = re.match(
            r"\s*(?:`?\s*)?(?:instead of|rather than|over|vs\.?|versus|or|to|->|→)\s+(?:with "
            r"|of )?\d",
            asked.text[end:],
        )
        module = one.option in ("sequential_layer", "project", "method", "model")
        twice = listed.count(one.option) > 1
        rank = 2 * bool(where or colon) + module - 2 * bool(subject) - 4 * bool(varied or twice)
        placed.append((rank, order, one.option))
    return min(placed)[2]


def _as_figure(asked: _Asked) -> Plan | None:
    plan = asked.plan
    if plan.metric is None or not plan.metric.said or asked.says or plan.aspect in ("why", "where", "who"):
        return None
    several = asked.has(r"\b(?:runs|experiments|jobs|list)\b") and not asked.has(
        r"^\s*(?:and )?what (?:is|was|were|are) the\b.*\b(?:of|in|for)\b"
        r"|^\s*(?:the |my )?(?:final |last |base )?(?:(?:un)?seen|novel|harmonic|hms?|acc\w*)\b.*\b(?:of|in|for|on)\b"
    )
    if plan.bounds or plan.statuses or several or asked.debugging:
        return None
    done_to = r"\bwhat (?:does|do|did|will|would) .+? do (?:to|with|for)\b"
    if asked.has(done_to) and asked.words and not plan.filters:  # No run is told by "quantisation".
        return None
    if plan.aspect == "how" and plan.metric.name != "duration" and not (asked.strong or plan.intervals):
        return None
    if plan.metric.name == "duration" and not asked.runnish:
        return None
    order = _first_or_last(asked.text)
    named = plan.filters or plan.intervals or plan.ids or order or plan.run_terms or asked.runnish
    told = plan.filters or plan.intervals or plan.ids or order or asked.runnish
    if plan.yes_no and asked.words and not told and not asked.has(r"\b(?:any|some|all|every|which|there)\b"):
        # "Did the two steps keep the accuracy?" is the question of a story where no run is told by its words.
        named = any(_of_runs(word, asked.vocabulary) for word in plan.run_terms)
        if not named:
            return replace(plan, kind="prose", alternatives=())
    if not named and len(asked.words) > 1:
        # "By how many points does the harmonic mean move between seeds?" is told in sentences, if anywhere.
        return replace(plan, kind="prose", alternatives=())
    limit = (_limit(asked.text) or 1) if order else 0
    beside = plan.intervals or order or plan.ids or len(plan.filters) > 1
    options = (
        _options_beside(asked, "")
        if beside
        and re.search(
            r"[,&+/]|\b(?:and|plus"
            r"|as well)\b",
            asked.text,
        )
        else ()
    )
    filters = tuple(one for one in plan.filters if not (one.option in options and one.op == "on"))
    return replace(
        plan, kind="value", order=order, limit=limit, options=options, filters=filters, alternatives=("prose",)
    )


#: Figures of the field that session lists do not hold.
OTHER_FIGURES = re.compile(
    r"\b(?:(?:equal|word|character|phone|phoneme|label|token|diari[sz]ation|detection"
    r"|calibration) error(?: rates?)?|eer|wer|cer|ece"
    r"|top-\d+(?: (?:acc\w*|error))?|top ?\d+ (?:acc\w*|error)|(?:balanced|macro|micro|weighted|top) acc\w*"
    r"|f-?1(?:[- ]?scores?)?"
    r"|f-?measure"
    r"|auc|auroc|mean average precision|real[- ]time factor|rtf|latency|latencies|throughput|flops?"
    r"|gflops|macs|mult-?adds"
    r"|inference (?:time|speed)|power (?:draw|consumption)|energy(?: (?:use|consumption))?|memory (?:use"
    r"|usage|footprint|consumption)"
    r"|(?:peak |gpu )?memory|model size|perplexity|bleu|pesq|stoi|mos|mcd|si-?s[dn]r|snr|false (?:alarm"
    r"|accept\w*|reject\w*|positive"
    r"|negative|trigger)s?(?: rates?)?|frr|miss rate|kappa|mcc|brier(?: score)?|forgetting (?:rate|measure|score)"
    r"|backward transfer|forward transfer|bwt|fwt|silhouette|(?:train(?:ing)?|validation|val|test|dev) loss"
    r"|p-? ?values?|standard deviation"
    r"|confidence intervals?|number of parameters|parameter count)\b"
)


def _as_unlogged(asked: _Asked) -> Plan | None:
    """A figure that the notes of no run hold: "equal error rate of the run with ..." is not answered with another."""
    plan = asked.plan
    match = OTHER_FIGURES.search(asked.text)
    of_runs = asked.told or asked.has(_BEST) or asked.has(_WORST) or (plan.intervals and asked.runnish)
    if match is None or not of_runs or plan.aspect == "why" or asked.says or asked.has(_DEBUG):
        return None
    name = re.sub(r" (?:acc\w*|scores?)$", "", match.group())
    logged = [key.lower().replace("_", " ") for key in asked.vocabulary.metrics if key not in SESSION_METRICS]
    words = [
        word
        for word in re.findall(r"[a-z\d]+", name)
        if word not in ("rate", "rates", "of", "number", "acc", "accuracy")
    ]
    if any(name in key or key in name or all(word in key.split() for word in words) for key in logged):
        return None
    if name in asked.vocabulary.options or any(name in one.option for one in plan.filters) or not words:
        return None
    noted = all(asked.vocabulary.count(word) or asked.vocabulary.run_words.get(word) for word in words)
    # Notes may tell it in words; a plain accuracy is never given in its place.
    return replace(
        plan,
        kind="value",
        metric=None,
        metrics=(),
        order="",
        option="",
        unknown=(name,),
        run_terms=(name,),
        alternatives=("prose",) if noted else (),
    )


#: Before the name of an option that is asked for, not a condition: "tell me its", "which", "value of".
_ASKED_FOR = re.compile(
    r"(?:^|[:?.!;]\s*|\b(?:what|which|its|their|values?|check|tell me|show|give me|me|need|know|how (?:many|much|large"
    r"|big|high|long|small)"
    r"|of|for|put|set|real|actual|actually|really|used?|had|has|was|is|were|the|my|our|your|what's|whats)\s+)"
    r"(?:(?:the |a )?(?:number|nr|amount|size|value|setting) (?:of|for) )?(?:the |its )?`?$"
)
_CONDITION = re.compile(
    r"\b(?:with|without|using|no|plus|by|has|have|had|includes?|combines?|of runs)\s+(?:the |a |an |any )?`?$"
    r"|\band\s+`?$"
)


def _as_first_of_a_series(asked: _Asked) -> Plan | None:
    """ "Which value did I try first in the temperature series?": the first run with the option."""
    plan = asked.plan
    order = _first_or_last(asked.text)
    on = tuple(one for one in plan.filters if one.op == "on" or one.option == DESCRIBED)
    if not order or not on or not asked.has(r"\b(?:which|what) values?\b.*\b(?:first|last|try|tried)\b"):
        return None
    kept = tuple(word for word in plan.run_terms if word not in ("series", "value", "values", "sweep", "line"))
    return replace(plan, kind="runs", order=order, limit=1, run_terms=kept, alternatives=())


def _as_told_of_a_figure(asked: _Asked) -> Plan | None:
    """ "Name of the unit test for the harmonic mean", "what was the mistake in the HM computation": the notes tell it,
    and no run."""
    plan = asked.plan
    about = (
        r"\b(?:name|unit test|tests?|file|script|function|class|module|mistake|bug|error|problem|trouble|formula"
        r"|definition|computation|calculation|implementation|meaning|reason|column|table|figure|plot|caption|axis)\b"
        r"[^,;?]*\b(?:of|for|in|with|behind|about|computing|that computes)\b"
    )
    run = plan.filters or plan.titled or plan.ids or plan.intervals or plan.bounds or asked.runnish
    if run or plan.metric is None or not plan.metric.said or not asked.has(about):
        return None
    return replace(plan, kind="prose", alternatives=())


def _as_asked_of_a_run(asked: _Asked) -> Plan | None:
    """A figure or a setting of runs that are described by their settings or a day, in whatever words it is asked."""
    plan = asked.plan
    one_day = len(plan.intervals) == 1 and plan.intervals[0].start == plan.intervals[0].end
    one_day = one_day and (asked.runnish or asked.has(r"\b(?:value|set|setting|command|config)\b"))
    if not (asked.told or one_day) or asked.says or plan.bounds or plan.statuses or asked.debugging:
        return None
    if (
        plan.aspect == "why"
        or asked.has(r"\b(?:runs|experiments|trainings|jobs|list)\b")
        or (plan.yes_no and not plan.metric)
    ):
        return None
    judged = plan.metric is not None and asked.has(r"\bhow (?:good|well|accurate|bad)\b")
    if plan.metric is not None and (plan.metric.said or judged) and plan.metric.name != "duration":
        joined = re.search(r"[,&+/]|\b(?:and|plus|as well)\b", asked.text)
        options = _options_beside(asked, "") if joined else ()
        filters = tuple(one for one in plan.filters if not (one.option in options and one.op == "on"))
        return replace(plan, kind="value", options=options, filters=filters, alternatives=())
    name = _asked_bare(asked)
    kept = tuple(one for one in plan.filters if not (one.option == name and one.op == "on"))
    if not name or not (kept or plan.intervals or plan.ids or plan.titled):
        return None
    order = _first_or_last(asked.text)
    limit = (_limit(asked.text) or 1) if order else 0
    return replace(plan, kind="value", option=name, order=order, limit=limit, filters=kept, alternatives=("prose",))


def _asked_bare(asked: _Asked) -> str:
    """The option without a value that a question asks for, where it is no condition; "" for none."""
    ends = dict(asked.reading.used)
    if asked.plan.titled and len(asked.reading.bare) == 1:
        return asked.reading.bare[0][0]
    for name, start in asked.reading.bare:
        before, after = asked.text[:start], asked.text[ends.get(start, start + len(name)) :]
        last = re.fullmatch(
            r"[`\s?.!,:]*(?:please|pls|was what|which|what|used|setting|value"
            r"|(?:was|is|were|got|had been)? ?(?:set to|set|used|chosen|given))?[`\s?.!]*",
            after,
        )
        if re.search(r"\bvalue (?:had|has|have)(?: the| my)?\s+`?$", before):
            return name
        if re.match(r"`?\s*at (?:when|for|in|there)\b", after):
            return name
        held = re.match(r"`?\s*(?:had|have|has|was|were|is)\b", after)
        if not _CONDITION.search(before) and (
            _ASKED_FOR.search(before) or last or (held and asked.has(r"\bvalue\b|\bwhat\b"))
        ):
            return name
    return ""


def _as_held_against(asked: _Asked) -> Plan | None:
    """ "Was the last run with noise?", before words such as "use" make it a question of whether anything was tried."""
    return _as_first_or_last(asked) if _first_or_last(asked.text) and _held_against(asked) else None


def _as_tried(asked: _Asked) -> Plan | None:
    plan = asked.plan
    passive = r"^\s*(?:has|have|was|were)\b.*\b(?:been )?(?:tried|tested|trained|used|run)\b"
    if (
        not (plan.filters and asked.has(passive))
        and not asked.has(
            r"^\s*(?:so |and )?(?:have|did|has) (?:i|we) (?:\w+ )?(?:ever |already |yet )?"
            r"(?:try|tried|run|ran|test|tested|use|used|train|trained|do|done|launch\w*)\b"
            r"|^\s*is it so that (?:i|we) (?:have |had )?(?:\w+ )?(?:tried|run|ran|tested|used|trained)\b"
            r"|\bever (?:tr(?:y|ied)|used?|run|ran)\b|\balready (?:tr(?:y|ied)|run|ran|tested)\b"
            r"|^\s*(?:have|did|has) (?:i|we) (?:\w+ )?(?:combin\w+|put together|experiment\w*|attempt\w*"
            r"|mix(?:ed)?|pair(?:ed)?)\b"
        )
        and not (
            len(plan.filters) > 1
            and asked.has(
                r"\bin (?:one|the same|a single)(?: and the same)? (?:run|experiment|training)\b|\bat the same time\b"
            )
        )
        and not (
            plan.filters
            and asked.has(
                r"\b(?:tried|tested|done|used)(?: (?:yet|before|already|once"
                r"|ever))?\s*\?*\s*$"
            )
        )
    ):
        return None
    if not plan.filters and not asked.words:
        return None
    # Where settings alone are named, the runs tell whether they were tried together; sentences about one do not.
    several = len(plan.filters) > 1 and asked.strong and not plan.run_terms
    return replace(plan, kind="tried", alternatives=() if several else ("prose",))


def _as_first_or_last(asked: _Asked) -> Plan | None:
    plan = asked.plan
    order = _first_or_last(asked.text) or _beside_a_day(asked)
    holds = _held_against(asked) if order else ()
    if holds:
        kept = tuple(one for one in plan.filters if one not in holds)
        return replace(plan, kind="runs", order=order, limit=1, filters=kept, holds=holds, alternatives=())
    if not order and plan.filters and plan.aspect == "when" and not asked.has(r"\b(?:first|last) (?:\w+ )?session\b"):
        bare = re.search(r"\b(first|last|latest|earliest)\b", asked.text)  # "When was the first GRU?"
        order = {"first": "first", "earliest": "first"}.get(bare[1], "last") if bare else ""
    if order and plan.filters and not asked.says and plan.aspect not in ("why", "how"):
        # "First time with noise?", "since when do I use the GRU?": no word of runs is needed.
        return replace(plan, kind="runs", order=order, limit=_limit(asked.text) or 1, alternatives=("prose",))
    if plan.aspect == "when" and (asked.runnish or asked.strong) and not asked.says:
        return replace(plan, kind="runs", order=order, limit=1 if order else 0, alternatives=("prose",))
    if order and asked.has(rf"{RUNNISH}|\b{_RUN_NOUN}\b") and plan.aspect not in ("why", "how"):
        return replace(plan, kind="runs", order=order, limit=_limit(asked.text) or 1, alternatives=("prose",))
    return None


def _beside_a_day(asked: _Asked) -> str:
    """ "The run after 5 March" is one run: the first of those after it."""
    plan = asked.plan
    if len(plan.intervals) != 1 or (plan.intervals[0].start is None) == (plan.intervals[0].end is None):
        return ""
    beside = r"(?:(?:right|just|directly|immediately) )?(?:before|after|following|prior|earlier|later)\b"
    if not re.match(beside, plan.intervals[0].phrase.lower()):
        return ""
    one = (
        r"\b(?:the|next|previous|preceding|following|what|which)\s+(?:\w+\s+)?(?:run|experiment|training|job|trial)"
        r"(?:\s+(?:that |which )?(?:came|comes|was|is|started|ran|happened|followed|did i (?:do|run|start)))?\s*$"
    )
    begin = plan.intervals[0].span[0]
    if not re.search(one, re.sub(r"\b(?:right|just|directly|immediately)\s*$", "", asked.text[:begin])):
        return ""
    return "first" if plan.intervals[0].end is None else "last"


def _as_prose(asked: _Asked) -> Plan | None:
    if asked.plan.aspect not in ("why", "how") and not asked.has(_DEBUG):
        return None
    if not asked.plan.terms:
        return None
    return replace(asked.plan, kind="prose", alternatives=("runs",) if asked.strong and asked.runnish else ())


def _as_day(asked: _Asked) -> Plan | None:
    plan = asked.plan
    if not plan.intervals or asked.words:
        return None
    digest = asked.has(
        r"\b(?:what|anything|something)\b.*\b(?:did i do|do i do|have i done|i did|was i (?:doing|working|up to)"
        r"|did i work"
        r"|happen(?:ed)?|went on|going on|did i get done|did i achieve)\b|^\s*(?:summari[sz]e|recap|show)\b"
    )
    whole = r"\bdid (?:everything|all|they all|all of them|all runs|every run|each run) (?:\w+ )?"
    if asked.has(whole + r"(?:finish|complete|succeed|work|go|end|pass)"):
        return replace(plan, kind="runs")
    if digest and not asked.on_machine and not asked.has(r"\b(?:runs?|ran|experiments?)\b"):
        return replace(plan, kind="day")
    if asked.says and not asked.runnish:
        return replace(plan, kind="day", aspect="notes")
    return None


def _as_runs(asked: _Asked) -> Plan | None:
    plan = asked.plan
    runs = replace(plan, kind="runs", alternatives=("prose",))
    if asked.strong and asked.has(r"^\s*(?:is there |do i have )?(?:any|every|some)thing (?:with|using|at|on)\b"):
        return runs
    if plan.bounds or plan.statuses:
        return runs
    narrowed = (
        plan.intervals
        or asked.strong
        or plan.run_terms
        or asked.has(
            r"\b(?:runs|experiments|jobs|all"
            r"|list)\b"
        )
    )
    if (asked.runnish or asked.on_machine) and narrowed and not asked.says:
        return runs
    came = asked.runnish or asked.on_machine or asked.has(r"\bresults?\b")
    if came and plan.intervals and not asked.words and plan.aspect != "why":
        return runs
    if asked.strong and not asked.prosaic and (plan.intervals or asked.has(rf"\b{_RUN_NOUN}\b")):
        return runs
    fate = (
        r"\b(?:happen\w*|becam?e|befell|went wrong|turned? out|end(?:ed)? up|go(?:es|ne)?|went|came|fare[sd]?|fate)\b"
    )
    if asked.told and asked.has(fate) and plan.aspect in ("what", "how"):
        return runs
    values = sum(one.op == "=" for one in plan.filters)
    if asked.told and values > 1 and not asked.prosaic and not plan.unknown:
        return runs
    return None


def superlative(text: str) -> str:
    """ "best" or "worst" where a text asks for either, else ""."""
    if re.search(_BEST, text.lower()):
        return "best"
    return "worst" if re.search(_WORST, text.lower()) else ""


def _first_or_last(asked: str) -> str:
    thing = r"things? (?:i|we|that) (?:\w+ )?(?:ran|run|trained|tried|launched)"
    nouns = rf"(?:\w+ ){{0,3}}?(?:{_RUN_NOUN}|time|one|ones|{thing})"
    use = r"(?:uses?|usage|appearance|occurrence|try|attempt|tests?|trial)"
    named_day = re.search(
        r"\b(?:day|date) of the (?:very )?(latest|last|newest|most recent|first|earliest|oldest)\b", asked
    )
    if named_day:
        return "first" if named_day[1] in ("first", "earliest", "oldest") else "last"
    if re.search(r"\b(?:latest|last) (?:thing|one)\b.*\b(?:train|ran|run|launch)", asked):
        return "last"
    if re.search(rf"\b(?:begin|start)\w*\b.*\b{_RUN_NOUN}\b.*\bstart|\bhow far back\b", asked):
        return "first"
    if re.search(rf"\b(?:first|earliest) {use}\b|\b(?:introduc|adopt)\w*\b|\bfirst (?:appear|show)\w*", asked):
        return "first"
    if re.search(rf"\b(?:last|latest|most recent) {use}\b", asked):
        return "last"
    if re.search(
        r"\b(?:done|run|made|launched|started|trained) (?:the )?last\b|\b(?:latest|last) occasion\b|\bmost recently\b",
        asked,
    ):
        return "last"
    if re.search(
        r"\b(?:log|notes|record|history) (?:begin|start)s?\b|\bvery beginning\b"
        r"|\bat the beginning of the log\b",
        asked,
    ):
        return "first"
    if re.search(r"\bst[oa]p(?:ped)? (?:using|to use|with|training|running)\b|\bend of using\b", asked):
        return "last"
    did = r"(?:run|ran|tr(?:y|ied)|used?|using|train(?:ed)?|start(?:ed)?|test(?:ed)?|launch(?:ed)?)"
    counted = r"(?:\d+ |two |three |four |five )?"
    if re.search(
        rf"\b(?:last|latest|most recent|newest)\b {counted}{nouns}\b|\blast (?:\w+ )?{did}\b|\bmost recently\b"
        rf"|\b(?:run|ran|train|trained|try|tried) (?:the )?last\s*\??$"
        rf"|\b{_RUN_NOUN} (?:\w+ ){{0,2}}(?:the )?(?:last|latest|most recent)\b",
        asked,
    ):
        return "last"
    if re.search(
        rf"\b(?:very )?(?:first|earliest|oldest)\b {counted}{nouns}\b|\bfirst (?:\w+ )?{did}\b|\bsince when\b"
        rf"|\b(?:start|started|begin|began|begun)"
        r" (?:to (?:use|try|run|train)|using|with|trying|running|training)\b"
        rf"|\b{_RUN_NOUN} (?:\w+ ){{0,2}}(?:the )?(?:very )?first\b(?! session)",
        asked,
    ) and not re.search(r"\bfirst session\b", asked):
        return "first"
    return ""


def _limit(asked: str) -> int:
    match = re.search(
        r"\b(?:last|latest|first|best|top|worst|recent|newest|highest|lowest)\s+(\d{1,3}|"
        + "|".join(_NUMBER_WORDS)
        + r")\b(?!\s*(?:epochs?|%|days?|weeks?|months?))",
        asked,
    )
    match = match or re.search(
        r"\b(\d{1,3}|"
        + "|".join(_NUMBER_WORDS)
        + r") (?:best|worst|last|latest|newest|oldest|first|earliest|top|most recent|next|highest|lowest"
        r"|suggestions?)\b",
        asked,
    )
    match = match or re.search(
        r"\b(\d{1,3}|"
        + "|".join(_NUMBER_WORDS)
        + rf") {_RUN_NOUN}\b.*\b(?:most recently|last|latest|newest|first|earliest)\b",
        asked,
    )
    if not match:
        return 0
    if match[1] == "one":  # "The top one" is no count.
        return 0
    number = _NUMBER_WORDS.get(match[1])
    return number if number is not None else int(match[1])


def _asked_option(asked: str, reading: FilterReading, vocabulary: Vocabulary) -> str:
    """The option whose value is asked for: "what learning rate did ...", "how many epochs", "the noise_prob of"."""
    asking = (
        r"\b(?:what|which|how (?:many|much|high|large|big|long|strong))\b(?:'s|\s+(?:is|was|were|are|values?"
        r"|kind|sort|type|"
        r"number|size|of|for|the|my|base|default|usual|`))*\s*`?$"
    )
    found = next((name for name, start in reading.bare if re.search(asking, asked[:start])), "")
    listing = (
        r"\b(?:values?|settings?|levels?|choices?|variants?|strengths?) (?:of|for|did i (?:try"
        r"|use) for) (?:the |my )?`?$"
        r"|\b(?:all|every|how many|which|what) (?:the )?(?:different|distinct|various"
        r"|possible)? ?(?:values? (?:of|for) )?`?$"
    )
    if not found and not re.search(r"\b(?:effect|influence|impact|best way)\b", asked):
        found = next((name for name, start in reading.bare if re.search(listing, asked[:start])), "")
    if not found:  # Names that are everyday words too: "which dataset", "what gpu".
        match = re.search(r"\b(?:what|which) `?([a-z_]+)`? (?:did|was|is|were|do|does|have|had)\b", asked)
        found = match[1] if match and match[1] in vocabulary.options else ""
    return found


def _shown_option(asked: _Asked, anyhow: bool = False) -> str:
    """The option that a noun phrase asks to see: "weight decay of the run on 3 May?", "lr of yesterday's run"."""
    plan, text = asked.plan, asked.text
    order = _first_or_last(text)
    if not (anyhow or plan.intervals or order or plan.ids or (asked.runnish and len(plan.filters) > 1)):
        return ""
    if plan.metric is not None and not anyhow:
        return ""
    if plan.bounds or asked.has(_EFFECT) or asked.has(_COMPARE) or plan.aspect == "why":
        return ""
    function = (
        r"(?:what|which|whats|what's|is|was|were|are|the|my|a|of|in|for|on|at|runs?|'?s|and|show|give|tell|me|value|set"
        r"|size|number|amount|how|many|much|high|large|did|i|use|used|have|had|it|that|this|last|latest|first|newest"
        r"|previous|one|experiment|training|base|there)"
    )
    before = re.compile(rf"(?:[\s,;:?'’]|\b{function}\b)*`?")
    after = re.compile(
        r"`?'?s?(?:\s{3,}|\s*$|\s*[?,;:.!+&/]|\s*(?:value|setting|rate|size)?\s*"
        r"(?:of|on|in|for|at|from|used|was|is|did|value|setting|and|which|that|then|back)\b)"
    )
    names = [(name, start) for name, start in asked.reading.bare]
    for match in re.finditer(r"[a-z][a-z_]+", text):  # "Which project": names that are everyday words too.
        if match.group() in asked.vocabulary.options and not any(start == match.start() for _, start in names):
            names.append((match.group(), match.start()))
    ends = dict(asked.reading.used)
    for name, start in names:
        end = ends.get(start, start + len(name))
        alone = re.search(r"\b(?:with|without|using|by|no)\b", text[:start])
        plain = name in ("gpu", "model", "server") or (
            name in ("noise_prob",) and re.search(r"\bruns?\b", text[:start])
        )
        # "Which run had noise?": the run is asked for.
        alone = alone or re.search(rf"\b(?:which|what) {_RUN_NOUN} (?:had|has|have|uses?|used)\s*$", text[:start])
        if not alone and not plain and before.fullmatch(text[:start]) and after.match(text[end:]):
            return name
    return ""


def _options_beside(asked: _Asked, option: str) -> tuple[str, ...]:
    """The further options of "lr and decay of the run on 5 March"; not those of "with noise"."""
    found = []
    for name, start in asked.reading.bare:
        told = re.search(
            r"\b(?:with|without|using|where)\b|\b(?:by|no|used|had)\s+(?:the |a |an |any )?`?$", asked.text[:start]
        )
        if name != option and not told and any(one.option == name and one.op == "on" for one in asked.plan.filters):
            found.append(name)
    return tuple(dict.fromkeys(found))


#: Two things are held against each other.
_HELD_AGAINST = (
    r"\bapart\b|\bbeats?\b|\boutperform\w*|\bsurpass\w*|\bahead of\b|\bwho wins\b|\bthe other\b|\bminus\b"
    r"|\bside by side\b|\bhead to head\b|\b(?:these|those|both|following) two\b|\bthe two (?:runs|experiments"
    r"|models|settings|of them|together)\b|\bwhich (?:one )?of (?:them|these|those|both|the two)\b"
    r"|\bjuxtapos\w+"
    r"|\bcompar\w*|\bvs\b|\bversus\b|\bagainst\b|\bnext to\b|\bbeside\b|\bbetween\b|\bdifferen\w+"
    r"|\bor\b|\bthan\b|\bgap\b"
)
#: Where one description of a run ends and the other begins, the surest first.
_DESCRIPTION = rf"(?:the |my |that |a )?(?:{_RUN_NOUN}|one)\b"
_BOUNDARIES = (
    r"[\s,]+(?:vs\.?|versus|minus|against|next to|beside|than|compared? (?:with|to|against))\s+"
    rf"(?:for |of |in |that of |those of |the one of )?(?={_DESCRIPTION})",
    rf"[\s,]+(?:above|below|better than|worse than|higher than|lower than) (?:or (?:above|below) )?(?={_DESCRIPTION})",
    rf"[\s,]+(?:beats?|outperforms?|surpass\w*|outdo\w*|exceeds?|over)\s+(?={_DESCRIPTION})",
    rf"[\s,]+(?:and |or )?(?:the )?(?:other|second)(?: {_RUN_NOUN}| one)?(?: is| was| being| has"
    rf"| had)?\s*[:,]?\s+(?:with |using )?",
    rf"[\s,]+or\s+(?:for |of |in |with )?(?={_DESCRIPTION})",
    rf"[\s,]+(?:and|with|to|from)\s+(?:for |of |in |with )?(?={_DESCRIPTION})",
    r"[\s,]+(?:vs\.?|versus|minus|against|next to|than|compared? (?:with|to|against))\s+(?:that of |those of "
    r"|for |of |in |the )?",
    r"[\s,]+or\s+(?:for |of |in |with |the )?",
    r"[\s,]+(?:with|and|from) the\s+",
    r"[\s,;]+(?:and|or|than|vs\.?)\s+(?:for |of |in |with |at |between )?(?:the |a )?",
    r"[\s,;]+(?:to|from|with|against)\s+(?:for |of |in |with |at |between )?(?:the |a )?",
)
#: The boundary that parts two descriptions only where both tell one option, with different values.
_ANYWHERE = len(_BOUNDARIES) - 2
#: From here on no noun tells that the second description is one of its own.
_LOOSE = len(_BOUNDARIES) - 5
#: What both sides have stands before a colon: "GRU: noise 0.2 or 0.4".
_SHARED = re.compile(
    r"^(?P<head>[^:]{3,}):\s+(?=\S)|^(?P<lead>(?:with|without|using|for|among|on|in) [^,]{3,60}),\s+(?=\S)", re.I
)
_BETWEEN = re.compile(r"\b(?:between|differ\w*|gap|apart)\b", re.IGNORECASE)


def _described_sides(asked: _Asked) -> tuple[Side, ...]:
    """Two runs that are each told by values of options or a day, at least three of them in all: what stands before and
    behind the words that part them. () where no place parts the question into two such descriptions."""
    plan, text = asked.plan, asked.plan.question
    timeless = without_spans(text, [one.span for one in plan.intervals])

    head = _SHARED.match(timeless)
    if head and not read_filters(timeless[head.end() :], asked.vocabulary, eager=True).filters:
        head = None  # "... next to the model with one layer: which is better?"
    shared = read_filters(head["head"] or head["lead"], asked.vocabulary, eager=True).filters if head else ()
    if head and head["lead"] and not shared:
        head = None
    begun = head.end() if head else 0

    def side(begin: int, end: int) -> Side | None:
        reading = read_filters(timeless[begin:end], asked.vocabulary, eager=True)
        filters = tuple(one for one in reading.filters if one.op == "=" or (one.op == "off" and not one.value))
        by_option = [one.option for one in filters]
        days = [one for one in plan.intervals if begin <= one.span[0] < end]
        if len(by_option) != len(set(by_option)) or len(days) > 1 or not (filters or days):
            return None
        both = tuple(one for one in shared if one.option not in by_option and one.op in ("=", "off"))
        words = " ".join(text[begin:end].strip(" ?.,:").split())
        return Side(words, both + filters, (), days[0] if days else None, described=words)

    for place, boundary in enumerate(_BOUNDARIES):
        for match in re.finditer(boundary, timeless, re.IGNORECASE):
            if match.start() < begun:
                continue
            one, other = side(begun, match.start()), side(match.end(), len(text))
            if one is None or other is None or (one.filters, one.interval) == (other.filters, other.interval):
                continue
            mine, theirs = ({each.option: each for each in told.filters} for told in (one, other))
            twice = bool(mine.keys() & theirs.keys() - {each.option for each in shared})
            apart = bool(_BETWEEN.search(timeless[begun : match.start()])) and len(mine) == len(theirs)
            restarts = twice and other.filters and other.filters[0].option in mine
            if place >= _ANYWHERE and not (restarts or apart or (one.interval and other.interval)):
                continue
            if (
                place >= _LOOSE
                and not shared
                and len(theirs) == 1
                and theirs.keys() < mine.keys()
                and other.interval is None
            ):
                # "GRU with dropout 0.2 or dropout 0.5": what the second does not name again holds for it too.
                kept = tuple(each for each in one.filters if each.option not in theirs)
                other = replace(other, filters=kept + other.filters)
            told = len(one.filters) + len(other.filters) + bool(one.interval) + bool(other.interval)
            if told >= 3:
                return tuple(replace(each, words=_told_side(each)) for each in (one, other))
    return ()


def _told_side(side: Side) -> str:
    """A side by its conditions: the words around them ask."""
    told = [one.words() for one in side.filters] + ([_plain(side.interval)] if side.interval else [])
    return ", ".join(told)


def _sides(plan: Plan, vocabulary: Vocabulary) -> tuple[Side, ...]:
    """What is to be compared. Two intervals, two values, or the words on both sides of the comparing word."""
    if len(plan.intervals) >= 2 and not _separate(plan):
        shared = tuple(plan.filters)
        return tuple(Side(_plain(i), shared, plan.run_terms, i) for i in plan.intervals[:3])
    equal: dict[str, list[Filter]] = {}
    for one in plan.filters:
        if one.op in ("=", "on", "off"):
            equal.setdefault(one.option, []).append(one)
    # "Is 50 epochs enough or is 100 better?": the option is named with the first value alone.
    second = re.search(
        r"\b(?:or|than|vs\.?|versus|against|over|compared (?:to|with)|instead of)"
        r"(?: (?:is|are|was|would|with|of))? (\d+(?:\.\d+)?)\b",
        plan.query.lower(),
    )
    if len(plan.filters) == 1 and (not second or second[1] == plan.filters[0].value):  # "60 or 100 epochs".
        value = re.escape(plan.filters[0].value) or "$"
        second = re.search(rf"\b(\d+(?:\.\d+)?)\s+(?:or|vs\.?|versus|than|against)\s+{value}\b", plan.query.lower())
    if second and len(plan.filters) == 1 and plan.filters[0].op == "=" and second[1] != plan.filters[0].value:
        first = plan.filters[0]
        equal[first.option].append(replace(first, value=second[1]))
    for option, listed in equal.items():
        if len(listed) > 1:
            shared = tuple(one for one in plan.filters if one.option != option)
            return tuple(Side(one.words(), (one, *shared)) for one in listed[:4])
    text = plan.question
    text = without_spans(text, [i.span for i in plan.intervals])
    match = re.search(
        r"\b(?:how )?(?:does|do|did)\b\s+(?P<i>.+?)\s+compared? (?:with|to|against)\s+(?P<j>.+)|"
        r"\b(?:compare|comparison (?:of|between)|compared?|"
        r"differences? between)\b\s+(?P<a>.+?)\s+\b(?:and|with|to|against|versus|vs\.?)\s+(?P<b>.+)|"
        r"(?:\bis|\bare|\bwas|\bwere|\bdoes|\bdid|\bdo)?\s*(?P<c>[^,?]+?)\s+(?:(?:is|was|are|"
        r"were|do|did|does|perform\w*|work\w*|really|clearly|much|any|higher|lower|"
        r"[a-z]+)\s+)?(?:better than|worse than|beats?|outperform\w*|versus|vs\.?|against|"
        r"(?:higher|lower)[\w ]* than|compared (?:to|with)|differ(?:s|ed)? from)\s+(?P<d>[^?]+)|"
        r"(?:better|worse)\b[^,:?]*[,:]\s*(?P<e>.+?)\s+or\s+(?P<f>[^?]+)|"
        r"(?P<g>.+?)\s+or\s+(?P<h>[^?]+?)\s+(?:[a-z]+ )?(?:better|worse)",
        text,
        re.IGNORECASE,
    )
    if not match:
        return ()
    pairs = [(match[a], match[b]) for a, b in ("ij", "ab", "cd", "ef", "gh") if match[a] and match[b]]
    sides = []
    named = [one.option for words in pairs[0] for one in read_filters(words, vocabulary, eager=True).filters]
    for words in pairs[0]:
        words = words.strip(" ?.,`")
        reading = read_filters(words, vocabulary, eager=True)
        if not reading.filters:  # "noise_prob 0.8 against 0.0", "GRU or None": the option is named once.
            known = [
                Filter(option, "=", value.strip("'\""))
                for option in dict.fromkeys(named)
                for value in vocabulary.options.get(option, ())
                if value.strip("'\"").lower() == words.lower()
            ]
            if known:
                sides.append(Side(words, (known[0],)))
                continue
        told = telling_words(words, reading, vocabulary)
        if not reading.filters and not told["run_terms"] and told["unknown"]:
            return ()
        if reading.filters or told["run_terms"]:
            sides.append(Side(words, reading.filters, told["run_terms"]))
    if len(sides) == 2 and sides[0].filters != sides[1].filters:
        return tuple(sides)
    if len(sides) == 2 and sides[0].terms != sides[1].terms:
        return tuple(sides)
    return ()


def _plain(interval: Interval) -> str:
    """The days in the words of the question, without their preposition."""
    return re.sub(r"^(?:of|on|in|during|from|for)\s+", "", interval.phrase) or interval.words


def _separate(plan: Plan) -> bool:
    return len(plan.intervals) != len({(i.start, i.end) for i in plan.intervals})
