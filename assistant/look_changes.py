"""Looks at what changed in files and code: between days by git or the clock, between runs by what they kept."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.capture import may_hold_secret
from assistant.code_history import History, history, known_files, last_commits, uncommitted
from assistant.contents import CHECKPOINTS, cut
from assistant.files import Entry, Root, show_bytes
from assistant.look_files import SHOWN, Line, Look, row_of, when_words
from assistant.page import many
from fskws.runs import Record
from vault_sync.changes import CodeChanges, FileChange, changes_between, changes_since
from vault_sync.git import repository_of

_CHANGED_SHOWN = 20


_DIFF_SHOWN = 40


#: Without words of time, what changed is told for so many days.
_USUAL_DAYS = 7


def _change_words(change: FileChange) -> str:
    named = [s for s in change.symbols if s.name]
    marks = {"changed": "", "added": " (new)", "removed": " (removed)"}
    parts = [f"{s.name}{marks[s.how]}" for s in named[:8]]
    if len(named) > 8:
        parts.append(f"{len(named) - 8} more")
    if any(not s.name for s in change.symbols):
        parts.append("lines outside every function")
    lines = f"+{change.added} -{change.removed}" if change.added or change.removed else ""
    how = {"added": "new", "removed": "removed", "layout": "remarks or layout only"}.get(change.how, "changed")
    told = f"{how}, {lines} lines" if lines else how
    return f"{told}: {', '.join(parts)}" if parts else told


def _name_in(repository: Path | None, path: Path) -> str:
    """A path as its repository names it; "" for the repository itself, or outside."""
    if repository is None:
        return ""
    try:
        name = path.resolve().relative_to(repository.resolve()).as_posix()
    except (ValueError, OSError):
        return ""
    return "" if name == "." else name


def _in_git(repository: Path, path: Path, known: frozenset[str]) -> bool:
    return _name_in(repository, path) in known


def _moment(text: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(text).astimezone()
    except ValueError:
        return None


def _day(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text[:10])
    except ValueError:
        return None


class ChangeLook(Look):
    """Looks for what changed: by git where there is a repository, by the clock elsewhere, by what runs kept."""

    def _stretch(self) -> tuple[datetime.datetime, datetime.datetime | None, str]:
        """First moment, end (None: now) and words of the stretch that is asked for."""
        interval = self.interval
        today = self.as_of or self.today
        start = interval.start if interval and interval.start else None
        end = interval.end if interval and interval.end else None
        if interval is not None and start is not None and end is not None and self.wish.until_now:
            # "It wasn't like this a few days ago": what came since.
            interval = replace(interval, end=None, words=f"{interval.phrase}, since {start.isoformat()}")
            end = None
        words = interval.words if interval else ""
        if start is None:
            start = (end or today) - datetime.timedelta(days=_USUAL_DAYS)
            if interval is None or interval.start is None:
                words = f"the last {_USUAL_DAYS} days, since {start.isoformat()}"
        if end is None and self.as_of is not None:
            end = self.as_of
        since = datetime.datetime.combine(start, datetime.time()).astimezone()
        until = None
        if end is not None and end < datetime.date.today():
            until = datetime.datetime.combine(end + datetime.timedelta(days=1), datetime.time()).astimezone()
        return since, until, words

    def _changed(self) -> None:
        if self.wish.names:
            entries = self._targets()
            gone = [name for name in self.wish.names if not entries]
            if not entries and not self._removed(gone):
                return
            for entry in entries[:3]:
                if entry.folder:
                    self._changed_under([entry.root], entry)
                else:
                    self._changed_file(entry)
            if len(entries) > 3:
                self.told.say(f"... and {len(entries) - 3} more of that name.", indent=0)
            return
        roots = list(self.files.roots)
        if self.wish.kind == "code":
            roots = [r for r in roots if r.name not in ("vault", "runs")]
            if not roots:
                return
        elif self.wish.kind == "note":
            roots = [r for r in roots if r.name == "vault"]
        self._changed_under(roots, None)

    def _removed(self, names: Sequence[str]) -> bool:
        """A file that is no longer there, but that git remembers."""
        since, until, words = self._stretch()
        for name in names:
            for root in self.files.roots:
                repository = repository_of(root.path)
                if repository is None:
                    continue
                found = history(repository, since, until)
                gone = [f for f in found.files if f.how == "removed" and f"/{f.path}".endswith(f"/{name}")]
                for change in gone:
                    self.told.found = True
                    self.told.say(f"{change.path} was removed ({words}).", str(repository), 0)
                    self.told.rest_on(repository / change.path)
        return self.told.found

    def _changed_file(self, entry: Entry) -> None:
        path = str(entry.path)
        self.told.rest_on(entry.path)
        repository = repository_of(entry.path.parent)
        name = _name_in(repository, entry.path)
        since, until, words = self._stretch()
        if repository is None or not name:
            self._changed_by_time(entry, since, until, words)
            return
        run, changes = self._since_run(repository, since) if until is None else (None, None)
        past = history(repository, since, until, (name,))
        change = next((f for f in past.files if f.path == name), None)
        if changes is not None and run is not None:
            change = next((f for f in changes.files if f.path == name), None)
        if change is None:
            last = last_commits(repository, name)
            when = (
                f"; the last commit that touched it is {last[0].id} of {last[0].moment}: {last[0].subject}"
                if last
                else ""
            )
            problem = f" ({past.problem})" if past.problem else ""
            self.told.say(f"Nothing changed in {path} ({words}){when}{problem}.", path, 0)
            self.told.nothing = True
            return
        self.told.found = True
        against = f"against commit {past.base} of {past.base_moment}" if past.base else "it was not in git before"
        if run is not None:
            against = f"against the code that run {run.id} of {run.date} ran"
            self.told.rest_on(run.directory)
        loose = ", with edits that no commit holds" if name in past.dirty else ""
        self.told.say(f"{path}: {_change_words(change)} ({words}; {against}{loose}).", path, 0)
        for commit in past.commits[:6]:
            self.told.say(f"{commit.moment} {commit.id} {commit.subject}", path)
        self._show_diff(change, path)
        self.told.rows.append(
            {
                "path": path,
                "how": change.how,
                "functions": [s.name for s in change.symbols if s.name],
                "added": change.added,
                "removed": change.removed,
            }
        )

    def _since_run(self, repository: Path, since: datetime.datetime) -> tuple[Record | None, CodeChanges | None]:
        """The last run before the stretch, when it lies near: its code holds edits that were never committed."""
        before = [
            r
            for r in self.computer.runs
            if r.directory
            and r.started_at
            and (begun := _moment(r.started_at)) is not None
            and begun <= since
            and since - begun < datetime.timedelta(days=3)
        ]
        for record in reversed(before[-5:]):
            changes = changes_since(Path(record.directory), repository)
            if changes.known and not changes.problems:
                return record, changes
        return None, None

    def _changed_by_time(
        self, entry: Entry, since: datetime.datetime, until: datetime.datetime | None, words: str
    ) -> None:
        path = str(entry.path)
        changed = since.timestamp() <= entry.mtime < (until.timestamp() if until else float("inf"))
        last = f"it was last written {when_words(entry.mtime)}"
        if changed:
            self.told.found = True
            self.told.say(
                f"{path} changed ({words}): {last}. It is in no git repository, so what changed is not known.", path, 0
            )
        else:
            self.told.nothing = True
            self.told.say(f"{path} did not change ({words}): {last}.", path, 0)
        self.told.rows.append(row_of(entry))

    def _changed_under(self, roots: Sequence[Root], folder: Entry | None) -> None:
        since, until, words = self._stretch()
        low, high = since.timestamp(), until.timestamp() if until else float("inf")
        anything = False
        head = len(self.told.lines)
        total = 0
        for root in roots:
            past = self._history_of(root, folder, since, until)
            tracked = past is not None
            listed, stopped = self.files.under(folder, quiet=False) if folder else self.files.entries([root])
            self._note_stop(stopped)
            times = [e for e in listed if not e.folder and not e.link and low <= e.mtime < high]
            if self.wish.suffixes:
                times = [e for e in times if e.name.lower().endswith(self.wish.suffixes)]
            if self.wish.kind == "checkpoint":
                times = [e for e in times if e.name.lower().endswith(CHECKPOINTS)]
            if past is not None:
                touched = {str(past.repository / f.path) for f in past.files}
                known = known_files(past.repository)
                ignored = [
                    e for e in times if str(e.path) not in touched and not _in_git(past.repository, e.path, known)
                ]
                times = ignored
            if self.wish.kind == "code":
                times = (
                    [] if tracked else [e for e in times if e.name.endswith((".py", ".sh", ".toml", ".yaml", ".yml"))]
                )
            if not times and not (past and (past.files or past.commits)):
                continue
            anything = True
            place = folder.path if folder else root.path
            self.told.rest_on(place)
            self.told.say(f"{root.name}: {place}", str(place), 0)
            if past is not None:
                total += len(past.files)
                self._tell_history(past)
            times.sort(key=lambda e: -e.mtime)
            total += len(times)
            for entry in times[: self.wish.limit or _CHANGED_SHOWN]:
                self.told.say(f"{when_words(entry.mtime)}  {entry.relative}  {show_bytes(entry.size)}", str(entry.path))
                self.told.rows.append(row_of(entry))
            if len(times) > _CHANGED_SHOWN:
                self.told.say(f"... and {len(times) - _CHANGED_SHOWN} more files.", str(place))
        where = "" if folder is None else f" under {folder.path}"
        if anything:
            self.told.found = True
            self.told.lines.insert(
                head, Line(f"{many(total, 'file')} changed{where} ({words}).", "count of what was seen", 0)
            )
        else:
            self.told.nothing = True
            self.told.say(f"Nothing changed{where} ({words}).", indent=0)

    def _history_of(
        self, root: Root, folder: Entry | None, since: datetime.datetime, until: datetime.datetime | None
    ) -> History | None:
        place = folder.path if folder else root.path
        repository = repository_of(place)
        if repository is None:
            return None
        inside = _name_in(repository, place)
        past = history(repository, since, until, (inside,) if inside else ())
        if past.problem:
            return None
        if self.wish.suffixes:
            kept = tuple(f for f in past.files if f.path.lower().endswith(self.wish.suffixes))
            past = History(past.repository, past.base, past.base_moment, past.commits, kept, past.dirty, past.more)
        return past

    def _tell_history(self, past: History) -> None:
        where = str(past.repository)
        if past.commits:
            self.told.say(f"{many(len(past.commits), 'commit')}:", where)
            for commit in past.commits[:8]:
                self.told.say(f"{commit.moment} {commit.id} {commit.subject}", where, 4)
            if len(past.commits) > 8:
                self.told.say(f"... and {len(past.commits) - 8} more.", where, 4)
        for change in past.files[:_CHANGED_SHOWN]:
            loose = " (not committed)" if change.path in past.dirty else ""
            self.told.say(f"{change.path}: {_change_words(change)}{loose}", str(past.repository / change.path))
            self.told.rest_on(past.repository / change.path)
            self.told.rows.append(
                {
                    "path": str(past.repository / change.path),
                    "how": change.how,
                    "functions": [s.name for s in change.symbols if s.name],
                    "added": change.added,
                    "removed": change.removed,
                }
            )
        rest = len(past.files) - _CHANGED_SHOWN + past.more
        if rest > 0:
            self.told.say(f"... and {rest} more files.", where)

    def _show_diff(self, change: FileChange, source: str) -> None:
        if may_hold_secret(change.path) and not change.path.endswith((".py", ".md")):
            self.told.say("Its lines are not shown: it may hold a key or a password.", source)
            return
        lines = [line for line in change.diff.split("\n") if line and not line.startswith(("---", "+++"))]
        for line in lines[:_DIFF_SHOWN]:
            self.told.say(cut(line), source, 4, whole=True)
        if len(lines) > _DIFF_SHOWN:
            self.told.say(f"... {len(lines) - _DIFF_SHOWN} more lines of the patch.", source, 4)

    def _when_changed(self) -> None:
        entries = self._targets()
        if not entries:
            return
        self.told.found = True
        for entry in entries[:SHOWN]:
            path = str(entry.path)
            self.told.rest_on(entry.path)
            self.told.say(f"{path} was last written {when_words(entry.mtime)}.", path, 0)
            repository = repository_of(entry.path.parent)
            name = _name_in(repository, entry.path)
            if repository is not None and name:
                for commit in last_commits(repository, name):
                    self.told.say(f"last commit {commit.moment} {commit.id} {commit.subject}", path)
                if name in uncommitted(repository):
                    self.told.say("it holds edits that no commit has", path)
            self.told.rows.append(row_of(entry))

    def _code(self) -> None:
        """What changed in the code between two runs, or since one."""
        runs = sorted(self._runs(), key=lambda r: r.started_at or r.date)
        if not self.wish.runs and self.interval is not None:
            runs = [
                r
                for r in self.computer.runs
                if r.directory and self._is_allowed(Path(r.directory)) and self.interval.contains(_day(r.date))
            ]
            runs = [runs[0], runs[-1]] if len(runs) > 1 else runs
        if not runs:
            return
        if len(runs) == 1:
            project = next((r for r in self.files.roots if r.name == "project"), None)
            cwd = Path(runs[0].cwd) if runs[0].cwd and self._is_allowed(Path(runs[0].cwd)) else None
            place = cwd or (project.path if project else None)
            if place is None:
                self.told.say("No project folder is configured to compare the run with.", indent=0)
                return
            changes = changes_since(Path(runs[0].directory), place)
            between = f"since run {runs[0].id} of {runs[0].date}"
        else:
            first, last = runs[0], runs[-1]
            changes = changes_between(Path(first.directory), Path(last.directory))
            between = f"between run {first.id} of {first.date} and run {last.id} of {last.date}"
        for record in runs[:2]:
            self.told.rest_on(record.directory, record.title)
        self._tell_changes(changes, between, runs[-1].id)

    def _tell_changes(self, changes: CodeChanges, between: str, source: str) -> None:
        if not changes.known:
            self.told.say(f"What changed in the code {between} is not known: {' '.join(changes.problems)}", source, 0)
            return
        files = changes.files
        if self.wish.names:
            named = [f for f in files if any(f"/{f.path}".endswith(f"/{name}") for name in self.wish.names)]
            if not named:
                near = ", ".join(f.path for f in files[:6])
                self.told.say(
                    f"Nothing changed in {', '.join(self.wish.names)} {between}"
                    + (f"; what did change: {near}." if near else "."),
                    source,
                    0,
                )
                self.told.nothing = True
                return
            files = tuple(named)
        self.told.found = True
        if not files:
            word = "Nothing" if changes.equal else "Nothing that is known"
            self.told.say(f"{word} changed in the code {between}.", source, 0)
        else:
            self.told.say(f"{many(len(files), 'file')} changed in the code {between}:", source, 0)
        for change in files[:_CHANGED_SHOWN]:
            self.told.say(f"{change.path}: {_change_words(change)}", source)
            if len(files) <= 4 and change.diff:
                self._show_diff(change, source)
            self.told.rows.append(
                {
                    "path": change.path,
                    "how": change.how,
                    "functions": [s.name for s in change.symbols if s.name],
                    "added": change.added,
                    "removed": change.removed,
                }
            )
        if len(files) > _CHANGED_SHOWN:
            self.told.say(f"... and {len(files) - _CHANGED_SHOWN} more files.", source)
        for problem in changes.problems:
            self.told.say(f"! {problem}", source)
