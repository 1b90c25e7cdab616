"""Looks at files for one question: where, how large, what is inside, how many, free disk; through `files` alone."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.capture import may_hold_secret
from assistant.contents import CHECKPOINTS, SOUNDS, Content, look_inside
from assistant.file_questions import FileWish
from assistant.files import Entry, Files, Root, is_slip, show_bytes
from assistant.page import many
from assistant.timeline import Interval
from fskws.runs import Record, RunDirectory
from vault_sync.code import Found as FoundSymbol
from vault_sync.code import ProjectCode

SHOWN = 8


_SETTINGS_SHOWN = 60


@dataclass(frozen=True)
class Line:
    """A line of an answer. source: the path or id that its figures come from. whole: not wrapped (code, log lines)."""

    text: str
    source: str = ""
    indent: int = 2
    whole: bool = False


@dataclass
class Told:
    """What was seen. found: there is an answer. refused: it may not be looked at, so nothing else is tried either.
    sources: paths it rests on, each with the words relied on."""

    lines: list[Line] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)
    found: bool = False
    refused: bool = False
    nothing: bool = False
    near: list[Line] = field(default_factory=list)
    searched: str = ""

    def say(self, text: str, source: str = "", indent: int = 2, whole: bool = False) -> None:
        """One line more."""
        self.lines.append(Line(text, source, indent, whole))

    def rest_on(self, path: Path | str, words: str = "") -> None:
        """The answer rests on this path."""
        self.sources.setdefault(str(path), words)


@dataclass
class Computer:
    """What can be looked at. runs: records, oldest first. codes: project folders by symbol, kept between questions."""

    files: Files
    runs: Sequence[Record] = ()
    codes: dict[Path, ProjectCode] = field(default_factory=dict)

    def code(self, root: Root) -> ProjectCode:
        """The symbols under a root."""
        return self.codes.setdefault(root.path, ProjectCode(root.path))


def when_words(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment).strftime("%Y-%m-%d %H:%M")


def row_of(entry: Entry) -> dict[str, Any]:
    return {
        "path": str(entry.path),
        "folder": entry.folder,
        "bytes": entry.size,
        "changed": datetime.datetime.fromtimestamp(entry.mtime).astimezone().isoformat(timespec="seconds"),
    }


def _endings(files: Sequence[Entry]) -> str:
    """How many of each ending: ": 12 .wav, 3 .txt"."""
    endings = Counter(e.name.rsplit(".", 1)[-1].lower() if "." in e.name else "" for e in files)
    shown = [f"{count} .{ending}" if ending else f"{count} without ending" for ending, count in endings.most_common(5)]
    return f" ({', '.join(shown)})" if len(endings) > 1 else ""


class Look:
    """Looks for what a wish asks, with the targets it names; what was seen is in `told`."""

    def __init__(
        self,
        wish: FileWish,
        computer: Computer,
        interval: Interval | None,
        today: datetime.date,
        as_of: datetime.date | None,
    ) -> None:
        self.wish = wish
        self.computer = computer
        self.files = computer.files
        self.interval = interval
        self.today = today
        self.as_of = as_of
        self.told = Told()
        self.stopped: list[str] = []
        self.hidden = 0

    def _targets(self, folders: bool = True, files: bool = True) -> list[Entry]:
        """The entries that the wish names; the nearest names are kept for a refusal."""
        found: list[Entry] = []
        for name in self.wish.names:
            root = next((r for r in self.files.roots if r.name == name or r.path.name == name), None)
            if root is not None and folders:
                entry = self.files.resolve(str(root.path))
                found.extend([entry] if entry else [])
                continue
            if name in ("vault", "project", "runs") and root is None:
                self.told.say(f"No {name} folder is configured.", indent=0)
                continue
            seen = self.files.find(name, folders, files)
            self._note_stop(seen.stopped)
            if seen.exact:
                found.extend(seen.entries)
            elif seen.entries and is_slip(name, seen.entries[0]):
                first = seen.entries[0].name
                self.told.say(f'"{name}" read as {first}.', indent=0)
                found.extend(entry for entry in seen.entries if entry.name == first)
            else:
                self.told.say(f"No file or folder named {name} is there.", indent=0)
                self.told.near.extend(self._line(entry) for entry in seen.entries)
        if not self.wish.names and self.wish.runs:
            found.extend(self._of_runs())
        elif not self.wish.names and self.wish.kind == "checkpoint":
            found.extend(
                self._with_suffix(CHECKPOINTS)[:1] if self.wish.what != "where" else self._with_suffix(CHECKPOINTS)
            )
        return self._as_of(found)

    def _of_runs(self) -> list[Entry]:
        found: list[Entry] = []
        for record in self._runs():
            directory = RunDirectory(Path(record.directory))
            place = {"log": directory.output, "checkpoint": directory.checkpoints}.get(self.wish.kind, directory.root)
            entry = self.files.resolve(str(place))
            if entry is None:
                self.told.say(f"Run {record.id} has no {place.name}.", record.id, indent=0)
            elif self.wish.kind == "checkpoint":
                inside, stopped = self.files.under(entry)
                self._note_stop(stopped)
                kept = [e for e in inside if e.name.lower().endswith(CHECKPOINTS)]
                found.extend(sorted(kept, key=lambda e: -e.mtime))
                if not kept:
                    self.told.say(f"Run {record.id} has no checkpoint.", record.id, indent=0)
            else:
                found.append(entry)
        return found

    def _runs(self) -> list[Record]:
        """The runs that the wish speaks of and that have a directory here."""
        kept = [r for r in self.computer.runs if r.directory and self._is_allowed(Path(r.directory))]
        found: list[Record] = []
        for word in self.wish.runs:
            if word == "last":
                found.extend(kept[-1:])
            elif word == "before":
                last = next((r for r in found), kept[-1] if kept else None)
                at = kept.index(last) if last in kept else len(kept)
                parent = next((r for r in kept if last is not None and r.id == last.parent), None)
                found.extend([parent] if parent else kept[max(0, at - 1) : at])
            elif word == "best":
                from assistant.retrieve import figure

                scored = [(value, r) for r in kept if (value := figure(r, "harmonic_mean")) is not None]
                found.extend([max(scored, key=lambda pair: pair[0])[1]] if scored else [])
            else:
                same = [r for r in self.computer.runs if r.id == word or r.id.startswith(word)]
                if not same:
                    self.told.say(f"No run {word} is known.", word, indent=0)
                elif same[0] not in kept:
                    self.told.say(
                        f"Run {word} has no directory on this machine; the notes alone tell of it.", word, indent=0
                    )
                else:
                    found.extend(same[:1])
        if not kept and not self.told.lines:
            self.told.say("No run has a directory on this machine yet; the notes alone tell of runs.", indent=0)
        return list({record.id: record for record in found}.values())

    def _is_allowed(self, path: Path) -> bool:
        try:
            return self.files.root_of(path.resolve()) is not None
        except OSError:
            return False

    def _with_suffix(self, suffixes: Sequence[str]) -> list[Entry]:
        entries, stopped = self.files.entries()
        self._note_stop(stopped)
        found = [e for e in entries if not e.folder and e.name.lower().endswith(tuple(suffixes))]
        return sorted(found, key=lambda e: -e.mtime)

    def _as_of(self, entries: Sequence[Entry]) -> list[Entry]:
        if self.as_of is None:
            return list(entries)
        end = datetime.datetime.combine(self.as_of, datetime.time.max).timestamp()
        kept = [e for e in entries if e.folder or e.mtime <= end]
        if len(kept) < len(entries):
            later = len(entries) - len(kept)
            self.told.say(
                f"{many(later, 'file')} changed after {self.as_of.isoformat()} and left out: "
                "what was there then is not known.",
                indent=0,
            )
        return kept

    def _note_stop(self, stopped: str) -> None:
        if stopped:
            self.stopped.append(stopped)

    def _line(self, entry: Entry) -> Line:
        size = "folder" if entry.folder else show_bytes(entry.size)
        return Line(f"{entry.path}  {size}, changed {when_words(entry.mtime)}", str(entry.path))

    def _list(self, entries: Sequence[Entry], limit: int = SHOWN) -> None:
        for entry in entries[:limit]:
            self.told.lines.append(self._line(entry))
            self.told.rest_on(entry.path)
            self.told.rows.append(row_of(entry))
        if len(entries) > limit:
            self.told.say(f"... and {len(entries) - limit} more.")

    def _where(self) -> None:
        if self.wish.symbols:
            self._where_symbol()
            return
        entries = self._targets()
        if not self.wish.names and not self.wish.runs and self.wish.suffixes:
            entries = self._as_of(self._with_suffix(self.wish.suffixes))
        elif self.wish.suffixes and len(entries) == 1 and entries[0].folder:
            inside, stopped = self.files.under(entries[0], quiet=False)
            self._note_stop(stopped)
            entries = [e for e in inside if e.name.lower().endswith(self.wish.suffixes)]
        if not entries:
            return
        self.told.found = True
        if len(entries) == 1:
            entry = entries[0]
            size = "folder" if entry.folder else show_bytes(entry.size)
            self.told.say(f"{entry.path} ({size}, changed {when_words(entry.mtime)}).", str(entry.path), 0)
            self.told.rest_on(entry.path)
            self.told.rows.append(row_of(entry))
            return
        self.told.say(f"{many(len(entries), 'place')}:", indent=0)
        self._list(sorted(entries, key=lambda e: (e.quiet, -e.mtime)), limit=20)

    def _where_symbol(self) -> None:
        for name in self.wish.symbols:
            hits: list[tuple[Root, FoundSymbol]] = []
            for root in self.files.roots:
                if root.name in ("vault", "runs"):
                    continue
                hits.extend((root, found) for found in self.computer.code(root).find(name))
            exact = [pair for pair in hits if pair[1].exact]
            if not exact:
                if self.wish.kind == "module":  # "the sequence module" may be a file.
                    found = self.files.find(name, folders=False)
                    if found.exact:
                        self.told.found = True
                        self._list(found.entries)
                        continue
                self.told.say(f"No function or class {name} is defined in the project.", indent=0)
                for root, one in hits[:4]:
                    place = root.path / one.path
                    self.told.near.append(Line(f"{one.symbol.name}  {place}:{one.symbol.start}", str(place)))
                continue
            self.told.found = True
            for root, one in exact[:SHOWN]:
                place = root.path / one.path
                if self._later(place):
                    continue
                symbol = one.symbol
                self.told.say(f"{symbol.name}, {symbol.kind}: {place}:{symbol.start} to {symbol.end}", str(place), 0)
                self.told.say(symbol.signature, str(place), 4, whole=True)
                if symbol.summary:
                    self.told.say(symbol.summary, str(place), 4)
                self.told.rest_on(place, symbol.signature)
                self.told.rows.append(
                    {"symbol": symbol.name, "kind": symbol.kind, "path": str(place), "line": symbol.start}
                )
            self._uses(name, exact[0][0], {(one.path, one.symbol.start) for _, one in exact})

    def _uses(self, name: str, root: Root, defined: set[tuple[str, int]]) -> None:
        used = [
            u for u in self.computer.code(root).lines_with(name.rsplit(".", 1)[-1]) if (u.path, u.line) not in defined
        ]
        if used:
            paths = Counter(u.path for u in used)
            words = ", ".join(f"{path} ({count})" for path, count in paths.most_common(4))
            self.told.say(f"named in {many(len(used), 'other line')}: {words}", str(root.path), 4)

    def _later(self, place: Path) -> bool:
        if self.as_of is None:
            return False
        try:
            return datetime.date.fromtimestamp(place.stat().st_mtime) > self.as_of
        except OSError:
            return True

    def _size(self) -> None:
        entries = self._targets()
        if not self.wish.names and not entries and self.wish.suffixes:
            entries = self._as_of(self._with_suffix(self.wish.suffixes))
        if not entries:
            return
        self.told.found = True
        total = 0
        for entry in entries[:SHOWN]:
            total += self._size_of(entry)
        if len(entries) > SHOWN:
            total += sum(e.size for e in entries[SHOWN:])
            self.told.say(f"... and {len(entries) - SHOWN} more.")
        if len(entries) > 1:
            self.told.say(f"Together {show_bytes(total)} in {many(len(entries), 'place')}.", indent=0)

    def _size_of(self, entry: Entry) -> int:
        path = str(entry.path)
        self.told.rest_on(entry.path)
        if not entry.folder:
            self.told.say(
                f"{path}: {show_bytes(entry.size)} ({entry.size} bytes), changed {when_words(entry.mtime)}.", path, 0
            )
            if entry.name.lower().endswith(CHECKPOINTS):
                facts = self._content(entry).facts
                if facts.get("tensors"):
                    self.told.say(f"{facts['tensors']} tensors, {facts['numbers']} numbers", path)
            self.told.rows.append(row_of(entry))
            return entry.size
        inside, stopped = self.files.under(entry)
        self._note_stop(stopped)
        inside = self._as_of(inside)
        listed = [e for e in inside if not e.folder]
        size = sum(e.size for e in listed)
        self.told.say(f"{path}: {show_bytes(size)} ({size} bytes) in {many(len(listed), 'file')}.", path, 0)
        prefix = len(entry.relative) + 1 if entry.relative else 0
        parts: Counter[str] = Counter()
        for one in listed:
            parts[one.relative[prefix:].split("/", 1)[0]] += one.size
        for name, part in parts.most_common(5):
            if len(parts) > 1 and part:
                self.told.say(f"{name}: {show_bytes(part)}", path)
        self.told.rows.append({**row_of(entry), "bytes": size, "files": len(listed)})
        return size

    def _biggest(self) -> None:
        limit = self.wish.limit or 10
        if self.wish.names:
            folders = [e for e in self._targets(files=False) if e.folder]
            if not folders:
                return
            entries: list[Entry] = []
            for folder in folders[:3]:
                inside, stopped = self.files.under(folder)
                self._note_stop(stopped)
                entries.extend(inside)
        else:
            entries, stopped = self.files.entries(quiet=True)
            self._note_stop(stopped)
        entries = self._as_of(entries)
        suffixes = self.wish.suffixes or (CHECKPOINTS if self.wish.kind == "checkpoint" else ())
        files = [e for e in entries if not e.folder and not e.link and e.size and "/.git/" not in f"/{e.relative}"]
        if suffixes:
            files = [e for e in files if e.name.lower().endswith(tuple(suffixes))]
        if not files:
            self.told.say("No such file is there.", indent=0)
            return
        self.told.found = True
        total = sum(e.size for e in files)
        if self.wish.kind == "folder":
            self._biggest_folders(files, limit)
            return
        self.told.say(f"The biggest of {many(len(files), 'file')} ({show_bytes(total)}):", indent=0)
        for entry in sorted(files, key=lambda e: -e.size)[:limit]:
            self.told.say(f"{show_bytes(entry.size):>9}  {entry.path}  ({when_words(entry.mtime)})", str(entry.path))
            self.told.rest_on(entry.path)
            self.told.rows.append(row_of(entry))

    def _biggest_folders(self, files: Sequence[Entry], limit: int) -> None:
        sizes: Counter[Path] = Counter()
        for entry in files:
            sizes[entry.path.parent] += entry.size
        self.told.say("The folders whose own files take the most:", indent=0)
        for place, size in sizes.most_common(limit):
            self.told.say(f"{show_bytes(size):>9}  {place}", str(place))
            self.told.rest_on(place)
            self.told.rows.append({"path": str(place), "bytes": size, "folder": True})

    def _disk(self) -> None:
        systems = self.files.disk()
        if not systems:
            return
        self.told.found = True
        for place, roots, total, used, free in systems:
            share = 100 * free / total if total else 0.0
            names = ", ".join(root.name for root in roots)
            self.told.say(
                f"{show_bytes(free)} free of {show_bytes(total)} ({share:.0f} %), on the file system of {names} "
                f"({place}).",
                place,
                0,
            )
            self.told.rest_on(place)
            self.told.rows.append(
                {"path": place, "total": total, "used": used, "free": free, "roots": names.split(", ")}
            )
            if share < 5:
                self.told.say("Less than a twentieth is left: a run may fail when it writes its checkpoint.", place)
        for root in self.files.roots:
            listing = self.files.listing(root)
            size = sum(e.size for e in listing.entries)
            note = f" ({listing.stopped})" if listing.stopped else ""
            self.told.say(f"{root.name} takes {show_bytes(size)}{note}: {root.path}", str(root.path))

    def _config(self) -> None:
        entries = self._targets(folders=False)
        if not entries:
            if not self.told.lines:
                self.told.say("No checkpoint is there.", indent=0)
            return
        self.told.found = True
        # Several that bear the name: the newest one, the others named.
        entries = sorted(entries, key=lambda e: -e.mtime)
        entry = entries[0]
        content = self._content(entry)
        path = str(entry.path)
        self.told.rest_on(entry.path, content.what)
        of_run = self._run_of(entry)
        if content.settings:
            asked = self._asked_settings(content.settings)
            shown = asked or dict(list(content.settings.items())[:_SETTINGS_SHOWN])
            under = f" under `{content.under}`" if content.under else ""
            self.told.say(f"{path}: {content.what}, {many(len(content.settings), 'setting')}{under}.", path, 0)
            for name, value in shown.items():
                self.told.say(f"{name} {value}", path)
            if not asked and len(content.settings) > _SETTINGS_SHOWN:
                self.told.say(f"... and {len(content.settings) - _SETTINGS_SHOWN} more.", path)
        else:
            self.told.say(f"{path}: {content.what}. No settings are kept in it.", path, 0)
        for line in content.lines:
            if not line.startswith("no settings") and not (
                content.settings and content.what.startswith(("JSON", "TOML", "YAML"))
            ):
                self.told.say(line, path)
        self.told.rows.append({**row_of(entry), "what": content.what, "settings": dict(content.settings)})
        if of_run is not None:
            self.told.say(f"saved by run {of_run.id} of {of_run.date}: {of_run.title}", of_run.id)
            if not content.settings and of_run.config:
                for name, value in of_run.config.items():
                    self.told.say(f"{name} {value} (from the run's command)", of_run.id)
            else:
                shared = {k for k in of_run.config if k in content.settings and of_run.config[k] != content.settings[k]}
                for name in sorted(shared):
                    self.told.say(
                        f"! the run's command says {name} {of_run.config[name]}, "
                        f"the checkpoint {content.settings[name]}",
                        path,
                    )
        if len(entries) > 1:
            self.told.say(
                f"The newest of {len(entries)}; the others: {', '.join(str(e.path) for e in entries[1:4])}", indent=0
            )

    def _asked_settings(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The settings that the question names, when it names some."""
        asked = set(self.wish.settings)
        return {name: value for name, value in settings.items() if name in asked or name.rsplit(".", 1)[-1] in asked}

    def _run_of(self, entry: Entry) -> Record | None:
        return next(
            (r for r in self.computer.runs if r.directory and Path(r.directory).resolve() in entry.path.parents), None
        )

    def _content(self, entry: Entry, end: bool = False, lines: int = 8) -> Content:
        return look_inside(self.files, entry, end, lines)

    def _inside(self) -> None:
        entries = self._targets()
        if not entries:
            return
        self.told.found = True
        for entry in entries[:3]:
            if entry.folder:
                self._inside_folder(entry)
                continue
            content = self._content(entry, self.wish.end, self.wish.limit or 8)
            path = str(entry.path)
            self.told.say(
                f"{path}: {content.what}, {show_bytes(entry.size)}, changed {when_words(entry.mtime)}.", path, 0
            )
            for line in content.lines:
                self.told.say(line, path, whole=True)
            if content.settings and content.under:
                for name, value in list(content.settings.items())[:_SETTINGS_SHOWN]:
                    self.told.say(f"{name} {value}", path)
            if entry.name.endswith(".py"):
                code = self.computer.code(entry.root)
                symbols = [s for s in code.symbols(entry.relative) if "." not in s.name]
                for symbol in symbols[:20]:
                    self.told.say(f"line {symbol.start}: {symbol.signature}", path, 4)
            self.told.rest_on(entry.path, content.lines[0] if content.lines else content.what)
            self.told.rows.append({**row_of(entry), "what": content.what})
        if len(entries) > 3:
            self.told.say(f"... and {len(entries) - 3} more of that name.", indent=0)

    def _inside_folder(self, entry: Entry) -> None:
        inside, stopped = self.files.under(entry, quiet=entry.quiet)
        self._note_stop(stopped)
        inside = self._as_of(inside)
        path = str(entry.path)
        self.told.rest_on(entry.path)
        files = [e for e in inside if not e.folder]
        size = sum(e.size for e in files)
        self.told.say(f"{path}: {many(len(files), 'file')}, {show_bytes(size)}{_endings(files)}.", path, 0)
        prefix = len(entry.relative) + 1 if entry.relative else 0
        below: Counter[str] = Counter()
        for one in files:
            head, sign, _ = one.relative[prefix:].partition("/")
            if sign:
                below[head] += 1
        own = [e for e in inside if "/" not in e.relative[prefix:]]
        folders = sorted((e for e in own if e.folder), key=lambda e: e.name)
        for one in folders[:20]:
            self.told.say(f"{one.name}/  {many(below[one.name], 'file')}", path)
        if len(folders) > 20:
            self.told.say(f"... and {len(folders) - 20} more folders.", path)
        here = sorted((e for e in own if not e.folder), key=lambda e: -e.mtime)
        for one in here[:12]:
            self.told.say(f"{one.name}  {show_bytes(one.size)}, changed {when_words(one.mtime)}", str(one.path))
        if len(here) > 12:
            self.told.say(f"... and {len(here) - 12} more files.", path)
        self.told.rows.append({**row_of(entry), "files": len(files), "bytes": size})

    def _count(self) -> None:
        suffixes = self.wish.suffixes
        if self.wish.kind == "clip":
            suffixes = SOUNDS
        elif self.wish.kind == "checkpoint":
            suffixes = CHECKPOINTS
        if self.wish.runs and not self.wish.names:
            entries = self._targets()
            self.told.found = bool(entries)
            if entries:
                self.told.say(f"{many(len(entries), self.wish.kind or 'file')}:", indent=0)
                self._list(entries)
            return
        if not self.wish.names:
            entries, stopped = self.files.entries()
            self._note_stop(stopped)
            entries = self._as_of(entries)
            kept = [e for e in entries if not e.folder and (not suffixes or e.name.lower().endswith(tuple(suffixes)))]
            self.told.found = True
            by_root = Counter(e.root.name for e in kept)
            told = ", ".join(f"{count} in {name}" for name, count in by_root.items())
            noun = f"{'/'.join(suffixes)} file" if suffixes and len(suffixes) < 3 else self.wish.kind or "file"
            self.told.say(
                f"{many(len(kept), noun)}{f': {told}' if len(by_root) > 1 else ''}.", "count of what was seen", 0
            )
            for root in self.files.roots:
                self.told.rest_on(root.path)
            return
        for entry in self._targets():
            self.told.found = True
            self.told.rest_on(entry.path)
            if entry.folder:
                self._count_folder(entry, suffixes)
            else:
                self._count_file(entry)

    def _count_folder(self, entry: Entry, suffixes: Sequence[str]) -> None:
        inside, stopped = self.files.under(entry, quiet=False)
        self._note_stop(stopped)
        inside = self._as_of(inside)
        path = str(entry.path)
        wanted = [e for e in inside if not e.folder and (not suffixes or e.name.lower().endswith(tuple(suffixes)))]
        if self.wish.kind == "folder" and re.search(r"folders", self.wish.noun):
            wanted = [e for e in inside if e.folder]
        noun = {"clip": "clip", "note": "note", "checkpoint": "checkpoint"}.get(self.wish.kind, "file")
        if self.wish.kind == "line":
            lines = 0
            for one in wanted[:2000]:
                if one.size < 2**20 and not may_hold_secret(one.name):
                    data = self.files.open_bytes(one)
                    lines += (
                        0 if b"\0" in data[:8192] else data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
                    )
            self.told.say(f"{many(lines, 'line')} in {many(len(wanted), 'file')} under {path}.", path, 0)
            return
        self.told.say(f"{many(len(wanted), noun)} under {path}{_endings(wanted)}.", path, 0)
        prefix = len(entry.relative) + 1 if entry.relative else 0
        below: Counter[str] = Counter()
        for one in wanted:
            head, sign, _ = one.relative[prefix:].partition("/")
            below[head if sign else "."] += 1
        if len(below) > 1:
            for name, count in sorted(below.items(), key=lambda item: (-item[1], item[0]))[:40]:
                self.told.say(f"{name}: {count}", path)
            if len(below) > 40:
                self.told.say(f"... and {len(below) - 40} more folders.", path)
        self.told.rows.append({"path": path, "count": len(wanted), "below": dict(below.most_common(200))})

    def _count_file(self, entry: Entry) -> None:
        path = str(entry.path)
        if self.wish.kind in ("functions", "classes"):
            symbols = self.computer.code(entry.root).symbols(entry.relative)
            kinds = ("class",) if self.wish.kind == "classes" else ("function", "method")
            kept = [s for s in symbols if s.kind in kinds]
            self.told.say(f"{len(kept)} {self.wish.kind} in {path}.", path, 0)
            for symbol in kept[:20]:
                self.told.say(f"line {symbol.start}: {symbol.signature}", path)
            return
        content = self._content(entry)
        facts = ", ".join(f"{value} {name}" for name, value in content.facts.items())
        self.told.say(f"{path}: {facts or content.what}.", path, 0)
