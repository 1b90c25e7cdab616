"""Tells whether a question names an item of the to-do notes, in whatever form of its words: "how far am I with
ordering the microphone?" names the item "Order a microphone"."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable

from vault_sync.terms import STOP_WORDS, stem, terms

#: Of an item's words, by weight, so many have to stand in a question that names it; and of the question's in the item.
_LEAST_OF_ITEM, _LEAST_OF_QUESTION, _LEAST_WHEN_ALL = 0.62, 0.5, 0.4
#: Items that are this close to the best one are meant as well.
_AS_GOOD = 0.98
#: Words that ask for the state of something and stand in no item for themselves.
_ASKING_TEXT = """
state status stand stood standing stands progress far along finished finish done complete completed completing through
already yet still open ever managed manage got gotten get round around left pending started start begun working work
ticked tick off list to-do todo task tasks item items anything news now today happened become became outcome thing
things end manage actually really finally point over last check whether know tell remember current currently going
coming go gone went look looks looking date update sorted settled undone unfinished ongoing cancelled deferred
"""
_ASKING = frozenset(_ASKING_TEXT.split())
#: Verbs whose past has another stem.
_PAST_TEXT = """
made make wrote write written write sent send bought buy ran run built build got get gotten get took take taken take
gave give given give found find did do done do met meet told tell drew draw drawn draw chose choose chosen choose
thought think kept keep began begin begun begin spoke speak spoken speak taught teach went go gone go came come paid pay
brought bring held hold left leave lent lend meant mean sold sell said say saw see seen see shown show sought seek
spent spend stood stand threw throw thrown throw understood understand won win broke break broken break caught catch
drove drive ate eat fed feed felt feel forgot forget forgotten forget froze freeze frozen freeze hung hang heard hear
led lead lost lose rebuilt rebuild redid redo redone redo reran rerun rewrote rewrite rewritten rewrite sped speed
tried try tidied tidy copied copy applied apply studied study replied reply modified modify verified verify
"""
#: Verbs that say the same of an item.
_LIKE = {
    "rid": "remov",
    "gather": "collect",
    "repli": "answer",
    "reply": "answer",
    "trim": "shorten",
    "bring": "get",
    "purchas": "buy",
    "swap": "replac",
    "delet": "remov",
    "erect": "build",
    "repair": "fix",
    "mend": "fix",
    "rewrit": "writ",
    "ring": "call",
    "phon": "call",
    "back": "return",
    "summary": "summaris",
}
_PAST = dict(zip(_PAST_TEXT.split()[::2], _PAST_TEXT.split()[1::2], strict=True))
#: Verbs that tell next to nothing of an item.
_LIGHT = frozenset(("mak", "do", "get", "tak", "put", "go", "try", "let", "keep", "find", "hav", "giv", "com"))


def root(word: str) -> str:
    """A word without its ending; coarser than `stem`: "make", "made" and "making" meet."""
    word = _PAST.get(word, word)
    found = stem(word)
    for ending in ("ing", "ed"):
        if found == word and word.endswith(ending) and len(word) - len(ending) >= 2:
            found = word[: -len(ending)]
            found = found[:-1] if len(found) > 3 and found[-1] == found[-2] and found[-1] not in "lsz" else found
    return found[:-1] if len(found) > 3 and found.endswith("e") else found


def roots(text: str) -> list[str]:
    """The roots of a text's words, stop words left out."""
    listed: list[str] = []
    for term in terms(text):
        for word in (
            term.text,
            *(part for part in term.parts if part.isalpha() and len(part) > 2 and "." in term.text),
        ):
            if word not in STOP_WORDS and root(word) not in listed:
                listed.append(root(word))
    return listed


