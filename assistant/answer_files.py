"""Answers about the computer; every figure has the path it comes from, and nothing outside the roots is opened."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.contents import look_inside
from assistant.file_questions import FileWish
from assistant.files import Files, FilesError, OutsideRoots, allowed_roots
from assistant.look_changes import ChangeLook
from assistant.look_files import Computer, Line, Told
from assistant.page import NUMBER, Page
from assistant.settings import Settings
from assistant.timeline import Interval


def look(
    wish: FileWish,
    computer: Computer,
    interval: Interval | None,
    today: datetime.date,
    as_of: datetime.date | None = None,
) -> Told:
    """What the file system holds for a wish.

    Args: interval: the days spoken of. as_of: files changed later are not shown, for what they were then is not known.
    Never raises for what a question can name: a path outside the roots is a refusal.
    """
    looker = ChangeLook(wish, computer, interval, today, as_of)
    try:
        getattr(looker, f"_{wish.what.replace(' ', '_')}")()
    except OutsideRoots as error:
        return Told(lines=[Line(str(error), indent=0)], refused=True)
    except FilesError as error:
        return Told(lines=[Line(str(error), indent=0)], refused=True)
    told = looker.told
    told.searched = computer.files.roots_words()
    if looker.stopped:
        told.say(f"Not everything was looked at: {'; '.join(dict.fromkeys(looker.stopped))}.", indent=0)
    return told


def answer_files(page: Page) -> bool:
    """Puts what was seen on the page; False when nothing was."""
    told = page.evidence.files
    if not isinstance(told, Told) or not (told.found or told.nothing):
        return False
    if not told.found and page.plan.alternatives:  # The notes may know of a change that the clock does not.
        return False
    _write(page, told.lines)
    for path, words in told.sources.items():
        page.cite_path(path, words)
    page.rows.extend(told.rows)
    return True


def nothing_happened(told: Any) -> bool:
    """Whether it is certain that what is asked about did not change; that is an answer."""
    return isinstance(told, Told) and told.nothing


def open_computer(settings: Settings) -> Computer:
    """What the configuration allows to be looked at: `[files] roots`, else the vault, the project and the run
    directories."""
    named = [("runs", settings.runs_dir)]
    if settings.project_dir is not None:
        named.insert(0, ("project", settings.project_dir))
    if settings.vault.path:
        named.insert(0, ("vault", Path(settings.vault.path)))
    if settings.files.roots:
        known = {path.expanduser().resolve(): name for name, path in named}
        places = [Path(root).expanduser().resolve() for root in settings.files.roots]
        named = [(known.get(place, place.name or str(place)), place) for place in places]
    return Computer(Files(allowed_roots(named)))


def shown_file(computer: Computer, path: str) -> str | None:
    """What stands behind a citation of a file: its first lines, or what is in the folder; None when it is gone.

    Raises: FilesError: it lies outside the roots, or may not be read.
    """
    entry = computer.files.resolve(path)
    if entry is None:
        return None
    wish = FileWish("inside", (path,), limit=200)
    told = ChangeLook(wish, computer, None, datetime.date.today(), None)
    if entry.folder:
        told._inside_folder(entry)
        return "\n".join(line.text for line in told.told.lines)
    content = look_inside(computer.files, entry, lines=200)
    return "\n".join(content.lines) or content.what


def refuse_files(page: Page) -> None:
    """Says what was looked for, where, and the nearest names."""
    told = page.evidence.files
    if not isinstance(told, Told):
        page.say("No folder may be looked into here, so nothing can be said about files.")
        return
    if told.lines:
        _write(page, told.lines)
    else:
        page.say("No such file, folder or function was found.")
    if told.refused:
        return
    if told.near:
        page.say()
        page.say("The nearest names:")
        _write(page, told.near)
    page.say()
    page.say(f"Looked in: {told.searched}.")


def _write(page: Page, lines: Sequence[Line]) -> None:
    for line in lines:
        lead = " " * line.indent
        if line.whole:
            page.lines.append(lead + line.text)
        else:
            page.say(line.text, lead + "  " if line.indent else "", first=lead)
        for number in NUMBER.findall(line.text):
            page.figure(number, line.source or "count of what was seen")
