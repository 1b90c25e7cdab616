"""Logged runs: what the Server and Experiments notes tell, as run records.

A Server entry and a result become one record only when links and words leave no other pair open. Commands are never
merged, options are never guessed: what cannot be decided stays apart and is named in `Record.joined`.
"""

from __future__ import annotations

import base64
import datetime
import difflib
import functools
import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from fskws.config import parse_options
from fskws.runs import SESSION_METRICS, Record, Status
from vault_sync.entries import (
    ArraySet,
    Command,
    Entry,
    SectionEntries,
    ending,
    first_line,
    result_entries,
    server_entries,
)
from vault_sync.links import obsidian_key, wikilink
from vault_sync.notes import Link, Note, Verdict, field_of, heading_date, links_of, without_suffix

T = TypeVar("T")


@dataclass(frozen=True)
class NoteNames:
    """Names of the hub notes, without .md."""

    server: str = "Server"
    experiments: str = "Experiments"
    scratch: str = "Scratch"


#: A result comes back so many days after its command at most, where only their words pair them.
_LONGEST_RUN_DAYS = 4

#: Option names of the researcher's older training script, for prose that names an option without a command.
_KNOWN_OPTIONS_TEXT = """
project dataset dataroot base_mode new_mode lr_base decay epochs_base batch_size_base schedule tmax gpu
temperature spec_aug_mode noise_prob matrix_loss_metric num_features_pri vector_based_only sequential_layer
load_from_file loss_lpc loss_lpc_shuffled loss_a_freq_cls loss_res_cls loss_aug_a_freq loss_aug_res
loss_res_replace emb_rec_similarity epoch_guideline epoch_freeze_classifier final_logit_metric
emb_replace_mode loss_regularize model_dir base_class num_classes way shot session
"""
KNOWN_OPTIONS = frozenset(_KNOWN_OPTIONS_TEXT.split())

_SAME = re.compile(
    r"\b(?:exactly[ \t]+the[ \t]+same"
    r"|(?:the[ \t]+)?same[ \t]+(?:setting|config|configuration|experiment|command|condition|option"
    r"|hyper ?-?parameter|parameter|model|thing|everything)\w*"
    r"|(?:setting|config|command|everything)\w*[ \t]+(?:is|are)[ \t]+the[ \t]+same|identical[ \t]+(?:to|with)"
    r"|same[ \t]+(?:with|as)[ \t]+(?:the[ \t]+)?(?:above|previous|last|experiment|run|\[\[))",
    re.IGNORECASE,
)
_ABOVE = re.compile(r"\b(?:above|previous|last|before|upper|earlier)\b", re.IGNORECASE)
#: An option in prose and what may be its value, which is looked at without being used up.
_PAIR = re.compile(
    r"(?<![A-Za-z0-9_])([A-Za-z][A-Za-z0-9_]*)`?"
    r"(?=[ \t]{0,4}(?:=|:|[ \t])[ \t]{0,4}[`\"']?([-+]?\d[\w.+-]*|[A-Za-z_][\w.]*))"
)
_LINKS = re.compile(r"!?\[\[[^\[\]\n]*\]\]")
_FIGURES = r"(?:numbers?|figures?|values?|results?|arrays?|accurac(?:y|ies)|scores?|acc)"
#: A description that gives the right figures of a run whose wrong ones stand further up: no run of its own.
_CORRECTION = re.compile(
    rf"\W*(?:the[ \t]+|now[ \t]+)?(?:corrected|correct|right|true|actual|real|proper|amended)[ \t]+{_FIGURES}\b"
    r"|\W*(?:correction|erratum)\b"
    r"|.{0,80}\b(?:numbers?|figures?|results?|arrays?)[ \t]+(?:is|are|now)?[ \t]*corrected\b"
    r"|.{0,200}\b(?:pasted|copied|noted|wrote|entered)\b.{0,40}\b(?:before|earlier|first|above|there)\b.{0,40}"
    r"\b(?:wrong|another run|other run|belongs?|belonged|by mistake|mistaken)\b",
    re.IGNORECASE | re.DOTALL,
)
_RUN_AGAIN = re.compile(r"\b(?:re-?r[ua]n|re-?trained|repeat(?:ed)?|run again|new run)\b", re.IGNORECASE)
#: A result that was pasted before its run had come to its end.
_INTERIM = re.compile(
    r"\b(?:interim|intermediate|preliminary|still (?:running|training)|not (?:yet )?finished|so far)\b", re.IGNORECASE
)
#: Words that only join the parts of a description.
_JOINTS_TEXT = "but with and the a an of as in at on to only just now plus experiment above previous run"
_JOINTS = frozenset(_JOINTS_TEXT.split())
_TOKEN = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*|\d+(?:\.\d+)?(?:e-?\d+)?")
_STOP_TEXT = """
a an the is it this that of for to in on at with and or be was are i we my so just same model
"""
_STOP = frozenset(_STOP_TEXT.split())
#: Words that tell two nearly equal descriptions apart.
_DECISIVE_TEXT = """
no without only two three four five six both shuffled frozen gru transformer none formant residual
"""
_DECISIVE = frozenset(_DECISIVE_TEXT.split())


def logged_records(
    notes: Iterable[Note],
    *,
    as_of: datetime.date | None = None,
    names: NoteNames = NoteNames(),
) -> list[Record]:
    """The runs the notes tell of, one record a command and array set, in the order of day and place.

    Args:
        notes: all notes of the vault; only the hubs are read for records.
        as_of: entries and results dated later do not exist; a joined record loses the part that is later.
        names: of the hub notes, compared without case, in any folder.
    Returns: records of source "logged". `config` holds the command's options, and for a "same as above" description
        those of the run it names (listed in `inherited`). `link` is the result's place, else the Server entry's.
    """
    return records_of((logged_parts(note, names) for note in notes), as_of=as_of, names=names)


@dataclass(frozen=True)
class NamedTask:
    """A to-do item that names results or Server entries. links: those in its Result and Server lines."""

    note: str
    heading: str
    text: str
    date: datetime.date | None
    links: tuple[Link, ...]


@dataclass(frozen=True)
class LoggedParts:
    """What one note adds to the logged records: Server entries, results, or tasks that name them."""

    servers: tuple[Entry, ...] = ()
    results: tuple[Entry, ...] = ()
    tasks: tuple[NamedTask, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.servers or self.results or self.tasks)


def is_hub(path: str, names: NoteNames) -> bool:
    """Whether a note is one that logged runs stand in, by its path or name alone."""
    return _stem(path) in (names.server.casefold(), names.experiments.casefold())


def logged_parts(note: Note, names: NoteNames = NoteNames(), kept: SectionEntries | None = None) -> LoggedParts:
    """What a note adds to the logged records. kept: see `server_entries`; one for each note."""
    if _stem(note.name) == names.server.casefold():
        return LoggedParts(servers=tuple(server_entries(note, kept)))
    if _stem(note.name) == names.experiments.casefold():
        return LoggedParts(results=tuple(result_entries(note, kept)))
    tasks = []
    for task in note.tasks:
        if task.sublines and task.links:
            lines = [line for line in task.sublines if field_of(line).rstrip("s") in ("result", "server")]
            # A link's line is nothing to a record: a task that only moved is the task it was.
            links = tuple(replace(link, line=0) for line in lines for link in links_of(line))
            if links:
                tasks.append(NamedTask(task.note, task.heading, task.text, task.date, links))
    return LoggedParts(tasks=tuple(tasks))