class Items:
    """The items of a vault's to-do notes by their words."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts: list[str] = []
        self._roots: list[frozenset[str]] = []
        self._holding: dict[str, list[int]] = {}
        for text in dict.fromkeys(texts):
            held = frozenset(roots(text))
            if held:
                for one in held:
                    self._holding.setdefault(one, []).append(len(self._texts))
                self._texts.append(text)
                self._roots.append(held)
        #: Roots by their first three letters.
        self._begun: dict[str, list[str]] = {}
        for one in self._holding:
            self._begun.setdefault(one[:3], []).append(one)

    def _weight(self, one: str) -> float:
        rarity = math.log(2 + len(self._texts) / (1 + len(self._holding.get(one, ()))))
        return 0.3 * rarity if one in _LIGHT or one in _ASKING_ROOTS else rarity

    def _own(self, one: str) -> str:
        """The root of the items that a clipped or compound one stands for: "arg" for argument, "cleanup" for clean."""
        if one in self._holding or one in _ASKING_ROOTS or len(one) < 3:
            return one
        if _LIKE.get(one, "") in self._holding:
            return _LIKE[one]
        alike = self._begun.get(one[:3], ())
        near = [
            held for held in alike if len(one) > 5 < len(held) and held[:6] == one[:6] and abs(len(held) - len(one)) < 4
        ]
        if len(near) == 1:  # "Summary" of "summarise".
            return near[0]
        longer = [held for held in alike if held.startswith(one)]
        shorter = [held for held in alike if len(held) > 3 and one.startswith(held) and len(one) - len(held) <= 4]
        return longer[0] if len(longer) == 1 else max(shorter, key=len, default=one)

    def named(self, question: str) -> tuple[str, ...]:
        """The texts of the items that a question names, the best first; () when it names none.

        Most of an item's words have to stand in the question, at least two of them or all, and most of what the
        question says besides asking for a state has to stand in the item.
        """
        asked = roots(question)
        if not asked or not self._texts:
            return ()
        asked = [self._own(one) for one in asked]
        numbers = set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)", question))
        shared = Counter(place for one in asked for place in self._holding.get(one, ()))
        found: list[tuple[float, int]] = []
        for place, count in shared.most_common(64):
            held = self._roots[place]
            own = set(re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)", self._texts[place]))
            if own and numbers and not own & numbers:
                continue  # "... with weight 1" is not "... with weight 0.2".
            met = sum(self._weight(one) for one in asked if one in held)
            whole = sum(self._weight(one) for one in held)
            said = sum(self._weight(one) for one in asked if one in held or not (one in _ASKING_ROOTS or one in _LIGHT))
            # "The splitting of train.py": a question that says nothing else may leave words of the item out.
            least = _LEAST_OF_ITEM if met < 0.9 * said else _LEAST_WHEN_ALL
            if (count >= 2 or len(held) == 1) and met >= least * whole and met >= _LEAST_OF_QUESTION * said:
                found.append((met / whole * met / said, place))
        found.sort(key=lambda pair: -pair[0])
        return tuple(self._texts[place] for score, place in found if score >= _AS_GOOD * found[0][0])


_ASKING_ROOTS = frozenset(root(word) for word in _ASKING)

#: Forms that ask how things stand with something.
STATE_ASKED = re.compile(
    r"\b(?:\w+ed|drawn|made|sent|bought|written|built|split)\s*\?*\s*$|\b(?:matters|it|things) stands?\b"
    r"|\bhow far\b|\bhow (?:do|did|are|were|is|was) (?:things|it|matters|we|i)(?: \w+)? (?:stand|standing"
    r"|going|coming"
    r"|look|looking|doing)\b|\bwhere (?:do|did|are|were|am|was) (?:things|we|you|i|it)(?: \w+)? (?:stand|standing"
    r"|at|with)\b"
    r"|\bhow (?:is|was|are|were)\b.*\b(?:going|coming(?: along| on)?|progress\w*|doing|getting on|looking)\b"
    r"|\b(?:state|status|progress|situation|standing)\b (?:of|on|with|for|regarding|concerning|about)\b"
    r"|\b(?:any|what) (?:news|progress|update)s?\b|\bwhat(?:'s| is| was|s)? (?:the |my |our )?(?:state|status|progress"
    r"|situation)\b|\bwhat (?:became|has become|happened|came) (?:of|to|with)\b|\bwhat about\b|\bhow about\b"
    r"|\b(?:done|finished|through|ready|over and done)\b(?: yet| already)? with\b"
    r"|\b(?:done|finished|completed?|ticked|checked off|closed|ready|open|pending|outstanding|sorted|settled"
    r"|taken care of|dealt with|handled|started|begun|under ?way|in progress|to be done|left to do|ongoing|cancelled"
    r"|deferred|postponed|dropped|crossed off|crossed out|struck|wrapped up|behind me)\b"
    r"|\b(?:still|yet) (?:have |need |got |want |has |needs )?to\b|\bon (?:my|the) (?:to-?do )?(?:list|plate)\b"
    r"|\b(?:\w+ed|\w+en|drawn|made|done|sent|bought|built|run|read|set|put|split|kept|found|met|told|got"
    r"|cut)(?: \w+)? (?:yet|already)\b"
    r"|\bhow (?:did|does|has) (?:it|that|this|things) (?:go|went|gone|turn out|work out|end)\b"
    r"|\bhow did\b.*\b(?:go|turn out|work out|end)\b"
    r"|\b(?:\w+ed|\w+en|drawn|made|done|sent|bought|built|written) or not\b|\boff (?:my|the) (?:list|plate"
    r"|desk)\b|\b(?:task|item|todo)s?\b"
    r"|\bto-?do\b|\bget (?:around|round) to\b|\bgot(?:ten)? (?:around|round) to\b|\bstatus\b",
    re.IGNORECASE,
)
