"""Tells questions for an explanation, a way or a thought from those for one attribute of a thing."""

from __future__ import annotations

import re

from assistant.asked import Plan

#: "What rate", "which brand", "how many", "who": asked for one attribute, which has to stand there by its name.
_OPEN = re.compile(
    r"(?:^|[,;:.?!] )(?:so |and |but |any |the )*(?:why\b|how come\b"
    r"|how(?! (?:many|much|long|often|big|large|small|high|low|fast|slow|old|far|loud|heavy|expensive)\b)\b"
    r"|what(?:'s| is| was| were| are| do| did| does| made| makes| could| should| would| has| had| have| can"
    r"| might| must| happens| happened| went| goes| comes| came| caused| causes| speaks| helps| helped| kind of"
    r"| to do)\b"
    r"|where (?:did|do|does)\b.*\bcome from\b|what (?:set-?up|method|trick|way)\b|method\b"
    r"|any (?:idea|thought|note|advice|plan)s?\b|(?:idea|thought|reason|plan)s?\b)"
)


def is_open(plan: Plan) -> bool:
    """Whether a question asks for an explanation, a way or a thought, rather than for one attribute of a thing."""
    return bool(_OPEN.search(plan.question.lower()))