def records_of(
    parts: Iterable[LoggedParts], *, as_of: datetime.date | None = None, names: NoteNames = NoteNames()
) -> list[Record]:
    """The records that the parts of all notes make together; see `logged_records`."""
    found = list(parts)
    servers = [entry for part in found for entry in part.servers]
    results = [entry for part in found for entry in part.results]
    tasks = [task for part in found for task in part.tasks]
    if as_of is not None:
        servers = [entry for entry in servers if entry.date is None or entry.date <= as_of]
        results = [entry for entry in results if entry.date is None or entry.date <= as_of]
        tasks = [task for task in tasks if task.date is None or task.date <= as_of]
    return _Join(servers, results, tasks, names).records()


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].casefold().removesuffix(".md")


@dataclass
class _Set(Generic[T]):
    """Objects told apart by identity, in the order they came."""

    found: dict[int, T] = field(default_factory=dict)

    def add(self, item: T) -> None:
        self.found.setdefault(id(item), item)

    def items(self) -> list[T]:
        return list(self.found.values())


@dataclass
class _Node:
    """One command of a Server entry, or an entry without any."""

    entry: Entry
    command: Command | None
    result: Entry | None = None


@dataclass
class _Draft:
    """A record before it has its id."""

    node: _Node | None
    result: Entry | None
    array: ArraySet | None
    position: int  # of the array set within its description
    config: dict[str, str] = field(default_factory=dict)
    inherited: tuple[str, ...] = ()
    near: list[_Draft] = field(default_factory=list)
    corrects: _Draft | None = None
    known: bool = False  # config is final
    tasks: _Set[NamedTask] = field(default_factory=lambda: _Set())

    @property
    def entry(self) -> Entry:
        """The part that says more about the outcome."""
        entry = self.result or (self.node.entry if self.node else None)
        assert entry is not None
        return entry


#: Characters of a description that are searched for options.
_MOST_PROSE = 4000

#: A place with more entries than this, or more pairs in all, is joined by equal text alone: time stays linear.
_MAX_PLACE = 60
_MAX_PAIRS = 60_000


#: Values of options that are everyday words and name no command.
_NO_NAMES = frozenset(("none", "true", "false", "on", "off", "yes", "no", "base", "new", "all", "same", "the", "a"))


class _Texts:
    """Looks entries of a crowded place up by their text."""

    def __init__(self, entry_of: Callable[[Any], Entry]) -> None:
        self.entry_of = entry_of
        self.known: dict[int, dict[str, list[Any]]] = {}

    def near(self, found: list[Any], entry: Entry) -> list[Any]:
        """All of them, or of many those whose text is that of the entry."""
        if len(found) <= _MAX_PLACE:
            return found
        texts = self.known.get(id(found))
        if texts is None:
            texts = self.known[id(found)] = {}
            for item in found:
                texts.setdefault(_plain(self.entry_of(item).text), []).append(item)
        return texts.get(_plain(entry.text), [])[:_MAX_PLACE]


