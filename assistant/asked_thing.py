"""The thing that a question asks for by its noun, and whether a section tells one: "which layer do we distill?" is not
answered by a section that speaks of distilling and of no layer."""

from __future__ import annotations

import re
from collections.abc import Callable

_AUX_TEXT = """
is was are were be been did do does has had have can could will would should shall may might must i we you they he she
it my our your their the a an this that these those of in on for at to with from by and or but if as than when where
why how who whom whose which what not no so per into over under against during after before since until behind about
between there here
"""
_VERBS_TEXT = """
say says said come comes came get gets got make makes made take takes took give gives gave go goes went keep keeps
kept lead leads led cause causes break breaks broke help helps work works run runs ran hurt hurts win wins won lose
loses lost kill kills fill fills produce produces belong belongs need needs want wants use uses hold holds held stand
stands stood mean means meant show shows find finds found fit fits count counts cost costs stay stays sit sits sat
fire fires happen happens contain contains drop drops become becomes became look looks turn turns remain remains apply
applies exist exists speak speaks spoke feel feels felt know knows knew lie lies beat beats tell tells told think
thinks thought suffer suffers matter matters more most less least better best worse worst see sees saw put puts let
lets try tries start starts stop stops end ends
"""
_HELPING_TEXT = """
is was are were do does did has had have can could will would should shall may might must i we you they
"""
_HELPING = frozenset(_HELPING_TEXT.split())
_STOP = frozenset(f"{_AUX_TEXT} {_VERBS_TEXT}".split())
#: Nouns that a section tells without saying them: a reason, an idea, a finding, a number.
_GENERAL_TEXT = """
thing things stuff idea ideas reason reasons problem problems trouble troubles bug bugs error errors mistake mistakes
cause causes fix fixes solution solutions remedy answer answers lesson lessons conclusion conclusions decision
decisions rule rules plan plans step steps way ways approach approaches method methods trick tricks change changes
effect effects impact influence result results outcome outcomes finding findings observation observations difference
differences kind kinds sort sorts type types point points part parts side sides experiment experiments argument
arguments objection objections concern concerns complaint complaints criticism advice suggestion suggestions proposal
proposals question questions issue issues topic topics message story condition conditions state status meaning purpose
role benefit benefits drawback drawbacks advantage advantages disadvantage disadvantages consequence consequences
evidence explanation explanations figure figures measure measures amount share percentage rate size number numbers
value values level levels option options setting settings parameter parameters note notes word words keyword keywords
class classes pair pairs example examples thought thoughts hypothesis hypotheses assumption wish task tasks item items
job jobs run runs model models network networks culprit catch limitation limitations weakness strength gain loss cost
price penalty trade-off advance insight take opinion view reaction feedback comment comments remark remarks request
requests demand demands requirement requirements test tests check checks trend pattern patterns behaviour behavior
source sources origin factor factors ingredient combination alternative alternatives variant variants setup
strategy technique procedure acc accuracy accuracies mean score scores gap piece pieces detail details visualisation
visualisations visualization visualizations tensor tensors limit limits reasoning matter matters action actions move
moves attempt attempts candidate candidates case cases situation situations day date days time times week weeks month
months year moment deadline person people one ones content contents shape form basis criterion criteria threshold
thresholds metric metrics distance weight weights feature features data dataset datasets clip clips recording
recordings sound sounds noise noises signal signals technical term name names title label labels symptom symptoms
protocol scheme rationale motivation workaround improvement degradation damage harm risk danger goal goals aim aims
"""
_GENERAL = frozenset(_GENERAL_TEXT.split())
_ORDINAL = (
    r"(?:\d+(?:st|nd|rd|th)?|first|second|third|fourth|fifth|sixth|last|final|every|each|both|middle|upper|lower|top"
    r"|bottom|next|single|all|deepest|one|two|three|four|penultimate)"
)
_NUMBERED = frozenset(
    ("layer", "epoch", "session", "step", "iteration", "seed", "gpu", "port", "page", "room", "block", "band",
     "channel", "fold", "head", "line", "row", "column", "card", "stage", "order",
     "dimension", "degree", "percentile", "quantile", "frame", "bin", "position", "index", "attempt", "round")
)  # fmt: skip
_TOOL = (
    r"`[^`]+`|\b(?:py-?spy|git|bisect|rsync|scp|nvidia-smi|tmux|screen|cron|sox|ffmpeg|praat|audacity|age|gpg|wandb"
    r"|tensorboard|htop|nvtop|gdb|valgrind|profiler|vim|neovim|emacs|obsidian|matplotlib|latex|excel|script|tool"
    r"|[a-z]+-"
    r"[a-z]+)\b"
)
#: What tells a thing of its kind without the word for it.
_INSTANCES: dict[str, str] = {
    "file": r"\b[\w-]+\.(?:py|sh|json|txt|pt|pth|ckpt|ya?ml|csv|wav|npz|npy|md|toml|ipynb|tex|bib|log)\b",
    "script": r"\b[\w-]+\.(?:py|sh)\b",
    "module": r"\b[\w-]+\.py\b|`[\w.]+`",
    "folder": r"/\w+|\b(?:disk|drive|server|scratch|home|directory)\b",
    "directory": r"/\w+|\b(?:disk|drive|server|scratch|home|folder)\b",
    "path": r"/\w+|\\\w+",
    "disk": r"/\w+|\b(?:drive|ssd|nas|scratch)\b",
    "function": r"`[\w.]+(?:\(.*?\))?`|\b\w+\(\)|\b[a-z]+_[a-z_]+\b",
    "call": r"`[\w.]+(?:\(.*?\))?`|\b\w+\(\)",
    "command": r"`[^`]+`|\"",
    "commands": r"`[^`]+`|\"",
    "venue": "VENUE",
    "conference": "VENUE",
    "workshop": "VENUE",
    "journal": "VENUE",
    "variable": r"`[\w.]+`|\b[a-z]+_[a-z_]+\b",
    "field": r"`[\w.]+`",
    "flag": r"`-*[\w.]+`|--?\w+",
    "paper": r"\b(?:et al|[A-Z]\w+ (?:and|&) [A-Z]\w+|20\d\d|paper|\[\[)",
    "server": r"\b(?:server|machine|node|box|gpu|cluster|host)\b",
    "machine": r"\b(?:server|node|box|gpu|cluster|host|laptop|pc|workstation)\b",
    "computer": r"\b(?:server|node|box|gpu|cluster|host|laptop|pc|workstation|machine)\b",
    "device": r"\b(?:pi|board|phone|mcu|micro-?controller|cortex\S*|jetson|laptop|raspberry)\b",
    "board": r"\b(?:pi|mcu|micro-?controller|cortex\S*|jetson|raspberry|esp\d+|stm\d+)\b",
    "version": r"\bversions?\b|\bv?\d+\.\d",
    "tool": _TOOL,
    "program": _TOOL,
    "unit": r"\d ?[a-zµ%]+",
    "speed": r"\d|\b(?:fast|slow|times)\w*",
    "length": r"\d|\b(?:long|short|whole|half)\w*",
    "duration": r"\d|\b(?:long|short|night|day)\w*",
    "range": r"\d|\bto\b",
    "frequency": r"\d ?k?hz|\b(?:daily|weekly|every)\b|\d",
    "frequencies": r"\d ?k?hz|\bband|\d",
    "sentence": r"\"",
    "sentences": r"\"",
    "phone": r"\"|/\w/|\b(?:vowel|consonant|fricative|plosive|nasal)s?\b",
    "phoneme": r"\"|/\w/|\b(?:vowel|consonant|fricative|plosive|nasal)s?\b",
    "phonemes": r"\"|/\w/|\b(?:vowel|consonant|fricative|plosive|nasal)s?\b",
    "phones": r"\"|/\w/|\b(?:vowel|consonant|fricative|plosive|nasal)s?\b",
    "letter": r"\"",
    "letters": r"\"",
}
_VENUE = re.compile(
    r"\b(?:ICASSP|Interspeech|SLT|ASRU|NeurIPS|ICML|ICLR|EUSIPCO|WASPAA|ACL|EMNLP|AAAI|CVPR|ICCV|ECCV|TASLP|SPL|MLSP"
    r"|Odyssey|TASL|JASA|BMVC|WACV|arXiv|IEEE)\b",
    re.IGNORECASE,
)
#: What is asked for by its kind, and whose kind a sentence names when it tells it.
_THING_ASKED = re.compile(
    r"\b(?:which|what)(?: (?:is|was) the)? (?:(?!(?:did|do|does|is|was|were|are|has|had|of|i"
    r"|we)\b)[a-z-]+ )?(?P<thing>paper|article|book|publication|author|brand|make|manufacturer"
    r"|vendor|company|shop|store|website|url|licen[cs]e|journal|university|dpi|colou?r|price|language|country|city|airline"
    r"|hotel|bank|serial|password|platform|toolkit|street|address|microphone|mic|vocoder|annotator|firmware|compiler"
    r"|optimi[sz]er|scheduler|dataset|corpus|chip|processor|codec|editor|camera|recorder|headset|examiner|kernel|monitor"
    r"|pizza|restaurant|printer|framework|dialect|accent|library|package)\b"
)
#: Things that are asked for wherever they are named: "the dpi of the figures", "laptop brand".
_THING_NAMED = re.compile(
    r"\b(?P<thing>brand|manufacturer|vendor|dpi|price|website|url|airline|hotel|serial|password|street|toolkit|salary)\b"
    r"|\bwhat (?P<make>make) (?:is|was|of)\b"
)
#: What names a thing of its kind without the word for it.
_OPTIMIZER = re.compile(r"\b(?:adam\w*|sgd|rmsprop|lamb|lion|adagrad)\b", re.IGNORECASE)
_COLOUR = re.compile(r"\b(?:red|green|blue|gr[ae]y|black|white|yellow|orange|purple|pink|brown)\b", re.IGNORECASE)
_IS_A_THING = {
    "licence": re.compile(r"\b(?:Apache|MIT|L?GPL|BSD|CC[ -](?:BY|0))\b"),
    "license": re.compile(r"\b(?:Apache|MIT|L?GPL|BSD|CC[ -](?:BY|0))\b"),
    "optimizer": _OPTIMIZER,
    "optimiser": _OPTIMIZER,
    "scheduler": re.compile(r"\b(?:cosine|step|plateau|warm-?up|schedule\w*|anneal\w*)\b", re.IGNORECASE),
    "dataset": re.compile(
        r"\b(?:gsc\w*|speech commands|libri\w+|musan|common voice|corpus|data|recordings)\b", re.IGNORECASE
    ),
    "corpus": re.compile(
        r"\b(?:gsc\w*|speech commands|libri\w+|musan|common voice|dataset|data|recordings)\b", re.IGNORECASE
    ),
    "chip": re.compile(
        r"\b(?:cortex\S*|arm|pi|esp\d+|stm\d+|jetson|npu|dsp|cpu|board|mcu|micro-?controller|phone)\b", re.IGNORECASE
    ),
    "processor": re.compile(r"\b(?:cortex\S*|arm|pi|xeon|epyc|ryzen|cpu|core|chip|board)\b", re.IGNORECASE),
    "library": re.compile(
        r"\b(?:librosa|torch\w*|numpy|scipy|sox|onnx\w*|audiomentations|ffmpeg|pedalboard|parselmouth|praat"
        r"|rubber ?band"
        r"|soundfile|sklearn|scikit\S*|faiss|package|module)\b",
        re.IGNORECASE,
    ),
    "package": re.compile(r"`[\w.-]+`|\b(?:library|pip|conda|apt|torch\w*|numpy|librosa)\b", re.IGNORECASE),
    "framework": re.compile(r"\b(?:torch|pytorch|tensorflow|jax|keras|onnx\w*|tflite)\b", re.IGNORECASE),
    "language": re.compile(
        r"\b(?:english|german|french|korean|chinese|mandarin|spanish|python|c\+\+|rust|bash|igbo|frisian|dutch"
        r"|hindi|arabic"
        r"|swahili|yoruba|hausa|basque|catalan|welsh|thai|[a-z]{3,}(?:ese|nian|lian|rian|sian|kish|nish|dish))\b",
        re.IGNORECASE,
    ),
    "colour": _COLOUR,
    "color": _COLOUR,
    "recorder": re.compile(r"\b(?:zoom|tascam|h[1-6]n?|phone|gain)\b", re.IGNORECASE),
}
_TOKEN = re.compile(r"[a-z][a-z0-9'’-]*|\d[\w.]*|[^\sa-z\d]", re.IGNORECASE)
_WHAT_IS = re.compile(
    r"\bwhat(?:'s| is| was| are| were) (?:the |my |our |your )(?P<np>[a-z][\w-]*(?: [a-z][\w-]*){0,3}?) "
    r"(?:of|in|for|on|at|with|behind|to|from|by)\b"
)


