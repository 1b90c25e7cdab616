"""Reads questions about the computer: where a file is, how large, what changed, what is inside. Text in, a wish out.

A question about what was written or thought belongs to the notes, also when it names a file.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Literal

What = Literal["where", "size", "biggest", "changed", "when changed", "disk", "config", "inside", "count", "code"]

#: What each wish is called for a reader.
WISHES: dict[What, str] = {
    "where": "where it is",
    "size": "how large it is",
    "biggest": "the biggest files",
    "changed": "what changed",
    "when changed": "when it changed last",
    "disk": "free disk",
    "config": "the settings inside",
    "inside": "what is inside",
    "count": "how many files",
    "code": "what changed in the code between runs",
}


@dataclass(frozen=True)
class FileWish:
    """What is wanted of the file system.

    Attributes:
        what: see WISHES. names: paths, file names, globs, or the words for a place ("vault", "runs"), as asked.
        symbols: names of functions or classes. kind: "file", "folder", "checkpoint", "log", "note", "clip", "line",
            "code" or "". suffixes: endings wanted. limit: how many, 0 is the usual number.
        end: the last lines are wanted. runs: those spoken of: ids, "last", "before" (the one before), "best".
        sure: the words leave no other reading, so that the notes are not asked instead. did: "what did I
            change", which the notes may tell better. settings: names of settings that are asked for. noun: what is
            counted. until_now: what came since the days spoken of ("it wasn't like this a few days ago").
    """

    what: What
    names: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    kind: str = ""
    suffixes: tuple[str, ...] = ()
    limit: int = 0
    end: bool = False
    runs: tuple[str, ...] = ()
    sure: bool = True
    did: bool = False
    settings: tuple[str, ...] = ()
    noun: str = ""
    until_now: bool = False

    def to_json(self) -> dict[str, Any]:
        """The wish as plain JSON values; what was not asked is left out."""
        listed: dict[str, Any] = {
            "what": self.what,
            "names": list(self.names) or None,
            "symbols": list(self.symbols) or None,
            "kind": self.kind or None,
            "suffixes": list(self.suffixes) or None,
            "runs": list(self.runs) or None,
            "limit": self.limit or None,
        }
        return {key: value for key, value in listed.items() if value is not None}


_ENDINGS = (
    "py|pyi|ipynb|sh|bash|toml|ya?ml|jsonl?|csv|tsv|txt|log|md|cfg|ini|conf|pt|pth|ckpt|npz|npy|pkl|safetensors|onnx"
    "|gguf|wav|flac|mp3|zip|tar|tgz|gz|bz2|xz|h5|hdf5|pdf|png|jpe?g|svg|c|cc|cpp|cu|h|hpp|lua|r|m|rst|lock|patch"
    "|diff|out|err"
)
_PATH = re.compile(
    rf"(?P<tick>`(?P<inner>[^`\s][^`]*)`)"
    rf"|(?<![\w\]\[/.~*?-])(?P<path>~?/[\w.@+*?/~-]*|~[\w.-]*(?:/[\w.@+*?/-]*)?|\.{{1,2}}/[\w.@+*?/-]*"
    rf"|[\w.@+*?-]+(?:/[\w.@+*?-]+)+/?|[\w.-]+/(?=[\s?!,]|$)"
    rf"|[\w*?-][\w.*?+-]*\.(?:{_ENDINGS})\b|\.(?:env|netrc|bashrc|zshrc|profile|gitignore|gitconfig|ssh|aws)\b"
    r"[\w./-]*|\b(?:README|LICENSE|Makefile|Dockerfile)\b)",
    re.IGNORECASE,
)
_DATE = re.compile(r"^\d{1,4}(?:[/.-]\d{1,2}){1,2}/?$")
_FILE_NOUN = (
    r"(?:files?|folders?|director(?:y|ies)|dirs?|subfolders?|scripts?|archives?|repo(?:sitor(?:y|ies))?|logs?"
    r"|log ?files?)"
)
_CHECKPOINT = r"(?:check ?points?|ckpts?|weights files?|model files?)"
_PLACES = {
    "vault": "vault", "notes folder": "vault", "project": "project", "project folder": "project", "repo": "project",
    "repository": "project", "code base": "project", "codebase": "project", "runs folder": "runs",
    "runs directory": "runs", "runs dir": "runs", "run directories": "runs", "run folders": "runs",
    "run directory": "runs",
}  # fmt: skip
_PLACE = re.compile(
    r"\b(?:the |my |our )?(vault|project(?: folder| directory)?|repo(?:sitory)?|code ?base|notes folder"
    r"|runs? (?:folders?|director(?:y|ies)|dir))\b"
)
_SYMBOL_NOUN = r"(?:functions?|class(?:es)?|methods?|symbols?|constants?|def(?:inition)?s?|modules?)"
_IDENTIFIER = r"`?([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?:\(\))?`?"
_CODELIKE = re.compile(r"^(?:[a-z0-9]+_\w+|_\w+|[A-Z][a-z0-9]+[A-Z]\w*|[A-Z]{2,}[a-z]\w*|\w+\.\w+)$")
_SAYS = re.compile(
    r"\b(?:think|thought|write|wrote|written|say|said|idea|ideas|conclude[ds]?|decide[ds]?|learn(?:ed|t)?|notice[ds]?"
    r"|mention(?:ed)?|remark|explain(?:ed)?|discuss\w*|bug|bugs|problem|error)\b"
)
_CHANGED = (
    r"(?:changed?|changes|modified|modif(?:y|ies)|edit(?:ed|s)?|touch(?:ed)?|altered|updated?|differs?|different"
    r"|new|rewritten|(?:did|have) i (?:do|done) (?:to|in))"
)
_NO_NAMES_TEXT = """
of for in is are do does did have has the that with was were take since from i we there and change changed use used
hold on under at a to by this named called edited modified touched new contain contains define defines holds right
now it last inside free whole entire same wrong biggest largest first latest newest best which what project run runs
log any folder file files folders my our or not be been will would can could checkpoint
"""
_NO_NAMES = frozenset(_NO_NAMES_TEXT.split())
_TAKES_SPACE = r"\bwhat\b.*\b(?:takes|uses|eats|fills|using|taking|eating)(?: up)?\b.*\b(?:space|disk|room)\b"
_RUN_ID = re.compile(r"\b[ron]\d{8}-[a-z2-7]{4,6}\b")
_NUMBER = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "twenty": 20}
_SOUND_WORDS = r"(?:clips?|recordings?|wavs?|utterances?|sound files?|audio files?|samples)"


def paths_in(text: str) -> tuple[str, ...]:
    """Paths, file names and globs that a text names; dates, links and fractions are none."""
    text = re.sub(r"\[\[[^\]]*\]\]", lambda match: " " * len(match.group()), text)
    found = []
    for match in _PATH.finditer(text):
        told = match["inner"] if match["tick"] else match["path"]
        told = told.strip().rstrip(",;:!?" if not match["tick"] else "")
        told = told.rstrip(".") if not told.endswith("..") else told
        if match["tick"] and not _PATH.fullmatch(told):
            continue
        if not told or _DATE.match(told) or re.fullmatch(r"[\d./-]+", told) or told in ("and/or", "he/she"):
            continue
        if told == "/" or (told == "~" and not match["tick"]) or re.search(r"\w", told) or told.startswith(".."):
            found.append(told)
    return tuple(dict.fromkeys(found))


def read_file_wish(text: str, notes: Collection[str] = (), options: Collection[str] = ()) -> FileWish | None:
    """What a question wants of the file system; None when it is about notes or runs.

    Args: text: the question without its words of time. notes: names of the vault's notes, `options`: of settings; a
        note's content and a setting's value are not asked of the file system.
    """
    asked = re.sub(r"\s+", " ", text).strip()
    lower = asked.lower()
    if re.match(r"^(?:and |but |so )?(?:why|who|how come)\b", lower) or re.search(
        r"\b(?:did|have|do|had) (?:i|we) (?:\w+ )?(?:write|wrote|written|note|think|thought|say|said|mention)\w*\b",
        lower,
    ):
        return None
    names = paths_in(asked)
    wish = _Reader(asked, lower, names, notes, options).read()
    denied = r"\b(?:was|were|did|is)(?:n't| not)\b.*\b(?:like (?:this|that)|so|there)\b|\bused to\b"
    before = re.search(denied, lower)
    return replace(wish, until_now=True) if wish is not None and before else wish


@dataclass(frozen=True)
class _Reader:
    text: str
    lower: str
    names: tuple[str, ...]
    notes: Collection[str]
    options: Collection[str]

    def has(self, pattern: str) -> bool:
        return bool(re.search(pattern, self.lower))

    @property
    def plain_names(self) -> tuple[str, ...]:
        """Names that may be paths without saying so ("seen/unseen") count only where files are spoken of."""
        return tuple(name for name in self.names if self._surely_path(name))

    def _surely_path(self, name: str) -> bool:
        ending = re.search(rf"\.(?:{_ENDINGS})$", name, re.IGNORECASE)
        ending = ending or re.fullmatch(r"README|LICENSE|Makefile|Dockerfile", name)
        return bool(ending) or name.startswith(("/", "~", ".")) or name.endswith("/") or "*" in name

    @property
    def place(self) -> tuple[str, ...]:
        match = _PLACE.search(self.lower)
        if match is None:
            return ()
        word = match[1]
        known = _PLACES.get(word) or ("runs" if word.startswith("run") else "project")
        return (known,)

    def _spoken(self) -> bool:
        """Whether files are spoken of at all."""
        return bool(self.plain_names) or self.has(rf"\b(?:{_FILE_NOUN}|{_CHECKPOINT})\b")

    def options_named(self) -> set[str]:
        """Settings that the question names, with an underscore or a blank between their parts."""
        joined = self.lower.replace(" ", "_")
        return {option for option in self.options if len(option) > 3 and option in joined}

    def _named_folder(self) -> tuple[str, ...]:
        """ "the marvin folder", "the folder named marvin", "folder data", "directory of checkpoints"."""
        nouns = r"(?:folder|directory|dir|archive|file|script|checkpoint)"
        after = re.search(rf"\b{nouns}s? (?:(?:named|called) )?[`\"']?([\w.-]{{2,}})", self.lower)
        if after and after[1] not in _NO_NAMES:
            return (self.text[after.start(1) : after.end(1)].rstrip("."),)
        before = re.search(rf"\b(?:the|my|our|in) ([\w.-]{{2,}}) {nouns}\b", self.lower)
        if before and before[1] not in _NO_NAMES:
            return (self.text[before.start(1) : before.end(1)],)
        return ()

    def targets(self) -> tuple[str, ...]:
        """The files or folders the question is about, as it names them."""
        return self.names or self._named_folder() or self.place

    def runs(self) -> tuple[str, ...]:
        """Runs that are spoken of."""
        found = list(dict.fromkeys(_RUN_ID.findall(self.lower)))
        if self.has(
            r"\blast two (?:runs|experiments|jobs)\b|\btwo (?:latest|newest|last) (?:runs|experiments"
            r"|jobs)\b"
        ):
            return ("before", "last")
        if self.has(r"\b(?:last|latest|newest|most recent) (?:run|experiment|job|training)(?:'s)?\b"):
            found.append("last")
        if self.has(
            r"\b(?:run|one|experiment|job) before(?: it| that)?\b|\bprevious (?:run|one|experiment|job)\b"
            r"|\bits parent\b|\bparent run\b|\bfrom the (?:run|one) before\b"
        ):
            found.append("before")
        if self.has(r"\bbest (?:run|experiment|model|job)\b"):
            found.append("best")
        return tuple(dict.fromkeys(found))

    # -- the rules, most telling first ---------------------------------------------------------------------------------

    def read(self) -> FileWish | None:
        for rule in (
            self._disk,
            self._code,
            self._where_symbol,
            self._config,
            self._when_changed,
            self._changed,
            self._biggest,
            self._size,
            self._count,
            self._where,
            self._inside,
            self._bare_path,
            self._bare_word,
        ):
            found = rule()
            if found is not None:
                return found
        return None

    def _disk(self) -> FileWish | None:
        if _SAYS.search(self.lower) or self.has(r"^(?:when|did|what happened|what did)\b") or self.has(_TAKES_SPACE):
            return None
        if (
            self.has(
                r"\b(?:free|left|available|remaining|enough|much|full)\b.*\b(?:disks?|disc|drive|storage|ssd)\b"
                r"|\b(?:disks?|disc|drive|storage|ssd)\b.*\b(?:free|left|available|remaining|full|usage|space)\b"
                r"|\b(?:how much|free|any|enough) (?:disk |free |hard drive )*space\b(?! (?:does|do|is \w+ tak))"
                r"|\bspace (?:is |do i have |have i )?(?:left|free|available|remaining)\b"
            )
            and not self.names
        ):
            return FileWish("disk")
        return None

    def _code(self) -> FileWish | None:
        """What changed in the code between runs."""
        if not self.has(_CHANGED + r"|\bdiff(?:erence)?s?\b|\bcompare\b"):
            return None
        runs = self.runs()
        code = self.has(r"\b(?:code|scripts?|functions?|source|patch)\b") or bool(self.plain_names)
        between = self.has(
            r"\bbetween\b|\bfrom\b.*\bto\b|\bagainst\b|\bsince\b|\bcompared (?:to|with)\b|\bfor\b|\bin\b|\bof\b"
        )
        spoken = self.has(r"\b(?:runs?|experiments?|jobs?)\b") or len(runs) > 1
        if code and between and spoken and (runs or self.has(r"\bbetween\b")):
            return FileWish("code", self.names, runs=runs, sure=bool(runs))
        if code and len(runs) and self.has(r"\bsince\b"):
            return FileWish("code", self.names, runs=runs)
        return None

    def _where_symbol(self) -> FileWish | None:
        match = re.search(
            rf"\b(?:where|which file|what file|in which file|in what file|find|locate|show)\b.*?\b{_SYMBOL_NOUN} "
            rf"(?:named |called |of )?{_IDENTIFIER}(?!\.py)",
            self.text,
            re.IGNORECASE,
        )
        name = match[1] if match else ""
        if not name or name.lower() in (
            "is",
            "are",
            "was",
            "that",
            "defined",
            "for",
            "in",
            "did",
            "does",
            "the",
            "which",
        ):
            match = re.search(
                rf"\b(?:where|which file|what file)\b.*?\b(?:is|are|does|do|defines?|implements?|holds?"
                rf"|contains?|has)\b (?:the )?{_IDENTIFIER}"
                r"(?: (?:function|class|method|module|constant))?(?: (?:defined|implemented|declared|located"
                r"|come from|live|used|called))?\s*\??\s*$",
                self.text,
                re.IGNORECASE,
            )
            name = match[1] if match else ""
            told = bool(match) and self.has(
                r"\b(?:defined|implemented|declared|function|class|method|constant|defines?|implements?)\b"
            )
            if not name or not (told or (_CODELIKE.match(name) and name not in self.options)):
                return None
            if re.search(rf"\.(?:{_ENDINGS})$", name, re.IGNORECASE) or name.lower() in ("is", "the", "it", "my"):
                return None
            return FileWish(
                "where",
                symbols=(name,),
                sure=told
                and self.has(
                    r"\b(?:function|class|method"
                    r"|constant)\b"
                ),
            )
        if re.search(rf"\.(?:{_ENDINGS})$", name, re.IGNORECASE):
            return None
        return FileWish("where", symbols=(name,), kind="module" if self.has(r"\bmodule\b") else "", sure=False)

    def _config(self) -> FileWish | None:
        endings = r"\.(?:pt|pth|ckpt|pkl|safetensors)$"
        checkpoint = [name for name in self.plain_names if re.search(endings, name, re.IGNORECASE)]
        if not checkpoint and not self.has(rf"\b{_CHECKPOINT}\b"):
            return None
        if self.has(r"^(?:and )?(?:find|where|locate|list|how (?:large|big|many|old|much)|when)\b"):
            return None
        settings = self.has(
            r"\b(?:config(?:uration)?s?|settings?|options?|hyper ?-?parameters?|trained with|arguments?|args"
            r"|parameters?)\b"
        ) or bool(self.options_named())
        inside = self.has(
            r"\bwhat(?:'s| is| are| does| do)\b.*\b(?:in|inside|hold|contain|has|have)\b|\bshow\b|\bepoch\b"
            r"|\blook inside\b"
        )
        inside = inside or (
            bool(checkpoint)
            and self.has(
                r"^(?:what|which)\b.*\b(?:is|was|were"
                r"|are)\b.*\b(?:in|of)\b"
            )
        )
        told = checkpoint or self.has(
            rf"\b(?:in|inside|of|from|does|this|that|last|latest"
            rf"|best)\b.*\b{_CHECKPOINT}\b"
        )
        if told and (settings or inside):
            return FileWish(
                "config",
                tuple(checkpoint),
                kind="checkpoint",
                runs=self.runs(),
                sure=bool(checkpoint),
                settings=tuple(sorted(self.options_named())),
            )
        return None

    def _when_changed(self) -> FileWish | None:
        if self.has(
            rf"^(?:and )?(?:when|how long ago)\b.*\b{_CHANGED}\b|\bhow old\b|\blast (?:change[ds]?|modif\w+"
            rf"|edit\w*)\b|^when (?:was|is|did)\b.*\b(?:created|saved|written)\b"
        ) and (
            self.plain_names
            or (self.has(rf"\b(?:{_FILE_NOUN}|{_CHECKPOINT})\b") and not self.has(r"\bwhat\b|\bwhich\b"))
        ):
            return FileWish("when changed", self.targets(), kind=self._kind(), runs=self.runs())
        return None

    def _changed(self) -> FileWish | None:
        if not self.has(rf"\b{_CHANGED}\b|\b(?:diff|edits)\b"):
            return None
        did = self.has(r"\b(?:did|have|had) (?:i|we)\b|\bi (?:changed|edited|modified)\b")
        asks = self.has(r"\b(?:what|which|anything|something|list|show|any|everything|how)\b")
        if not asks:
            return None
        if self.plain_names:
            return FileWish("changed", self.names, sure=not did, did=did)
        if self.has(
            rf"\b(?:what|which|any|list|show|new|changed|modified|edited)\b[\w ]*\b(?:{_FILE_NOUN}"
            rf"|{_CHECKPOINT}|notes)\b"
        ) and not self.has(r"\b(?:about|in|into|on) (?:the |my )?notes?\b"):
            kind = self._kind()
            named = self._named_folder() if not did else ()
            return FileWish("changed", named or self.place, kind=kind, suffixes=self._suffixes(), sure=not did, did=did)
        if self.has(
            r"\b(?:code|code ?base|source|project folder|repo(?:sitory)?|git|vault|on disk|my computer|file system)\b"
        ) and not _SAYS.search(self.lower):
            kind = "code" if self.has(r"\b(?:code|source|git)\b") else ""
            return FileWish("changed", self.place, kind=kind, sure=False, did=did)
        if self.has(
            r"^(?:so |and |ok(?:ay)?,? )?(?:what|anything)(?:'s| has| have| is)? (?:changed|been changed|new)\s*\??$"
        ):
            return FileWish("changed", sure=False)
        return None

    def _biggest(self) -> FileWish | None:
        nouns, numbers = rf"(?P<noun>{_FILE_NOUN}|{_CHECKPOINT}|things)", rf"(?P<n>\d+|{'|'.join(_NUMBER)})"
        match = re.search(rf"\b{numbers} (?:biggest|largest|heaviest) {nouns}\b", self.lower) or re.search(
            rf"\b(?:biggest|largest|heaviest)\b (?:{numbers} )?(?:\w+ )?{nouns}\b", self.lower
        )
        space = self.has(_TAKES_SPACE)
        if match is None and not space:
            return None
        told = match["n"] if match else ""
        limit = (_NUMBER.get(told) or int(told)) if told else 0
        kind = self._kind()
        if match and re.match(r"folder|director|dir|subfolder", match["noun"]):
            kind = "folder"
        inside = [n for n in self.names if self._surely_path(n) or "/" in n] or self._place_or_folder()
        return FileWish("biggest", tuple(inside), kind=kind, suffixes=self._suffixes(), limit=limit)

    def _place_or_folder(self) -> tuple[str, ...]:
        match = re.search(r"\bin(?:side)? (?:the |my )?[`]?([\w.-]+)[`]? (?:folder|directory|dir)\b", self.lower)
        return (
            (self.text[match.start(1) : match.end(1)],)
            if match and match[1] not in ("project", "run", "runs")
            else self.place
        )

    def _size(self) -> FileWish | None:
        asks = self.has(
            r"\bhow (?:large|big|heavy)\b|\bsize of\b|\bwhat size\b|\bhow (?:much|many) (?:disk |space|room"
            r"|storage|bytes|[mgk]b)"
            r"|\bhow much (?:does|do|is)\b.*\b(?:take|weigh|use)"
        )
        if not asks:
            return None
        targets = self.names or self.targets()
        if self.plain_names or (self.names and self.has(r"\b(?:folder|file|directory)\b")):
            return FileWish("size", self.names, kind=self._kind(), runs=self.runs())
        if self.has(rf"\b(?:{_FILE_NOUN}|{_CHECKPOINT})\b") or self.place:
            if self.has(r"\b(?:layer|kernel|batch|vocabulary|gap|effect|difference|embedding)\b"):
                return None
            return FileWish(
                "size", targets, kind=self._kind(), suffixes=self._suffixes(), runs=self.runs(), sure=bool(self.place)
            )
        if self.names and not self.has(r"\b(?:accuracy|batch|loss)\b"):
            return FileWish("size", self.names, sure=False)
        return None

    def _count(self) -> FileWish | None:
        match = re.search(
            rf"\b(?:how many|number of|count(?: of| the)?)\b (?:\w+ )?(?P<noun>lines(?: of code)?"
            rf"|{_SOUND_WORDS}|{_FILE_NOUN}|{_CHECKPOINT}|notes|images|plots|"
            r"functions|classes|[a-z0-9]+ files)\b",
            self.lower,
        )
        if match is None:
            return None
        noun = match["noun"]
        inside = self._place_or_folder() or self.targets()
        folder = bool(self.names) or bool(inside)
        if noun.startswith("lines"):
            if not folder and "of code" in noun:
                return FileWish("count", ("project",), kind="line", suffixes=(".py",), sure=False)
            return FileWish("count", self.names or inside, kind="line", suffixes=self._suffixes()) if folder else None
        if noun in ("notes",):
            if self.has(r"\b(?:notes (?:are|do i have|have i|in)|in (?:the|my) vault)\b") and not self.has(
                r"\babout|mention|on\b"
            ):
                return FileWish("count", ("vault",), kind="note", suffixes=(".md",))
            return None
        if noun in ("functions", "classes"):
            return FileWish("count", self.names, kind=noun) if self.plain_names else None
        if re.fullmatch(_SOUND_WORDS, noun):
            place = self.names or self._named_folder() or (self.place if self.has(r"\b(?:in|under)\b") else ())
            spoken = (
                self.has(
                    r"\b(?:folder|directory|dir"
                    r"|disk)\b"
                )
                or self.plain_names
                or any("/" in n for n in self.names)
            )
            return (
                FileWish("count", place, kind="clip", sure=bool(place))
                if (place and spoken) or noun.endswith("files") or noun == "wavs"
                else None
            )
        if re.fullmatch(rf"{_CHECKPOINT}", noun):
            return FileWish("count", self.names or inside, kind="checkpoint", runs=self.runs(), sure=False)
        if noun.startswith(("scripts", "archives")) and not folder:
            return None
        ending = re.match(r"([a-z0-9]+) files$", noun)
        suffixes = (f".{ending[1]}",) if ending and re.fullmatch(_ENDINGS, ending[1]) else self._suffixes()
        if ending and ending[1] == "python":
            suffixes = (".py",)
        return FileWish(
            "count", self.names or inside, kind=self._kind(), suffixes=suffixes, sure=folder or bool(suffixes)
        )

    def _where(self) -> FileWish | None:
        verb = self.has(
            r"\bwhere(?:'s| is| are| was| were| can i find| do i find| did i (?:put|save|store|keep)| does"
            r"| do)\b|\b(?:find|locate)\b"
            r"|\b(?:is|are) there (?:a|an|any)\b|\bdo i have (?:a|an|any)\b|\b(?:list|show)(?: me)? (?:all"
            r"|every)?\b.*\*|\bpath (?:of|to)\b|\bwhich (?:folder|directory) (?:holds|has|is|contains)\b"
            r"|^(?:list|show)(?: me)? (?:all |every )?(?:the )?(?:my )?(?:checkpoints|(?:[a-z0-9]+ )?files)\b"
        )
        there = self.has(r"\b(?:is|are)\b.*\bstill (?:there|around|on disk)\b|\b(?:does|do)\b.*\bstill exist\b")
        if not (verb or there) or self.has(r"\b(?:should|would|could)\b"):
            return None
        if self.has(r"^(?:find|locate)\b") and _SAYS.search(self.lower):
            return None
        suffixes = self._suffixes()
        if self.plain_names or (self.names and self.has(r"\b(?:file|folder|directory)\b")):
            return FileWish("where", self.names, kind=self._kind(), suffixes=suffixes, runs=self.runs())
        named = self._named_folder()
        if named and self.has(rf"\b(?:{_FILE_NOUN}|checkpoint)\b") and named[0] not in ("checkpoints",):
            return FileWish("where", named, kind=self._kind(), suffixes=suffixes, runs=self.runs(), sure=False)
        if self.has(rf"\b{_CHECKPOINT}\b") and (there or self.has(r"\bwhere\b|\bfind\b|\blist\b|\bpath\b")):
            return FileWish("where", kind="checkpoint", runs=self.runs(), sure=False)
        if self.has(r"\b(?:log|output|metrics|patch|directory|folder) (?:file )?(?:of|for)\b") and self.runs():
            return FileWish("where", kind="log" if self.has(r"\blog|output") else "folder", runs=self.runs())
        if self.place and self.has(r"\bwhere (?:is|are) (?:the |my )?(?:vault|project|repo|runs?)\b[^?]{0,12}\??$"):
            return FileWish("where", self.place)
        if suffixes and self.has(r"\bfiles\b"):
            return FileWish("where", suffixes=suffixes)
        return None

    def _inside(self) -> FileWish | None:
        verb = self.has(
            r"\bwhat(?:'s| is| are)(?: stored| saved| there)? (?:in|inside|under)\b"
            r"|\bwhat do(?:es)?\b.*\b(?:hold|contain|look like|have)\b"
            r"|\b(?:show|list|print|read|open|cat|head|tail)\b|\b(?:first|last) (?:few |\d+ )?lines?\b"
            r"|\bcontents? of\b|\bwhich columns\b|\bwhat columns\b|\bend of\b|\blook (?:inside|into|at)\b"
            r"|\bwhat files\b|\bwhich files\b|\b(?:what|which) (?:functions|classes|methods)\b"
            r"|\bwhat does\b.*\b(?:do|say)\b"
        )
        if not verb:
            return None
        end = self.has(r"\b(?:last|tail|end)\b")
        match = re.search(r"\b(?:first|last) (\d+) lines?\b", self.lower)
        limit = min(int(match[1]), 40) if match else 0
        if self.plain_names:
            only_notes = all(self._is_note(name) for name in self.names)
            if only_notes and not self.has(r"\blines?\b|\bfile\b"):
                return None
            return FileWish("inside", self.names, kind=self._kind(), limit=limit, end=end)
        if self.has(
            r"^(?:and )?what(?:'s| is| are) (?:in|inside"
            r"|under)\b"
        ) and any("/" in name for name in self.names):
            return FileWish("inside", self.names, limit=limit, end=end, sure=False)
        if self.runs() and self.has(r"\b(?:log|output|folder|directory)\b"):
            return FileWish(
                "inside",
                kind="log" if self.has(r"\b(?:log|output)\b") else "folder",
                runs=self.runs(),
                end=True,
                limit=limit,
            )
        inside = self._named_folder() or (
            self._place_or_folder() if self.has(r"\b(?:folder|directory|vault|project|repo\w*)\b") else ()
        )
        if not inside and self.names and self.has(r"\b(?:folder|directory|file|archive)\b"):
            inside = self.names
        if (
            inside
            and self.has(
                r"\b(?:folder|directory|dir|archive|file|repo\w*|vault"
                r"|project)\b"
            )
            and not _SAYS.search(self.lower)
        ):
            return FileWish("inside", inside, limit=limit, end=end, sure=False)
        return None

    def _bare_path(self) -> FileWish | None:
        """A path and nothing else to go by: `~/.ssh/id_rsa`, /etc/passwd."""
        if self.names and any(n.startswith(("/", "~", "..")) for n in self.names) and not _SAYS.search(self.lower):
            return FileWish("inside", self.names)
        return None

    def _bare_word(self) -> FileWish | None:
        """ "Where is bcresnet?" may mean a file; the notes are asked when there is none."""
        match = re.match(
            r"^(?:and )?where(?: is|'s| are) (?:the |my )?`?([\w.-]{3,})`?\s*\??$", self.text, re.IGNORECASE
        )
        if match is None or match[1].lower() in _NO_NAMES:
            return None
        return FileWish("where", (match[1],), sure=False)

    def _is_note(self, name: str) -> bool:
        base = name.rsplit("/", 1)[-1]
        return base.lower().endswith(".md") and base[:-3].lower() in {n.lower().rsplit("/", 1)[-1] for n in self.notes}

    def _kind(self) -> str:
        if self.has(rf"\b{_CHECKPOINT}\b"):
            return "checkpoint"
        if self.has(r"\b(?:folders?|director(?:y|ies)|dirs?|subfolders?)\b"):
            return "folder"
        if self.has(r"\blogs?\b|\blog ?files?\b"):
            return "log"
        if self.has(r"\bnotes\b"):
            return "note"
        return ""

    def _suffixes(self) -> tuple[str, ...]:
        found = [f".{m}" for m in re.findall(rf"(?<![\w/.])\.({_ENDINGS})\b(?= files|\b)", self.lower)]
        match = re.search(rf"\b({_ENDINGS}) files?\b", self.lower)
        if match:
            found.append(f".{match[1]}")
        if self.has(r"\b(?:python|py) (?:files?|scripts?)\b"):
            found.append(".py")
        if self.has(r"\bscripts?\b") and not found and not self.names:
            found.extend((".py", ".sh"))
        if self.has(r"\bnotes\b") and not found:
            found.append(".md")
        return tuple(dict.fromkeys(found))


_IT = re.compile(
    r"\b(?:it|its|that file|this file|that folder|this folder|them|there|that one|the file"
    r"|the folder)\b",
    re.IGNORECASE,
)
_ABOUT_IT = re.compile(
    r"^\s*(?:and |but |so |ok(?:ay)?,? )*(?:(?:how (?:large|big|old|many|much)|when|where|what(?:'s|'re)?"
    r"|which|show|list|read|open|print|count|has|did|was|is)\b)"
    r".*\b(?:it|its|that file|this file|that folder|this folder|them|there|that one)\b",
    re.IGNORECASE,
)


def leans_on_file(question: str) -> bool:
    """Whether a question may speak of the file asked for before: "how large is it?", "what changed in it?"."""
    return bool(_ABOUT_IT.search(question))


def follow_wish(previous: FileWish, question: str) -> FileWish | None:
    """The wish of a question that follows one about files; None when it asks for something else.

    "How large is it?" keeps the file, "and in train.py?" keeps what was wanted.
    """
    names = paths_in(question)
    marked = _IT.sub("`it.txt`", question) if not names else question
    own = read_file_wish(marked)
    if own is not None and names:
        return own
    if own is not None:
        kept = own.names if own.names not in ((), ("it.txt",)) else previous.names
        return replace(
            own, names=kept, symbols=() if previous.names else previous.symbols, runs=own.runs or previous.runs
        )
    if names:
        return replace(previous, names=names, symbols=())
    return None
