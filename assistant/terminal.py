"""Text of notes, runs and models for a terminal: what it would obey instead of show is left out."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

#: Whole escape sequences (cursor, colour, title, clipboard), then whatever control characters are left.
_ESCAPE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[@-~]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_RAW_IN_JSON = re.compile(r"[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(value: Any) -> Any:
    """The value with every text in it free of control characters, half characters and turned writing directions."""
    if isinstance(value, str):
        plain = _CONTROL.sub("", _ESCAPE.sub("", value))
        return plain.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {key: printable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [printable(item) for item in value]
    return value


def words_only(text: str) -> str:
    """A model's text without anything invisible but line ends and tabs."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))


def document(value: Any, indent: int | None = 2) -> str:
    """One JSON document; what a terminal could take for a command stands in it as \\uXXXX."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _RAW_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