#: "File with the bad clips list?": without a verb the head of the first noun phrase is asked for.
_HEADED = re.compile(
    r"^\W*(?:and |so |pls:? |please:? )?(?:the )?(?:[a-z-]+ )?(?P<head>[a-z]{3,}) (?:with|of|for|from|behind) "
    r"(?!.*\b(?:is|was|are|were|did|do|does|has|have|had|why|how|when|who|where)\b)"
)


def asked_noun(asked: str) -> str:
    """The noun that is asked for by "which", "what" or "what is the ... of"; "" where there is none.

    Args: asked: the question in small letters.
    """
    match = re.search(r"\b(?P<which>which|what)(?: (?:kind|sort|type) of)?\s+", asked)
    words: list[str] = []
    for token in _TOKEN.findall(asked[match.end() :])[:5] if match else ():
        if token in _STOP or not token[0].isalpha() or (token.endswith(("ed", "ly")) and len(token) > 4):
            told_by = asked[: match.start()].rstrip() if match is not None else ""
            behind = re.search(r"\b(?:from|in|at|on|to|by|with|of|for|after|before)$", told_by)
            what = match is not None and match["which"] == "what" and behind is None
            if what and token not in _HELPING and token[0].isalpha():
                words = []  # "What helped in the end", "what licence for the code".
            break
        words.append(token)
    if match is None and not words:
        headed = _HEADED.search(asked)
        if headed is not None and (headed["head"] in _INSTANCES or headed["head"].rstrip("s") in _NUMBERED):
            return headed["head"]
    if not words:
        told = _WHAT_IS.search(asked)
        words = [word for word in told["np"].split() if word not in _STOP] if told else []
    return words[-1].removesuffix("'s") if words else ""


