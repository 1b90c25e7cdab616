"""Takes a question out of what is said around it: requests, reasons for asking, what the answer is wanted for.

"For my talk on Friday I would be grateful if you could tell me which run was best" asks which run was best. Text in,
text out; what names settings, runs or days of the question itself stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant.items import STATE_ASKED

#: What an answer may be wanted for.
_FOR = (
    r"(?:talk|thesis|paper|report|table|slides?|meeting|presentation|appendix|poster|seminar|chapter|section|draft"
    r"|rebuttal|deadline|defen[cs]e|proposal|dissertation|abstract|plot|record|records|curiosity|summary|manuscript"
    r"|write-?up|e-?mail|letter|reviewers?|advisor|adviser|supervisor|professor|prof|boss|group|colleagues?|lab|files|"
    r"documentation|readme|submission|caption|introduction|camera[- ]ready|supplement|application|discussion|call)"
)
WANTED_FOR = rf"\b{_FOR}\b"
_PERSON = (
    r"(?:my |our |the |a )?(?:advisor|adviser|supervisor|professor|prof|boss|colleague|co-?author|reviewer|student|"
    r"friend|lab ?mate|somebody|someone|he|she|they)"
)
_ASKING = r"(?=(?:what|which|how|when|whether|if|where|why|who|on what|in which)\b)"
_NEED = (
    r"(?:have|has|had|need|needs|must|want|wants|wanted|am|'m|’m|are|is|was|were|will|'ll|should|would|'d|can't"
    r"|cannot|can"
    r"|could|couldn't|forgot|forget|lost|don't|do|didn't|plan|plans|decide|start|begin|write|prepare|make|ask|asks"
    r"|asked"
    r"|might|may|intend|still|only|just|now|also|cannot)"
)

#: What stands before a question and asks nothing itself.
_REQUEST = re.compile(
    r"^(?:"
    r"(?:and|so|but|ok|okay|well|now|then|also|next|first of all|dear \w+|good (?:morning|afternoon|evening"
    r"|day))[\s,!.:]+"
    r"|(?:please|kindly|maybe|perhaps)[\s,]+"
    r"|(?:i|we)(?: would|'d|’d) (?:be (?:very |really |so |most )?(?:grateful|thankful|glad|happy|obliged|pleased)"
    r"|(?:really |greatly |much )?appreciate(?: it)?) (?:if|for|to)(?: you (?:could|would|can)| know| hear| see)?\b"
    r"|it would (?:be (?:\w+ )?(?:great|nice|helpful|good|useful|kind|lovely|interesting)|help(?: me)?)(?: \w+)??"
    r" (?:if you (?:could|would|can)|to (?:know|see|hear|have|get)|for me to know)\b"
    r"|(?:would|could|can|will) (?:you|u|one|somebody|someone)(?: please| pls| kindly| maybe| perhaps| possibly"
    r"| quickly"
    r"| also| just)*(?: be so (?:kind|good|nice) (?:as )?(?:to|and)| be able to| mind)?"
    r" (?=(?:list|listing|show|showing|give|giving|find|finding|check|checking|compare|comparing|look|tell|telling"
    r"|summari|count"
    r"|explain|say|name|print|help|remind|point|pull|dig|fetch|get|report|let|state|confirm|recall|remember)\w*\b)"
    r"|(?:would|is|might) it be possible (?:for you )?to\b|is it possible to\b"
    r"|(?:may|might|can|could) i (?:please |just |quickly )?(?:ask(?: you)?|know|find out|inquire)\b(?: about)?"
    r"|(?:can|could|may) (?:i|we) (?:please |just )?(?:get|have|see)\b(?: (?:an? )?(?:overview|list|summary) of)?"
    r"|(?:i|we)(?: would|'d|’d)? (?:really |just |only |also |now )?(?:like|love|want|wish|need|have|try|am trying"
    r"|'m trying)"
    r"(?: to|ed to)?(?: be able to)? (?:know|see|find out|learn|hear|understand|check|look up|figure out|get|recall"
    r"|remember"
    r"|find|be told|be sure|look at|make sure|list|have)\b(?: again)?(?: about| whether it is true that)?"
    r"|i(?: am|'m|’m) (?:trying|attempting) to (?:remember|recall|find(?: out)?|figure out|reconstruct|see|check"
    r"|work out)\b"
    r"|i(?: am|'m|’m) (?:currently |just )?(?:looking for|interested in|searching for|after|curious(?: to know)?"
    r"|not sure"
    r"|unsure|wondering|asking myself)\b(?: about)?"
    r"|(?:i|we) (?:was|were|am|are|have been|had been)? ?(?:just )?wonder(?:ing|ed)?\b(?: about)?"
    r"|(?:i|we) (?:just |simply |really )?(?:can(?:no|'|’)?t|can not|do(?:n't|n’t| not)|could(?:n't| not)) (?:quite "
    r"|really )?"
    r"(?:remember|recall|know)(?: anymore| any more| any longer)?\b"
    r"|(?:i|we) (?:forgot|have forgotten|forget|lost track of)\b(?= (?:what|which|how|when|whether|if|where|the))"
    r"|(?:do|would|could|can) (?:you|u)(?: happen to| still| by any chance)? (?:know|remember|recall|have"
    r"|tell)(?: me)?\b"
    r"|i (?:seem to |vaguely |faintly |think i |believe i |dimly )(?:recall|remember)(?: that)?\b"
    r"|(?:could|can|would) (?:you|u) (?:please )?(?:help me (?:to )?)?(?:remember|recall|find|find out|figure out"
    r"|see)\b"
    r"|help me (?:to )?(?:remember|recall|find|find out|figure out|see|understand|with)\b"
    r"|(?:an? |the )?(?:\w+ )??(?:table|list|listing|overview) (?:of|with) (?=(?:all|the|my|every|runs|experiments)\b)"
    r"|let me (?:know|see)\b|(?:please )?(?:tell|show|give|remind|inform|send|fetch) me\b(?: about| of)?(?: again)?"
    r"|(?:please )?(?:tell|say|state|specify|look up|find out|recall|confirm|check|see|explain) "
    r"(?:me |us |for me |once more |again )*" + _ASKING + r"|(?:give|show)(?: me| us)? an? (?:\w+ )?(?:overview|list"
    r"|listing|"
    r"summary) (?:of|about)\b|what (?:i|we)(?: would|'d)?(?: really| just)? (?:want|like|need|am trying)(?: to know"
    r"| to see| to "
    r"ask| to find out)? (?:is|now is)\b|(?:the|my|another|one|next|a|one more|small|quick|short|last"
    r"|other)(?: \w+)? question"
    r"(?: is| would be| for you)?\b[:,]?|(?:question|request|query)[:,]"
    r"|" + _PERSON + r" (?:wants|wanted|would like|needs|needed)(?: me)? to know\b"
    r"|" + _PERSON + r" (?:just |has |have |keeps )?(?:asks|asked|asking|is asking|was asking)(?: me)?(?: today"
    r"| again)? "
    + _ASKING
    + r"|(?:if|as far as|so far as) (?:i|we) (?:remember|recall|know|can tell|am not mistaken)"
    r"(?: correctly| right(?:ly)?| well)?"
    r"|it(?:'s| is| was) for (?:my |our |the |a )?[\w'’-]+\s*[:,]|is it (?:true|right|correct|so"
    r"|the case) that (?=there\b)"
    r"|(?:in your opinion|from what you (?:see|know)|according to (?:the |my )?(?:notes|vault|records|logs|diary"
    r"|log ?book))\b"
    r"|what would you say (?:was|is|were)\b(?= the)"
    r")[\s,:;.!–-]*",
    re.IGNORECASE,
)  # fmt: skip

#: A clause that only tells why something is asked.
_REASON = re.compile(
    r"^(?:"
    r"(?:just |only )?(?:for|in|regarding|concerning|with regard to|because of) (?:my |our |the |a |an |this |that "
    r"|his |her )?"
    rf"(?:[\w'’-]+ ){{0,3}}?{_FOR}\b.*"
    r"|(?:as|since|because|now that|given that|seeing that|considering that|while|when|before|after|so that|in case"
    r"|if) "
    rf"(?:i|we|{_PERSON})(?:'m|’m|'ll|'d|'ve)? ?{_NEED}?\b.*"
    r"|(?:just |only )?(?:in order |so as )?to (?:be (?:sure|certain|safe|on the safe side|precise)|make sure"
    r"|(?:\w+ )(?:my|the|a|"
    r"an|our|this|it|up|out|in|something|better)\b.*)"
    r"|(?:if|as far as|so far as|provided) (?:i|my memory|memory) (?:remember|recall|know|can tell|am not|'m not"
    r"|’m not|see|serves"
    r"|got)\b.*"
    r"|i(?:'m| am|’m) (?:just |currently |now )?(?:writing|preparing|making|filling|drafting|working|about|looking"
    r"|trying|going|"
    r"compiling|putting|updating|checking|revising|finishing|reading|planning|thinking|not sure|sorry|lost"
    r"|confused)\b.*"
    r"|(?:i|we)(?: would|'d)? (?:need|have|want|must|like|plan|should)(?: to)? (?:write|prepare|report|fill|present"
    r"|show|make|update|"
    r"compile|give|decide|plan|hand in|submit|finish|reproduce|repeat|choose|set up|start)\b.*"
    rf"|{_PERSON} (?:wants?|asks?|asked|needs?|is asking|would like|wanted|just asked|keeps asking)\b.*"
    r"|(?:just )?(?:out of (?:curiosity|interest)|curious|for (?:context|reference|the record|comparison|completeness"
    r"|clarity"
    r"|my understanding)|one (?:more )?thing|by the way|sorry(?: to bother.*| for .*)?|excuse me|if (?:possible"
    r"|you can|you don'?t mind"
    r"|that is ok|that'?s ok(?:ay)?)|when(?:ever)? you have (?:a |some )?(?:time|minute|moment)|no hurry|thank(?:s"
    r"| you).*"
    r"|(?:my )?memory (?:fails|is bad).*|i (?:forgot|have forgotten|lost (?:track|my notes|it)|need (?:it|this|that"
    r"|help)).*)"
    r")$",
    re.IGNORECASE,
)

#: The same, behind the question.
_AFTERWARDS = re.compile(
    r"(?:"
    r"[\s,(–-]+(?:just |only |and |which )?(?:i |we )?(?:need |want |ask |am asking |'m asking )?(?:it |this |that "
    r"|them )?"
    rf"for (?:my|our|the|a|an|this|his|her|tomorrow's|next \w+'s|today's)\s(?:[\w'’-]+ ){{0,2}}?{_FOR}\b[^?]*?"
    r"|[\s,(–-]+(?:because|since|as|so that|so) (?:i|we) (?:need|want|have|must|can|could|am|'m|forgot|lost|will"
    r"|would|should|may"
    r"|cannot|can't|don't|do not)\b[^?]*?"
    r"|[\s,(–-]+(?:in order |so as )?to (?:put|include|write|report|mention|cite|show|add|copy|insert|paste|use|quote) "
    r"(?:it|this|that|them|these) (?:in|into|for|to|on|down|at)\b[^?]*?"
    r"|[,(–-]+\s*(?:if (?:possible|you can|you could|i may ask|you don'?t mind|any|at all|that is ok)"
    r"|if i (?:remember|recall|may)[^?]*?"
    r"|i (?:forgot|can'?t remember|cannot remember|don'?t remember|need (?:it|this|that))[^?]*?|by the way|roughly"
    r"|approximately"
    r"|do you (?:know|remember|recall)|can you (?:tell(?: me)?|check|say|look)|could you (?:tell(?: me)?|check"
    r"|look)[^?]*?"
    r"|as far as (?:i|you) (?:know|remember)|please|thanks?|thank you[^?]*?|according to (?:the |my )?(?:notes|vault"
    r"|records)"
    r"|right|correct|wasn'?t it|isn'?t it|didn'?t i|no|or\?)"
    r")[\s).!]*(?P<mark>\?*)[\s.!]*$",
    re.IGNORECASE,
)
_WRITING_AND_ASKING = re.compile(
    r"^(?:i|we)\b[^,?]{3,90}?\b(?:and|so|but) (?:i |we )?(?:would|'d|need|want|wonder|wish|am|was|have|must|can't"
    r"|cannot|could|should)"
    r"\b[^,?]*?\b(?:know|see|find out|check|wondering|wonder|ask|learn|remember|recall|report)\b[\s,:]*" + _ASKING,
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"^(?P<clause>[^,:;?!]{2,140}?)(?:[,:;]|[.?!](?=\s)|\s[–-])\s+(?P<rest>\S.*)$")
#: "As I must report tomorrow which run was best" without a comma, and "for the record which run was best".
_UNPARTED = re.compile(
    rf"^(?:(?:for|before|until) (?:my |our |the |a )(?:[\w'’-]+ ){{0,2}}?{_FOR}(?: (?:tomorrow|today|next week"
    r"|on \w+day))?) "
    r"(?P<rest>(?:i (?:need|want|would like|'d like)|what|which|how|when|show|list|give)\b.*)$",
    re.IGNORECASE,
)
_WANTED = re.compile(
    r"^(?:i|we)(?: would|'d|’d| will|'ll)? (?:just |only |really |also |now |still |urgently )*(?:need|want|like"
    r"|require|am missing|miss)"
    r"(?: to have| to know| to get| to see)?\b\s*",
    re.IGNORECASE,
)
_WHETHER = re.compile(
    r"^(?:whether|if)\s+(?=(?:i|we|the|my|a|an|any|there|it|this|that|some|noise|more)\b)", re.IGNORECASE
)


def main_question(text: str, tells: Callable[[str], bool], structured: Callable[[str], bool]) -> str:
    """The question without the courtesies and reasons around it.

    Args:
        tells: whether a clause names settings or days that the rest needs.
        structured: whether a text asks for runs, figures or tasks; reasons are kept before all other questions, since
            "for the paper" may be what a question about notes turns on.
    Returns: the text itself where nothing would be left.
    """
    left = text.strip()
    for _ in range(6):
        before = left
        left = _step(left, tells, structured)
        if left == before:
            break
    return left if re.search(r"\w\w", left) else text


def _step(text: str, tells: Callable[[str], bool], structured: Callable[[str], bool]) -> str:
    request = _REQUEST.match(text)
    if request and len(text[request.end() :].split()) > 1:
        return text[request.end() :]
    asking = _WRITING_AND_ASKING.match(text)
    if asking and not tells(text[: asking.end()]) and structured(text[asking.end() :]):
        return text[asking.end() :]
    unparted = _UNPARTED.match(text)
    if unparted and structured(unparted["rest"]):
        return unparted["rest"]
    wanted = _WANTED.match(text)
    if wanted and structured(text[wanted.end() :]):
        return text[wanted.end() :]
    clause = _CLAUSE.match(text)
    if (
        clause
        and _REASON.match(clause["clause"].strip())
        and structured(clause["rest"])
        and not tells(clause["clause"])
    ):
        return clause["rest"]
    behind = _AFTERWARDS.search(text)
    if behind and behind.start() > 8:
        rest = text[: behind.start()] + behind["mark"]
        # "How do things stand with the slides for the seminar": the words may be the item's own.
        if not STATE_ASKED.search(text) and structured(rest) and not tells(behind.group()):
            return rest
    return text


_ASKED_BEHIND = re.compile(
    r",\s*(?:then )?(?:what|which|how|when|where|why|who|does|do|is|are|will|would|can)\b", re.IGNORECASE
)


def asks_whether(text: str) -> str:
    """ "Whether I have tried noise" as the question it is: "have I tried noise"."""
    match = _WHETHER.match(text)
    # "If we train longer, what happens to the loss" has its question behind the condition.
    if not match or _ASKED_BEHIND.search(text):
        return text
    rest = text[match.end() :]
    turned = re.match(
        r"(?P<who>i|we|there|the \w+(?: \w+)?|it|this|that|my \w+) (?P<how>have|has|had|did|do|does|is|was|were|are"
        r"|can|could|should)\b"
        r"(?: (?P<more>already|ever))?\s*",
        rest,
        re.IGNORECASE,
    )
    if turned:
        more = f"{turned['more']} " if turned["more"] else ""
        return f"{turned['how']} {turned['who']} {more}{rest[turned.end() :]}"
    lead = "did " if re.match(r"(?:i|we)\b", rest, re.IGNORECASE) else "is it so that "
    return lead + rest