class _Join:
    """Pairs Server entries with results, then writes the records."""

    def __init__(self, servers: list[Entry], results: list[Entry], tasks: list[NamedTask], names: NoteNames) -> None:
        self.names = names
        self.tasks = tasks
        self.results = results
        self.nodes = [node for entry in servers for node in self._nodes_of(entry)]
        #: Of a description: the one above it; (note, heading) -> those there; and what it says in full.
        self.before: dict[int, Entry] = {}
        self.dated: dict[tuple[str, str], list[Entry]] = {}
        self.whole: dict[int, tuple[dict[str, str], frozenset[str]] | None] = {}
        for listed in (servers, results):
            of_note: dict[str, list[Entry]] = {}
            for entry in listed:
                of_note.setdefault(entry.note, []).append(entry)
                self.dated.setdefault((entry.note, entry.heading), []).append(entry)
            for entries in of_note.values():
                entries.sort(key=lambda entry: entry.order)
                for one, other in itertools.pairwise(entries):
                    self.before[id(other)] = one
        self.configs = {id(node): _options_of(node.command.words) if node.command else {} for node in self.nodes}
        self.options = KNOWN_OPTIONS.union(*self.configs.values()) if self.configs else KNOWN_OPTIONS
        self.by_parts = {_canonical(name): name for name in sorted(self.options)}
        self.pairs: dict[int, dict[str, str]] = {}
        self.node_of: dict[int, _Node] = {}  # id of result -> node
        self.spread: dict[int, list[_Node]] = {}  # id of result with several sets -> one node a set
        self.near: list[tuple[_Node, Entry]] = []
        #: (id of node, id of result) -> 1 the entry links to the result, 2 the result to the entry, 3 both.
        #: With 4 the link names the wrong note, while its place in the entry and its day tell what it leads to.
        self.mutual: dict[tuple[int, int], int] = {}
        self.correcting: set[int] = set()  # ids of results that only correct the figures of another
        self.corrected: dict[int, Entry] = {}  # id of such a result -> that one
        self.scores: dict[tuple[int, int], float] = {}
        #: Pairs of equal words that could as well be paired otherwise.
        self.in_doubt: set[tuple[int, int]] = set()

    @staticmethod
    def _nodes_of(entry: Entry) -> list[_Node]:
        return [_Node(entry, command) for command in entry.commands] or [_Node(entry, None)]

    # Which parts belong together.

    def _link(self) -> None:
        by_server = _places(self.nodes, lambda node: node.entry)
        by_result = _places(self.results, lambda entry: entry)
        node_texts, result_texts = _Texts(lambda node: node.entry), _Texts(lambda entry: entry)
        for node in self.nodes:
            for link in node.entry.links:
                named = self._names_note(link, self.names.experiments)
                if named or self._leads_to_result(node, link):
                    for result in result_texts.near(_at(by_result, link), node.entry):
                        self._mark(node, result, 1 if named else 4)
        for result in self.results:
            for link in result.links:
                named = self._names_note(link, self.names.server)
                if named or (link.target and any(link is one for one in result.fields.get("server", ()))):
                    for node in node_texts.near(_at(by_server, link), result):
                        self._mark(node, result, 2 if named else 4)

    def _leads_to_result(self, node: _Node, link: Link) -> bool:
        """Whether a link stands where an entry names its result, under the command or in a Result line, though the note
        it names is another."""
        if not link.target or self._names_note(link, self.names.server):
            return False
        fields = [name for name, found in node.entry.fields.items() if any(link is one for one in found)]
        return fields == ["result"] or (
            not fields and node.command is not None and link.line > node.entry.commands[-1].line
        )

    def _mark(self, node: _Node, result: Entry, way: int) -> None:
        self.mutual[(id(node), id(result))] = self.mutual.get((id(node), id(result)), 0) | way

    @staticmethod
    def _names_note(link: Link, name: str) -> bool:
        return _is_name(link.target[:200], name)

    def join(self) -> None:
        self._link()
        nodes = {id(node): node for node in self.nodes}
        results = {id(result): result for result in self.results}
        order = {id(x): i for i, x in enumerate([*self.nodes, *self.results])}
        linked = sorted(self.mutual, key=lambda pair: (order[pair[0]], order[pair[1]]))
        correcting = self.correcting = {id(result) for result in self._correcting()}
        linked = [
            (n, r) for n, r in linked if r not in correcting or _plain(nodes[n].entry.text) == _plain(results[r].text)
        ]
        edges = [(nodes[n], results[r]) for n, r in linked]
        self._by_marker()
        self._by_text(edges)
        self._by_whole(edges)
        edges = [(n, r) for n, r in edges if (id(n), id(r)) not in self.in_doubt]
        if len(edges) <= _MAX_PAIRS:
            self._by_settings(edges)
            self._by_value(edges)
            self._by_sets(edges)
            self._by_score(edges)
            self._by_last(edges)
            self._by_order(edges)
        self._by_equal_text()
        self._by_near_text()
        self._by_repeat()
        self._corrections([result for result in self.results if id(result) in correcting])
        edges = [(nodes[n], results[r]) for n, r in linked[:_MAX_PAIRS]]
        self.near = [(n, r) for n, r in self._free(edges) if self._score(n, r) >= 0.2]
        self.near += self._interim()

    def _free(self, edges: Iterable[tuple[_Node, Entry]]) -> list[tuple[_Node, Entry]]:
        return [(n, r) for n, r in edges if n.result is None and id(r) not in self.node_of]

    def _pair(self, node: _Node, result: Entry) -> None:
        node.result = result
        self.node_of[id(result)] = node

    def _by_marker(self) -> None:
        """Two blocks with the same block id tell of the same run."""
        marked: dict[str, list[_Node]] = {}
        for node in self.nodes:
            for marker in node.entry.markers[:1]:
                marked.setdefault(marker, []).append(node)
        for result in self.results:
            for marker in result.markers[:1]:
                found = [node for node in marked.get(marker, []) if node.result is None]
                if len(found) == 1 and not result.siblings:
                    self._pair(found[0], result)
            nodes = [node for marker in result.siblings for node in marked.get(marker, [])]
            told = [node for node in nodes if node.result is None and self._has_settings(node, result)]
            if len(told) == 1:
                self._pair(told[0], result)

    def _has_settings(self, node: _Node, result: Entry) -> bool:
        """Whether a command has the options of a table's row, as written."""
        config = self.configs[id(node)]
        pairs = [setting.split(" ", 1) for setting in result.settings if " " in setting]
        return bool(pairs) and all(config.get(name) == value for name, value in pairs)

    def _by_text(self, edges: list[tuple[_Node, Entry]]) -> None:
        """Linked descriptions that say the same, slips of the pen aside.

        Where several do, they are paired in their order when there are as many entries as results, or when the commands
        are one and the same; else by links that name each other. What is left is in doubt and no score decides it.
        """
        alike = [(node, result) for node, result in self._free(edges) if self._alike(node.entry, result)]
        for found_nodes, found_results, group in _components(alike):
            nodes, results = found_nodes, found_results
            if any(result.sets for result in results):
                likely = [node for node in nodes if not self._ended_without_result(node)]
                nodes = likely or nodes
            nodes.sort(key=lambda node: (node.entry.date or datetime.date.min, node.entry.order))
            results.sort(key=lambda result: (result.date or datetime.date.min, result.order))
            linked = {(id(n), id(r)) for n, r in group}
            likely_ids = {id(node) for node in nodes}
            in_order = list(zip(nodes, results, strict=False))
            same_command = len({node.command.words if node.command else () for node in nodes}) == 1
            if len(nodes) == len(results) and all((id(n), id(r)) in linked for n, r in in_order):
                pairs = in_order
            elif same_command and (nodes[0].command is not None or len(nodes) == len(results)):
                pairs = [(n, r) for n, r in in_order if (id(n), id(r)) in linked]
            else:
                both = [(n, r) for n, r in group if self.mutual[(id(n), id(r))] == 3 and id(n) in likely_ids]
                of_node, of_result = Counter(id(n) for n, _ in both), Counter(id(r) for _, r in both)
                pairs = [(n, r) for n, r in both if of_node[id(n)] == of_result[id(r)] == 1]
            for node, result in pairs:
                if node.result is None and id(result) not in self.node_of:
                    self._pair(node, result)
            self.in_doubt |= linked

    def _by_whole(self, edges: list[tuple[_Node, Entry]]) -> None:
        """Linked descriptions that mean the same once "same setting as above, but dropout 0.3" is said in full."""
        free = self._free(edges)
        if len(free) > _MAX_PAIRS:
            return
        fits: dict[int, list[_Node]] = {}
        rows: dict[int, tuple[_Node, Entry]] = {}
        chosen: Counter[int] = Counter()
        for node, result in free:
            if _same_as(result) is None and _same_as(node.entry) is None:
                continue
            mine, theirs = self._whole(result, 0), self._whole(node.entry, 0)
            if (
                mine is None
                or theirs is None
                or not mine[0]
                or mine[1] != theirs[1]
                or mine[0].keys() != theirs[0].keys()
            ):
                continue
            if all(_equal_values(value, theirs[0][name]) for name, value in mine[0].items()):
                fits.setdefault(id(result), []).append(node)
                rows[id(result)] = (node, result)
                chosen[id(node)] += 1
        for key, nodes in fits.items():
            if len(nodes) == 1 and chosen[id(nodes[0])] == 1:
                self._pair(*rows[key])

    def _whole(self, entry: Entry, depth: int) -> tuple[dict[str, str], frozenset[str]] | None:
        """(options told, other words) of a description, those of the one that it repeats included; None where the
        repeated one is not clear."""
        if id(entry) not in self.whole:
            self.whole[id(entry)] = self._spelt_out(entry, depth)
        return self.whole[id(entry)]

    def _spelt_out(self, entry: Entry, depth: int) -> tuple[dict[str, str], frozenset[str]] | None:
        said = _same_as(entry)
        text = _LINKS.sub(" ", said[0] if said else entry.text.split("\n", 1)[0])[:_MOST_PROSE]
        own = self._options_in(text)
        match = _SAME.search(text)
        text = text[match.end() :] if said and match else text
        text = re.sub(r"`?\b[A-Za-z]\w*`?[ \t]*(?:=|:)?[ \t]*[`\"']?[-+]?\d[\w.+-]*", self._without_option, text)
        words = frozenset(re.findall(r"[a-z\d]+", text.casefold())) - _JOINTS
        if said is None:
            return own, words
        sentence, links = said
        before = self.before.get(id(entry))
        if links:
            days = {link.heading for link in links if not link.target or link.target == entry.note}
            there = [other for day in days for other in self.dated.get((entry.note, day), ()) if other is not entry]
            if len(there) > 1:  # Several stand at that place: the one that tells the option which differs.
                about = [other for other in there if own and own.keys() <= self._told(other).keys()]
                there = [other for other in about if not _only_corrects(other)]
            before = there[0] if len(there) == 1 else None
        elif not _ABOVE.search(sentence):
            before = None
        base = self._whole(before, depth + 1) if before is not None and depth < 30 else None
        return ({**base[0], **own}, base[1] | words) if base is not None else None

    def _without_option(self, match: re.Match[str]) -> str:
        return " " if self._option(re.match(r"`?(\w+)", match.group())[1]) else match.group()  # type: ignore[index]

    def _alike(self, one: Entry, other: Entry) -> bool:
        if _plain(one.text) == _plain(other.text):
            return bool(one.text)
        a, b = _tokens(one.text), _tokens(other.text)
        return {w for w in a if w[0].isdigit()} == {w for w in b if w[0].isdigit()} and _alikeness(
            one.text, other.text, 0.75
        ) >= 0.75

    def _ended_without_result(self, node: _Node) -> bool:
        """Whether an entry says that its run was stopped or failed, and names no result."""
        named = any(self._names_note(link, self.names.experiments) for link in node.entry.links)
        return not named and any(ending(sentence) for sentence in node.entry.sentences)

    def _by_equal_text(self) -> None:
        """Without a link, or with a wrong one: the only entry and the only result of these words, a few days apart."""
        groups: dict[str, tuple[list[_Node], list[Entry]]] = {}
        for node in self.nodes:
            text = _plain(_without_end(node.entry.text))
            if node.result is None and len(text) > 12 and node.entry.date:
                groups.setdefault(text, ([], []))[0].append(node)
        for result in self.results:
            text = _plain(_without_end(result.text))
            if id(result) not in self.node_of and text in groups and result.date:
                groups[text][1].append(result)
        for nodes, results in groups.values():
            if len(nodes) != 1 or len(results) != 1 or nodes[0].entry.date is None or results[0].date is None:
                continue
            if -1 <= (results[0].date - nodes[0].entry.date).days <= _LONGEST_RUN_DAYS:
                self._pair(nodes[0], results[0])

    def _by_near_text(self) -> None:
        """Without a link, or with a wrong one: an entry and a result a few days apart whose words are alike and whose
        options agree, where each of them fits no other."""
        free = [node for node in self.nodes if node.result is None and node.entry.date and node.entry.text]
        by_day: dict[datetime.date | None, list[_Node]] = {}
        commands: set[tuple[int, tuple[str, ...]]] = set()
        for node in free:
            command = (id(node.entry), node.command.words if node.command else ())
            if command not in commands:  # Of one command given twice the first: see `_by_repeat`.
                by_day.setdefault(node.entry.date, []).append(node)
            commands.add(command)
        fits: list[tuple[_Node, Entry]] = []
        for result in self.results:
            if id(result) in self.node_of or result.date is None or not result.text or result.table_row:
                continue
            if id(result) in self.correcting or _INTERIM.search(result.text):
                continue
            for days in range(-1, _LONGEST_RUN_DAYS + 1):
                nodes = by_day.get(result.date - datetime.timedelta(days=days), [])
                fits += [(node, result) for node in nodes[:_MAX_PLACE] if self._tell_of_one_run(node, result)]
        of_node, of_result = Counter(id(n) for n, _ in fits), Counter(id(r) for _, r in fits)
        for node, result in fits:
            if of_node[id(node)] == of_result[id(result)] == 1:
                self._pair(node, result)

    def _tell_of_one_run(self, node: _Node, result: Entry) -> bool:
        """Whether the words of an entry and of a result without a link between them mean one setting."""
        config, told = self.configs[id(node)], self._told(result)
        if result.sets and self._ended_without_result(node):
            return False
        if not told or any(name not in config or not _equal_values(config[name], told[name]) for name in told):
            return False
        if _same_as(result) is not None:
            whole, there = self._whole(result, 0), self._whole(node.entry, 0)
            if whole is None or there is None or not there[0]:
                return False
            same = all(name in config and _equal_values(config[name], value) for name, value in whole[0].items())
            return same and _alikeness(" ".join(sorted(whole[1])), " ".join(sorted(there[1])), 0.6) >= 0.6
        mine, theirs, words = self._told(node.entry), _gist(node.entry.text), _gist(result.text)
        # What the entry tells besides may be stale words that its command denies, and no setting of another run.
        more = any(_equal_values(config.get(name, ""), mine[name]) for name in mine.keys() - told.keys())
        if more or not told.keys() <= mine.keys():
            return False
        return f"{_plain(theirs)} ".startswith(f"{_plain(words)} ") or _alikeness(words, theirs, 0.7) >= 0.7

    def _by_repeat(self) -> None:
        """ "The same as above, another seed" under the result of a command that its entry gives once more."""
        of_entry: dict[int, list[_Node]] = {}
        for node in self.nodes:
            of_entry.setdefault(id(node.entry), []).append(node)
        for result in self.results:
            said = _same_as(result)
            above = self.before.get(id(result))
            first = self.node_of.get(id(above)) if above is not None else None
            if id(result) in self.node_of or said is None or said[1] or self._told(result):
                continue
            if first is None or first.command is None or above is None or _days_apart(above, result) > 1:
                continue
            again = [
                node
                for node in of_entry[id(first.entry)][:_MAX_PLACE]
                if node.result is None and node.command is not None and node.command.words == first.command.words
            ]
            if again:
                self._pair(again[0], result)

    def _correcting(self) -> list[Entry]:
        """The results that say they correct figures pasted before, where a result of their settings stands above."""
        found = [result for result in self.results if _only_corrects(result)][:_MAX_PLACE]
        return [result for result in found if self._above(result)]

    def _above(self, correction: Entry) -> list[Entry]:
        """The results above one that are told by its settings."""
        told = self._told(correction)
        place = (correction.date or datetime.date.min, correction.order)
        return [
            other
            for other in (self.results if told else ())
            if other.sets
            and (other.date or datetime.date.min, other.order) < place
            and not _only_corrects(other)
            and self._is_about(other, told)
        ]

    def _corrections(self, found: list[Entry]) -> None:
        """The result whose figures each of these takes back: the only one above it of the settings it tells; of several
        the only one whose figures stand under another run too."""
        copied = Counter(tuple(a.values.get("accuracy", ())) for r in self.results for a in r.sets)
        for result in found:
            if id(result) in self.node_of:
                continue
            above = self._above(result)
            twice = [o for o in above if any(copied[tuple(a.values.get("accuracy", ()))] > 1 for a in o.sets)]
            meant = twice if len(twice) == 1 else above
            if len(meant) == 1:
                self.corrected[id(result)] = meant[0]

    def _is_about(self, result: Entry, told: dict[str, str]) -> bool:
        """Whether a result is told by these settings, and its command has them."""
        node = self.node_of.get(id(result))
        whole = self._whole(result, 0)
        mine = whole[0] if whole is not None else self._told(result)
        config = self.configs[id(node)] if node is not None else mine
        return told.keys() <= mine.keys() and all(
            name in config and _equal_values(config[name], value) for name, value in told.items()
        )

    def _interim(self) -> list[tuple[_Node, Entry]]:
        """Interim results beside the one entry without a result that they can belong to: probably one run."""
        found = []
        interim = [r for r in self.results if id(r) not in self.node_of and _INTERIM.search(r.text)]
        for result in interim[:_MAX_PLACE]:
            told = self._told(result)
            fits = [
                node
                for node in self.nodes
                if told
                and node.result is None
                and node.command is not None
                and _days_apart(node.entry, result) <= _LONGEST_RUN_DAYS
                and all(_equal_values(self.configs[id(node)].get(name, ""), told[name]) for name in told)
            ]
            found += [(fits[0], result)] if len(fits) == 1 else []
        return found

    def _by_settings(self, edges: list[tuple[_Node, Entry]]) -> None:
        """A row of a hand-made table belongs to the one linked command that has its settings."""
        fits: dict[int, list[_Node]] = {}
        rows: dict[int, Entry] = {}
        for node, result in self._free(edges):
            if result.table_row and result.settings and self._has_settings(node, result):
                fits.setdefault(id(result), []).append(node)
                rows[id(result)] = result
        for key, nodes in fits.items():
            if len(nodes) == 1 and nodes[0].result is None:
                self._pair(nodes[0], rows[key])

    def _by_value(self, edges: list[tuple[_Node, Entry]]) -> None:
        """Several commands of one entry, several results: a result that names a value which one command alone has.

        "GRU on top" belongs to the command with `-sequential_layer GRU` when the others have another layer.
        """
        of_entry: dict[int, _Set[_Node]] = {}
        of_result: dict[int, _Set[_Node]] = {}
        by_result: dict[int, Entry] = {}
        for node, result in self._free(edges):
            of_entry.setdefault(id(node.entry), _Set()).add(node)
            of_result.setdefault(id(result), _Set()).add(node)
            by_result[id(result)] = result
        named: dict[int, list[tuple[_Node, Entry]]] = {}
        for key, found in of_result.items():
            result, nodes = by_result[key], found.items()
            siblings = of_entry[id(nodes[0].entry)].items()
            if not 2 <= len(siblings) <= _MAX_PLACE or any(node.entry is not nodes[0].entry for node in nodes):
                continue
            words = set(re.findall(r"[a-z][a-z0-9]+", _LINKS.sub(" ", result.text[:_MOST_PROSE]).casefold()))
            fits = [node for node in siblings if self._own_values(node, siblings) & words]
            told = self._told(result)
            if len(fits) == 1 and not any(
                name in self.configs[id(fits[0])] and not _equal_values(self.configs[id(fits[0])][name], value)
                for name, value in told.items()
            ):
                named.setdefault(id(fits[0]), []).append((fits[0], result))
        for pairs in named.values():
            if len(pairs) == 1:
                self._pair(*pairs[0])

    def _own_values(self, node: _Node, siblings: list[_Node]) -> set[str]:
        """Values, as words, that of several commands this one alone has."""
        mine = {value.strip("'\"").casefold() for value in self.configs[id(node)].values()}
        others = {
            value.strip("'\"").casefold()
            for other in siblings
            if other is not node
            for value in self.configs[id(other)].values()
        }
        return {value for value in mine - others if value.isalnum() and value[:1].isalpha()} - _NO_NAMES

    def _by_sets(self, edges: list[tuple[_Node, Entry]]) -> None:
        """An entry of several commands whose one result has as many array sets: one command a set, in order."""
        results: dict[int, _Set[Entry]] = {}
        siblings: dict[int, list[_Node]] = {}
        for node in self.nodes:
            siblings.setdefault(id(node.entry), []).append(node)
        free = self._free(edges)
        for node, result in free:
            results.setdefault(id(node.entry), _Set()).add(result)
        for node, result in free:
            nodes = siblings[id(node.entry)]
            only = len(results[id(node.entry)].items()) == 1
            if len(nodes) < 2 or not only or len(result.sets) != len(nodes) or any(other.result for other in nodes):
                continue
            for other in nodes:
                other.result = result
            self.node_of[id(result)] = nodes[0]
            self.spread[id(result)] = nodes

    def _by_score(self, edges: list[tuple[_Node, Entry]]) -> None:
        """Pairs that are each other's best by a clear margin."""
        while True:
            free = self._free(edges)
            scores = {(id(n), id(r)): self._score(n, r) for n, r in free}
            of_node: dict[int, list[float]] = {}
            of_result: dict[int, list[float]] = {}
            for (n, r), score in scores.items():
                of_node.setdefault(n, []).append(score)
                of_result.setdefault(r, []).append(score)
            for values in (*of_node.values(), *of_result.values()):
                values.sort(reverse=True)
            found = False
            for node, result in free:
                score = scores[(id(node), id(result))]
                rivals = of_node[id(node)][:2], of_result[id(result)][:2]
                margin = min((v[0] - v[1] for v in rivals if len(v) > 1), default=0.0 if score < 0.45 else 1.0)
                best = all(v[0] == score for v in rivals)
                linked = self.mutual.get((id(node), id(result))) == 3
                clear = best and ((score >= 0.45 and margin >= 0.1) or (linked and score >= 0.2 and margin >= 0.2))
                if clear and node.result is None and id(result) not in self.node_of:
                    self._pair(node, result)
                    found = True
            if not found:
                return

    def _by_last(self, edges: list[tuple[_Node, Entry]]) -> None:
        """The only pair that is left, when nothing speaks against it."""
        free = self._free(edges)
        nodes = Counter(id(node) for node, _ in free)
        results = Counter(id(result) for _, result in free)
        for node, result in free:
            if nodes[id(node)] != 1 or results[id(result)] != 1:
                continue
            score = self._score(node, result)
            silent = not result.text or not node.entry.text or _same_as(result) is not None
            way = self.mutual.get((id(node), id(result)), 0)
            # Links of both, or the only link there is: words that do not contradict are enough.
            certain = way & 3 == 3 or (way & 3 == 1 and not result.fields.get("server"))
            if score >= (-0.05 if certain or silent else 0.3):
                self._pair(node, result)

    def _by_order(self, edges: list[tuple[_Node, Entry]]) -> None:
        """As many entries as results between two days, in the same order, and no crossing pair fits better."""
        free = self._free(edges)
        days: dict[tuple[str, str, str, str], tuple[_Set[_Node], _Set[Entry]]] = {}
        for node, result in free:
            key = (node.entry.note, node.entry.heading, result.note, result.heading)
            mine = days.setdefault(key, (_Set(), _Set()))
            mine[0].add(node)
            mine[1].add(result)
        for found_nodes, found_results in days.values():
            nodes, results = found_nodes.items(), found_results.items()
            if len(nodes) != len(results) or any(n.result for n in nodes):
                continue
            nodes.sort(key=lambda node: node.entry.order)
            results.sort(key=lambda result: result.order)
            straight = [self._score(n, r) for n, r in zip(nodes, results, strict=True)]
            crossing = max(
                (self._score(n, r) - straight[i] for i, n in enumerate(nodes) for j, r in enumerate(results) if i != j),
                default=0.0,
            )
            all_linked = all((id(n), id(r)) in self.mutual for n, r in zip(nodes, results, strict=True))
            if all_linked and min(straight) >= 0.12 and crossing <= 0.05:
                for node, result in zip(nodes, results, strict=True):
                    self._pair(node, result)

    def _score(self, node: _Node, result: Entry) -> float:
        """How well words and options agree, about 0 (nothing in common) to 1.5."""
        known = self.scores.get((id(node), id(result)))
        if known is None:
            known = self.scores[(id(node), id(result))] = self._new_score(node, result)
        return known

    def _new_score(self, node: _Node, result: Entry) -> float:
        score = _alikeness(node.entry.text, result.text)
        if self.mutual.get((id(node), id(result))) == 3:
            score += 0.05
        if result.sets and self._ended_without_result(node):
            score -= 0.3
        config = self.configs[id(node)]
        agree = 0.0
        for name, value in self._told(result).items():
            if name in config:
                agree += 0.12 if _equal_values(config[name], value) else -0.2
        return score + max(-0.4, min(0.36, agree))

    def _told(self, entry: Entry) -> dict[str, str]:
        """Options that a description names together with their value."""
        known = self.pairs.get(id(entry))
        if known is None:
            known = self.pairs[id(entry)] = self._options_in(entry.text)
        return known

    def _options_in(self, text: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in _PAIR.findall(_LINKS.sub(" ", text[:_MOST_PROSE])):
            option = self._option(name)
            if option and (value[0].isdigit() or value[0] in "+-." or value[:1].isupper()):
                found[option] = value.rstrip(".,")
        return found

    def _option(self, name: str) -> str:
        """The option a word of prose names, its parts in any order; "" for any other word."""
        if name in self.options:
            return name
        return self.by_parts.get(_canonical(name), "") if "_" in name else ""

    # The records.

    def records(self) -> list[Record]:
        self.join()
        drafts = self._drafts()
        self._fill_configs(drafts)
        self._name_tasks(drafts)
        drafts.sort(key=lambda d: (_day(d), d.entry.note.casefold(), d.entry.line, d.position))
        ids = _ids(drafts, [self._argv(draft) for draft in drafts])
        return [self._record(draft, ids) for draft in drafts]

    def _drafts(self) -> list[_Draft]:
        of_result: dict[int, list[_Draft]] = {}
        of_node: dict[int, list[_Draft]] = {}
        of_entry: dict[int, list[_Draft]] = {}
        drafts: list[_Draft] = []
        for result in self.results:
            node = self.node_of.get(id(result))
            spread = self.spread.get(id(result))
            if id(result) in self.corrected:
                node = self.node_of.get(id(self.corrected[id(result)]))
            mine: list[_Draft] = []
            for i, array in enumerate(result.sets or [None]):  # type: ignore[list-item]
                mine.append(_Draft(spread[i] if spread else node, result, array, i))
            drafts += mine
            of_result[id(result)] = mine
        for result in self.results:
            before = of_result.get(id(self.corrected.get(id(result))), [])
            for draft in of_result[id(result)] if before else ():
                draft.corrects = before[-1]
        for node in self.nodes:
            if node.result is None:
                draft = _Draft(node, None, None, 0)
                of_node[id(node)] = [draft]
                drafts.append(draft)
        for draft in drafts:
            if draft.node is not None:
                of_entry.setdefault(id(draft.node.entry), []).append(draft)
        for mine in (*of_result.values(), *of_entry.values()):
            for draft in mine[:50]:
                for other in mine[:50]:
                    if other is not draft and not _repeated(draft, other):
                        _append_new(draft.near, other)
        for node, result in self.near:
            for a in of_node.get(id(node), []):
                for b in of_result[id(result)]:
                    _append_new(a.near, b)
                    _append_new(b.near, a)
        return drafts

    def _argv(self, draft: _Draft) -> tuple[str, ...]:
        return draft.node.command.words if draft.node and draft.node.command else ()

    def _fill_configs(self, drafts: list[_Draft]) -> None:
        results = [draft for draft in drafts if draft.result is not None]
        servers = [draft for draft in drafts if draft.result is None]
        above: dict[int, _Draft | None] = {}
        for mine in (results, servers):
            previous: _Draft | None = None
            last: _Draft | None = None
            for draft in mine:
                if last is None or draft.entry is not last.entry:
                    previous = last
                above[id(draft)] = previous
                last = draft
        places = _places(drafts, lambda draft: draft.entry)
        server_places = _places([d for d in drafts if d.node], lambda draft: draft.node.entry if draft.node else None)
        for draft in drafts:
            self._config_of(draft, above, places, server_places, 0)

    def _config_of(
        self,
        draft: _Draft,
        above: dict[int, _Draft | None],
        places: dict[str, list[_Draft]],
        server_places: dict[str, list[_Draft]],
        depth: int,
    ) -> None:
        if draft.known:
            return
        draft.known = True  # set first: a circle of references ends here
        own = dict(self.configs[id(draft.node)]) if draft.node else {}
        if not own:
            own = self._options_in("\n".join(draft.entry.settings))
        draft.config = own
        entries = [draft.entry] + ([draft.node.entry] if draft.node and draft.node.entry is not draft.entry else [])
        same = next((said for said in map(_same_as, entries) if said is not None), None)
        if self._argv(draft) or same is None or depth > 100:
            return
        sentence, links = same
        targets: list[_Draft] = []
        for link in links:
            if (
                not link.target
                or self._names_note(link, self.names.experiments)
                or self._names_note(link, self.names.server)
            ):
                found = _at(server_places if self._names_note(link, self.names.server) else places, link)[:_MAX_PLACE]
                targets += [
                    t for t in found if (t.entry is not draft.entry and t.entry.note == draft.entry.note) or link.target
                ]
        targets = [target for target in targets if target is not draft and target.entry is not draft.entry]
        # A description refers to what stood there when it was written: of one place, to what stands above it.
        earlier = [t for t in targets if t.entry.note != draft.entry.note or t.entry.order < draft.entry.order]
        targets = earlier or targets
        before = above[id(draft)]
        if targets and before is not None and before in targets and _ABOVE.search(_LINKS.sub("", sentence)):
            targets = [before]
        if not targets and before is not None and (_ABOVE.search(_LINKS.sub("", sentence))):
            targets = [before]
        configs = []
        for target in targets[:20]:
            self._config_of(target, above, places, server_places, depth + 1)
            if target.config:
                configs.append(target.config)
        if not configs:
            return
        # Several runs stand at the place that is named: only what all of them share is certain.
        base = {k: v for k, v in configs[0].items() if all(c.get(k) == v for c in configs[1:])}
        changes, doubtful = self._changes(draft.entry.text + "\n" + "\n".join(draft.entry.settings))
        kept = {k: v for k, v in base.items() if k not in doubtful and k not in changes and k not in own}
        draft.config = {**kept, **changes, **own}
        draft.inherited = tuple(kept)

    def _changes(self, text: str) -> tuple[dict[str, str], set[str]]:
        """(options the words set, options they say differ without a value that can be read)."""
        parts = []
        for line in text.split("\n"):
            match = _SAME.search(line)
            if match:
                line = line[: match.start()] + " " + line[match.end() :]
            parts.append(_LINKS.sub(" ", line))
        rest = " ".join(parts)[:_MOST_PROSE]
        changes = self._options_in(rest)
        doubtful: set[str] = set()
        for pattern, part, option in _PROSE:
            match = pattern.search(rest)
            if not match:
                continue
            value = match.group(1) if match.re.groups and match.group(1) else ""
            names = {name for name in self.options if part in name}
            if option in changes or names & changes.keys():
                continue
            if value and option in self.options:
                changes[option] = value.rstrip(".,")
            doubtful |= names
        for word in re.findall(r"[A-Za-z]+(?:_[A-Za-z0-9]+)+|`[^`]+`", rest):
            option = self._option(word.strip("`- "))
            if option and option not in changes:
                doubtful.add(option)
        return changes, doubtful

    def _name_tasks(self, drafts: list[_Draft]) -> None:
        """A to-do item that names a result's or an entry's day belongs to the one run there that it can mean."""
        by_result = _places([d for d in drafts if d.result], lambda d: d.result)
        by_server = _places([d for d in drafts if d.node], lambda d: d.node.entry if d.node else None)
        for task in self.tasks:
            for link in task.links:
                if self._names_note(link, self.names.experiments):
                    found = _at(by_result, link)
                elif self._names_note(link, self.names.server):
                    found = _at(by_server, link)
                else:
                    continue
                if len(found) > 1:
                    scores = [(_alikeness(task.text, draft.entry.text, 0.35), i) for i, draft in enumerate(found[:200])]
                    scores.sort(reverse=True)
                    clear = scores[0][0] >= 0.5 and scores[0][0] - scores[1][0] >= 0.15
                    found = [found[scores[0][1]]] if clear else []
                for draft in found:
                    draft.tasks.add(task)

    def _record(self, draft: _Draft, ids: dict[int, str]) -> Record:
        result, node, array = draft.result, draft.node, draft.array
        server = node.entry if node else None
        entries = [entry for entry in (result, server) if entry is not None]
        metrics: dict[str, object] = {}
        if array is not None:
            metrics = {name: list(array.values[name]) for name in SESSION_METRICS if name in array.values}
            metrics.update(array.others)
        status, cause = _status(draft)
        title = first_line([line for entry in entries for line in entry.text.split("\n")])
        title = title or _heading_title(draft.entry.heading) or _command_title(self._argv(draft))
        title = title or f"Result of {_day(draft) or draft.entry.note}"
        if array is not None and array.label:
            title = f"{title} ({array.label})"
        texts = [entry.text for entry in entries if entry.text]
        if len(texts) == 2 and _plain(texts[0]) == _plain(texts[1]):
            texts.pop()
        if draft.entry.settings and draft.entry.description:
            texts.append("Config: " + ", ".join(draft.entry.settings))
        verdicts: list[str] = []
        for entry in entries:
            for verdict in entry.verdicts:
                _append_new(verdicts, _verdict_text(verdict))
        remarks = list(array.remarks) if array is not None else []
        for entry in entries:
            if entry is server or not entry.sets:
                remarks += entry.remarks
        line = draft.entry.line if draft.position == 0 or array is None else array.line
        if (
            result is None
            and node is not None
            and node.command is not None
            and node.command is not node.entry.commands[0]
        ):
            line = node.command.line
        return Record(
            id=ids[id(draft)],
            source="logged",
            date=_day(draft),
            title=title,
            argv=self._argv(draft),
            config=dict(draft.config),
            status=status,
            cause=cause,
            metrics=metrics,
            note_links=_note_links(entries, draft.tasks.items()),
            verdicts=tuple(verdicts),
            link=f"{draft.entry.note}#{draft.entry.heading}:{line}",
            remarks=tuple(dict.fromkeys(remarks)),
            description="\n".join(texts),
            marker=_marker(draft, entries),
            inherited=draft.inherited,
            joined=tuple(ids[id(other)] for other in draft.near),
            corrects=ids[id(draft.corrects)] if draft.corrects is not None else "",
        )


def _components(
    edges: Iterable[tuple[_Node, Entry]],
) -> list[tuple[list[_Node], list[Entry], list[tuple[_Node, Entry]]]]:
    """Groups of entries and results that hang together by these pairs: (entries, results, pairs) each."""
    parent: dict[int, int] = {}

    def root(item: int) -> int:
        while parent.setdefault(item, item) != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    edges = list(edges)
    for node, result in edges:
        parent[root(id(result))] = root(id(node))
    groups: dict[int, tuple[_Set[_Node], _Set[Entry], list[tuple[_Node, Entry]]]] = {}
    for node, result in edges:
        nodes, results, pairs = groups.setdefault(root(id(node)), (_Set(), _Set(), []))
        nodes.add(node)
        results.add(result)
        pairs.append((node, result))
    return [(nodes.items(), results.items(), pairs) for nodes, results, pairs in groups.values()]


#: Words of prose that change an option: (pattern with the value, part of the option names it may mean, its usual name).
_PROSE = (
    (re.compile(r"(?:(\d+)[ \t]+)?\bepochs?\b", re.IGNORECASE), "epochs", "epochs_base"),
    (
        re.compile(r"\b(?:lr|learning rate)\b(?:[ \t]*(?:of|=|:)?[ \t]*(\d[\d.]*(?:e-?\d+)?))?", re.IGNORECASE),
        "lr_",
        "lr_base",
    ),
    (re.compile(r"\bdecay\b(?:[ \t]*(?:of|=|:)?[ \t]*(\d[\d.]*(?:e-?\d+)?))?", re.IGNORECASE), "decay", "decay"),
    (re.compile(r"\bnoise\b(?:[ \t]*(?:of|=|:)?[ \t]*(\d[\d.]*))?", re.IGNORECASE), "noise", "noise_prob"),
    (
        re.compile(r"\bbatch(?:[ \t]+size)?\b(?:[ \t]*(?:of|=|:)?[ \t]*(\d+))?", re.IGNORECASE),
        "batch",
        "batch_size_base",
    ),
    (re.compile(r"\btemperature\b(?:[ \t]*(?:of|=|:)?[ \t]*(\d[\d.]*))?", re.IGNORECASE), "temperature", "temperature"),
    (re.compile(r"\b(GRU|Transformer)\b"), "sequential_layer", "sequential_layer"),
    (re.compile(r"\bgpu[ \t]*(\d+)?\b", re.IGNORECASE), "gpu", "gpu"),
    (re.compile(r"\bseed[ \t]*(\d+)?\b", re.IGNORECASE), "seed", "seed"),
    (re.compile(r"\bshots?\b"), "shot", "shot"),
    (re.compile(r"\bspec_?aug\w*\b", re.IGNORECASE), "spec_aug", "spec_aug_mode"),
)


def _only_corrects(entry: Entry) -> bool:
    """Whether a description says that its figures replace some that were pasted before; a rerun is another run."""
    return bool(entry.sets) and bool(_CORRECTION.match(entry.text[:400])) and not _RUN_AGAIN.search(entry.text[:400])


def _repeated(one: _Draft, other: _Draft) -> bool:
    """Whether two commands of one entry say the same and each has its own result: a run with two seeds is two runs."""
    if one.node is None or other.node is None or one.node is other.node or one.node.command is None:
        return False
    same = other.node.command is not None and one.node.command.words == other.node.command.words
    return same and one.result is not other.result and one.result is not None and other.result is not None


def _gist(text: str) -> str:
    """The first sentence of a description: what was run, without the remarks that follow."""
    return re.split(r"[.!?;](?=\s|$)|\n", text.strip(), maxsplit=1)[0]


def _without_end(text: str) -> str:
    """A description without a line that only says how its run ended ("Stopped.")."""
    return "\n".join(line for line in text.split("\n") if ending(line) is None) or text


def _same_as(entry: Entry) -> tuple[str, list[Link]] | None:
    """(line, links in it) of a description that says it repeats another run's settings; None when none does."""
    for line in [*entry.description, *entry.settings]:
        match = _SAME.search(line)
        if match and not re.match(r"[ \t]*(?:result|acc|performance|number)", line[match.end() :], re.IGNORECASE):
            links = links_of(line)
            if links or _ABOVE.search(line):
                return line, links
    return None


@functools.lru_cache(maxsize=1 << 14)
def _is_name(target: str, name: str) -> bool:
    """Whether a link's target means this note, slips of the pen allowed for."""
    written, wanted = target.casefold().removesuffix(".md").rsplit("/", 1)[-1], name.casefold()
    if written == wanted or abs(len(written) - len(wanted)) > 2:
        return written == wanted
    return difflib.SequenceMatcher(None, written, wanted).ratio() > 0.84


def _places(items: Iterable[Any], entry_of: Callable[[Any], Any]) -> dict[str, list[Any]]:
    """Heading keys (text as Obsidian compares it, and the day) -> what stands under them."""
    found: dict[str, list[Any]] = {}
    for item in items:
        entry = entry_of(item)
        for key in _place_keys(entry.path):
            found.setdefault(key, []).append(item)
    return found


@functools.lru_cache(maxsize=1 << 14)
def _place_keys(path: tuple[str, ...]) -> frozenset[str]:
    keys = set()
    for heading in path:
        keys.add(obsidian_key(heading))
        day = heading_date(heading)
        if day is not None:
            keys.add(day.isoformat())
    return frozenset(keys)


def _at(places: dict[str, list[Any]], link: Link) -> list[Any]:
    """What stands under the heading a link names; nothing for a link to a whole note."""
    if not link.heading:
        return []
    heading = link.heading.rsplit("#", 1)[-1]
    found = places.get(obsidian_key(heading))
    if found is None:
        day = heading_date(heading)
        found = places.get(day.isoformat()) if day else None
    return found or []


def _append_new(items: list[Any], item: object) -> None:
    if not any(other is item or (isinstance(item, str) and other == item) for other in items):
        items.append(item)


def _canonical(name: str) -> str:
    parts = name.lower().replace("a_freq", "formant").split("_")
    return "_".join(sorted("residual" if part == "res" else part for part in parts if part))


@functools.lru_cache(maxsize=1 << 15)
def _plain(text: str) -> str:
    """A description without what two copies of it may differ in."""
    return " ".join(re.findall(r"[^\W_]+(?:[._][^\W_]+)*", _LINKS.sub(" ", text).lower()))


@functools.lru_cache(maxsize=1 << 15)
def _tokens(text: str) -> Counter[str]:
    words = _TOKEN.findall(_LINKS.sub(" ", text).lower())[:80]
    return Counter(_canonical(word) if "_" in word else word for word in words if word not in _STOP)


def _similarity(a: Counter[str], b: Counter[str], at_least: float = -1.0) -> float:
    """Share of common words (slips of the pen allowed for), less what decisive words and numbers they do not share.

    No more slips are allowed for than words that agree. at_least: what stays below it need not be told exactly.
    """
    total = sum(a.values()) + sum(b.values())
    if not total:
        return 0.0
    common = sum(min(count, b[word]) for word, count in a.items() if word in b)
    if 2 * (common + max(1, common)) / total < at_least:
        return 2 * common / total
    decisive = sum(1 for word in set(a) ^ set(b) if word in _DECISIVE or word[0].isdigit())
    penalty = min(0.5, 0.12 * decisive)
    left = [word for word in list((a - b).elements())[:30] if len(word) >= 5]
    right = [word for word in list((b - a).elements())[:30] if len(word) >= 5]
    slips = min(len(left), len(right), max(1, common))
    if 2 * (common + slips) / total - penalty >= at_least:
        for word in left:
            close = max(((_likeness(word, other), other) for other in right), default=(0.0, ""))
            if close[0] >= _SLIP and slips:
                right.remove(close[1])
                common += 1
                slips -= 1
    return 2 * common / total - penalty


# The same texts are compared whenever a note is saved: what was found out once is kept.
@functools.lru_cache(maxsize=1 << 17)
def _alikeness(one: str, other: str, at_least: float = -1.0) -> float:
    return _similarity(_tokens(one), _tokens(other), at_least)


@functools.lru_cache(maxsize=1 << 14)
def _options_of(words: tuple[str, ...]) -> dict[str, str]:
    return parse_options(words)


#: Two words at least so alike are one word and a slip of the pen.
_SLIP = 0.8


def _likeness(a: str, b: str) -> float:
    """How alike two words are, 0 to 1; 0 for those that are no slip of each other."""
    if min(len(a), len(b)) < _SLIP / (2 - _SLIP) * max(len(a), len(b)) or len({*a} & {*b}) * 2 < len({*a}):
        return 0.0
    return _ratio(a, b)


@functools.lru_cache(maxsize=1 << 16)
def _ratio(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, b, a).ratio()


def _equal_values(a: str, b: str) -> bool:
    try:
        return float(a) == float(b)
    except ValueError:
        return a.strip("\"'").casefold() == b.strip("\"'").casefold()


def _days_apart(a: Entry, b: Entry) -> int:
    return abs((a.date - b.date).days) if a.date and b.date else 10_000


def _day(draft: _Draft) -> str:
    """The day of the result; of the entry when that is all there is, or when the result's heading is older than it."""
    days = [entry.date for entry in (draft.result, draft.node.entry if draft.node else None) if entry and entry.date]
    return max(days).isoformat() if days else ""


def _status(draft: _Draft) -> tuple[Status, str]:
    array, result = draft.array, draft.result
    server = draft.node.entry if draft.node else None
    judged = {text for entry in (result, server) if entry for v in entry.verdicts for text in [v.text]}
    if array is not None and array.broken:
        name, text = next(iter(array.broken.items()))
        what = "NaN" if "nan" in text.lower() else "no number"
        return "failed", f"{what} in {name.replace('_', ' ')}: {text}"
    sentences = [
        *(array.sentences if array else []),
        *(result.sentences if result else []),
        *(server.sentences if server else []),
    ]
    ends = []
    for sentence in sentences:
        end = ending(sentence)
        about_result = end is not None and end[0] == "failed" and "nan" not in end[1].lower()
        # A verdict on figures that are there judges them; that a run was stopped is told of the run all the same.
        judging = sentence in judged and end is not None and end[0] != "stopped"
        if end is not None and (array is None or not (about_result or judging)):
            ends.append(end)
    if ends:
        failed = [cause for status, cause in ends if status == "failed"]  # "NaN occurs. Stopped.": it failed
        return ("failed", failed[0]) if failed else ("stopped", ends[0][1])
    if array is not None:
        return "finished", ""
    bad = next((v for entry in (result, server) if entry for v in entry.verdicts if v.kind in ("fail", "error")), None)
    if bad is not None:
        return "failed", bad.text
    if server is not None and server.state == "x":
        return "finished", ""
    return "unknown", "struck out" if server is not None and server.struck else ""


def _verdict_text(verdict: Verdict) -> str:
    return f"{verdict.kind}: {verdict.text}" if verdict.text else verdict.kind


def _heading_title(heading: str) -> str:
    """A heading that says something besides its date."""
    text = without_suffix(heading)
    known = ("", "experiments", "experiment", "result", "results", "server", "code", "others")
    return "" if heading_date(heading) or text.casefold() in known else text


def _command_title(argv: Sequence[str]) -> str:
    words = []
    for word in argv:
        if word.startswith("-") and word != "-m":
            break
        words.append(word)
    return " ".join(words)


def _note_links(entries: Sequence[Entry], tasks: Sequence[NamedTask]) -> tuple[str, ...]:
    links = [wikilink(entry.note, entry.heading) for entry in entries]
    for entry in entries:
        for link in entry.links:
            name = link.target or entry.note
            text = f"[[{name}#{link.heading}]]" if link.heading else f"[[{name}]]" if link.target else ""
            if text and not link.embed:
                links.append(text)
    links += [wikilink(task.note, task.heading) for task in tasks]
    return tuple(dict.fromkeys(links))


def _marker(draft: _Draft, entries: Sequence[Entry]) -> str:
    for entry in entries:
        if entry.markers:
            several = entry is draft.result and len(entry.markers) == len(entry.sets)
            return entry.markers[draft.position if several else 0]
    return ""


def _ids(drafts: Sequence[_Draft], argvs: Sequence[Sequence[str]]) -> dict[int, str]:
    """An id a draft: from its content, and its place only among equals."""
    ids: dict[int, str] = {}
    used: set[str] = set()
    equals: Counter[str] = Counter()
    for draft, argv in zip(drafts, argvs, strict=True):
        arrays = draft.array.values if draft.array else {}
        broken = draft.array.broken if draft.array else {}
        day = _day(draft)
        content = json.dumps([draft.entry.note, day, list(argv), arrays, broken, draft.entry.text], sort_keys=True)
        equals[content] += 1
        ordinal = equals[content]
        while True:
            digest = hashlib.sha256(f"{ordinal}\n{content}".encode("utf-8", "surrogatepass")).digest()
            name = f"n{day.replace('-', '') or '00000000'}-{base64.b32encode(digest)[:6].decode().lower()}"
            if name not in used:
                break
            ordinal += 1_000_003
        used.add(name)
        ids[id(draft)] = name
    return ids