def tells_the_thing(asked: str, text: str, holds: Callable[[str], bool]) -> bool:
    """Whether a section may tell the thing that is asked for by its noun.

    Args: asked: the question in small letters. text: of the section, its title and heading included. holds: whether the
        section has a word, in any form or by a word of like sense.
    """
    named = _THING_ASKED.search(asked) or _THING_NAMED.search(asked)
    if named is not None:
        thing = named["thing"] or "brand"
        names = _IS_A_THING.get(thing)
        return bool(names is not None and names.search(text)) or holds(thing)
    noun = asked_noun(asked)
    if len(noun) < 3 or noun in _GENERAL:
        return True
    single = noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
    if single in _NUMBERED:
        numbered = (
            rf"(?<![\w.]){_ORDINAL}[ -](?:(?!an? |per |the |of |in )[\w-]+ ){{0,2}}?{single}s?\b"
            rf"|\b{single}s? (?:nr\.? |number |no\. |#)?(?:\d|[A-Z]\d)"
        )
        cards = r"|\b(?:a100|h100|h200|v100|a6000|rtx ?\d+|l40s?|t4)\b" if single in ("gpu", "card") else ""
        return bool(re.search(numbered + cards, text, re.IGNORECASE))
    if holds(noun) or holds(single):
        return True
    thing_named = _IS_A_THING.get(noun) or _IS_A_THING.get(single)
    if thing_named is not None:
        return bool(thing_named.search(text))
    instance = _INSTANCES.get(noun) or _INSTANCES.get(single)
    if instance == "VENUE":
        return bool(_VENUE.search(text))
    return instance is not None and bool(re.search(instance, text, re.IGNORECASE))
