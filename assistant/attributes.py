"""What a question asks for by an attribute - an age, a price, a clock time, a unit - and how a section tells it."""

from __future__ import annotations

import re

_MONEY = r"[€$£₩]|\b(?:euros?|eur|usd|dollars?|won|krw|cents?|paid|pays?|price\w*|for free|budget|vouchers?)\b"
_A_DAY = (
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?\b|\b\d{1,2}(?:st|nd|rd|th)\b|\btomorrow\b"
    r"|\b(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)(?:uary|ruary|ch|il|ust|ember|ober)?\b|\b20\d\d\b"
    r"|\b(?:next|this) (?:week|month)\b|\bin (?:\w+ )?(?:days?|weeks?|months?)\b|\b\d{1,2}[./]\d{1,2}\b"
)
#: What a question asks for by an attribute, and how a sentence tells it.
_ATTRIBUTES = tuple(
    (re.compile(asked), re.compile(told, re.IGNORECASE))
    for asked, told in (
        (r"\bhow (?:old|young)\b|\bwhat age\b", r"\b(?:age[ds]?|old|young\w*|years?|born)\b"),
        (
            r"\bhow (?:much|expensive)\b.*\b(?:paid|pay|pays|salary|wages?|price|earn\w*|expensive)\b|\bwhat price\b",
            _MONEY,
        ),
        (
            r"\b(?:which|what) (?:day|date|weekday) (?:is|are|will|does|do)\b"
            r"|\bwhen (?:is|are|will|do|does)\b.*\bnext\b|\bnext (?:meeting|appointment|talk|call|visit)\b.*\bwhen\b",
            _A_DAY,
        ),
        (r"\bhow (?:loud|noisy|quiet)\b", r"\bdb\w*\b|\bloud|\bquiet|\bnois[ey]"),
        (r"\bhow (?:hot|warm|cold)\b", r"\bdegrees?\b|°|\bhot\b|\bwarm|\bcold\b|\btemperature"),
        (r"\bhow heavy\b", r"\b(?:k?g|grams?|kilos?|heavy|weigh\w*)\b"),
        (r"\bperplexity\b", r"\bperplexit"),
        (
            r"\b(?:reverberation|reverb|decay|start-?up|loading|training|inference|response|attack|waiting) time\b",
            r"\d ?(?:ms|s|sec\w*|min\w*|h|hours?|days?)\b|\b(?:seconds?|minutes?|hours?|night|whole day)\b",
        ),
        (
            r"\b(?:milli|micro|kilo)?watts?\b|\bpower (?:draw|consumption)\b",
            r"\b[mk]?w(?:h|atts?)?\b|watts?\b|\bjoules?\b",
        ),
        (r"\b(?:in|how many) (?:decibels?|db)\b", r"\bdb\w*\b|\bdecibels?\b"),
        (r"\b(?:auroc|auc|roc)\b", r"\b(?:auroc|auc|roc)\b"),
        (r"\b(?:g?flops?|macs|mult-?adds)\b", r"\b(?:[kmgt]?flops?|m?macs|mult-?adds|operations)\b"),
        (
            r"\b(?:standard deviation|variance|std|error bars?)\b",
            r"\b(?:deviation|variance|std|spread|error bars?|var(?:y|ies))\b|±|\+/-",
        ),
        (r"\bp-? ?values?\b|\bsignificance level\b", r"\bp ?[=<]|\bp-? ?value|\bsignifican"),
        (r"\bconfidence intervals?\b", r"\bconfidence|\bbootstrap|±|\+/-"),
        (r"\bsampl(?:e|ing) (?:rate|frequency)\b", r"\b(?:k?hz|sampl(?:e|ing) (?:rate|frequency)|resampl\w*)\b"),
        (
            r"\b(?:disk|storage|memory) size\b|\bvram\b|\bhow (?:much|many) (?:ram|memory|disk|storage|space"
            r"|gigabytes?|megabytes?|gb|mb)\b",
            r"\d ?(?:[kmgt]i?b|bytes?|giga\w+|mega\w+|tera\w+)\b|\bcapacity\b",
        ),
        (
            r"\b(?:total|disk|storage) capacity\b|\bcapacity of\b|\bhow (?:big|large) is the (?:disk|drive)\b"
            r"|\b(?:total )?size of the (?:disk|drive|partition)\b|\b(?:disk|total) size of\b",
            r"\bcapacity\b|\bin (?:all|total)\b|\b(?:limit\w*|quota|allowance)\b|\b\d+ ?[gt]i?b (?:disk|drive"
            r"|ssd|hdd|nas)\b",
        ),
        (
            r"\bhow much (?:power|energy|current|electricity)\b",
            r"\d ?(?:[mk]?w(?:h|atts?)?|m?a(?:h|mps?)?|m?j(?:oules?)?)\b|\bwatts?\b|\bjoules?\b|\bamp\w*\b"
            r"|\bbattery\b",
        ),
        (r"\bhow much (?:money|budget)\b", _MONEY),
        (
            r"\bhow much time\b",
            r"\d ?(?:ms|s|sec\w*|min\w*|h|hours?|days?|weeks?)\b|\b(?:seconds?|minutes?|hours?|nights?|days?"
            r"|weeks?)\b",
        ),
        (
            r"\bwhat (?:do|does|did|would|will|is|was) .*\bcosts?\W*$|\b(?:price|costs?) of\b",
            rf"{_MONEY}|\bcosts?\b|\d ?(?:points?|%|percent)",
        ),
        (
            r"(?<!or )\b(?:median|percentile|quartile|quantile)\b(?! or\b)",
            r"\b(?:median|percentile|quartile"
            r"|quantile)",
        ),
        (r"\bcorrelation\b", r"\bcorrelat|\br ?="),
        (
            r"\bwhere\b.*\b(?:take[s]? place|took place|be held|is held|held|located)\b|\bin (?:which"
            r"|what) (?:city|town|room"
            r"|building|country)\b",
            r"\b(?:in|at|to) [A-Z][a-z]{2,}|\b[Rr]oom [A-Z]?\.?\d|\b(?:building|hall|floor|online|zoom|kitchen"
            r"|library|campus"
            r"|office|institute|seminar room|meeting room|here)\b",
        ),
        (
            r"\b(?:file ?names?|their names|the names)\b",
            r"(?<!\w)[\w/-]+\.(?:py|sh|json|txt|pt|pth|ckpt|ya?ml|csv|wav|flac|npz|npy|md|toml|ipynb|log)\b"
            r"|`[^`]*[./]\w+[^`]*`"
            r"|\b(?=[0-9a-f]*\d)[0-9a-f]{6,}\b|(?<=[a-z,] )(?!NaN)[A-Z][a-z]{2,}\b",
        ),
        (
            r"^\W*(?:the )?names of (?:the|our|my|all)\b",
            r"`[^`]+`|\"[^\"]+\"|(?<=[a-z,] )[A-Z][a-z]{2,}\b|\b[A-Z][a-z]{2,},? (?:and|,) [A-Z]",
        ),
        (r"\b(?:what|which) (?:session |final |last )?numbers\b", r"\d+\.\d|\d ?(?:%|percent|points?)"),
        (
            r"\b(?:limit|size|amount) of (?:the|our|my) (?:\w+ )?quota\b|\bwhat(?:'s| is| was) (?:the|our"
            r"|my) (?:\w+ )?quota\b",
            r"\b(?:limit\w*|quota|cap|allow\w*|max\w*|at most|up to)\b[^.\n]*\d|\d[^.\n]*\b(?:limit\w*|quota|cap"
            r"|allow\w*|max\w*)\b",
        ),
        (
            r"\b(?:their|the) ids?\b|\b(?:which|what) (?:speaker |user )?ids\b",
            r"`[^`]*\d[^`]*`|\b(?=[a-z]*\d)[0-9a-f]{4,}\b|\bids?\W{1,2}\w*\d",
        ),
        (
            r"\bseed (?:numbers?|values?)\b|\b(?:which|what) seeds?\b|(?<!of )(?<!many )\bseeds? (?:of|for) the\b",
            r"\bseeds?\W{1,3}(?:\w+ )?\d|\b(?:random_state|generator|manual_seed|randomstate)\W+(?:\w+ )?\d",
        ),
        (
            r"\b(?:what|which) (?:[\w.-]+ )?version\b|^\W*version (?:number )?of\b",
            r"\bversions?\b|\bv\d|(?<![\d.])\b[A-Za-z][\w.-]*[ /=]{1,2}\d+\.\d+(?! ?(?:points?|%|percent|s\b"
            r"|ms\b|gb\b|db\b))",
        ),
        (
            r"\bcommit hash\b|\b(?:which|what) (?:was the )?commit\b(?! tool| message)",
            r"\bcommit|`[0-9a-f]{6,}`|\b(?=\w*\d)[0-9a-f]{7,}\b",
        ),
        (
            r"\bfalse (?:alarm|accept\w*|trigger|positive)s? rates?\b|\brates? of false\b",
            r"\balarms?\b|\bfalse\b|\btrigger|\bwakes?\b|\bfires?\b",
        ),
        (r"\blearning rate\b|\bwhat lr\b", r"\blearning rate|\blr\b|\blr_"),
        (
            r"\b(?:at|what|which) (?:hour|time of (?:the )?day|o'?clock)\b|\bat what time\b|\bwhat time (?:is|was"
            r"|does|did|do)\b",
            r"(?<![\d:])\d{1,2}:\d\d(?![\d:])|\bo'?clock\b|\b\d{1,2} ?(?:am|pm|h)\b|\b(?:noon|midnight|evening"
            r"|morning|night)\b",
        ),
        (
            r"\b(?:file ?size|size in (?:mb|kb|bytes|megabytes)|size of (?:the |our |my )?(?:\S+ )?(?:file|export"
            r"|checkpoint"
            r"|model file|binary|archive))\b",
            r"\d ?(?:[kmgt]i?b|bytes?|kilo\w+|mega\w+|giga\w+)\b",
        ),
        (
            r"\b(?:what|which|the) scores?\b.*\b(?:reviewers?|referees?|paper|submission)\b"
            r"|\b(?:reviewers?|referees?|review) scores?\b|\bscores? (?:of|from|by) (?:the )?(?:reviewers?"
            r"|referees?)\b",
            r"\bscores?\b|\brat(?:ed|ing)s?\b|\b(?:accept|reject|borderline)\w*|\d ?(?:/|out of) ?\d",
        ),
    )
)


def lacks_the_attribute(asked: str, text: str) -> bool:
    """ "How old are the speakers": a section that speaks of speakers, and of no age, is no answer.

    Args: asked: the question in small letters. text: of the section.
    """
    return any(wanted.search(asked) and not told.search(text) for wanted, told in _ATTRIBUTES)
