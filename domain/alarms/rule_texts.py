"""The texts of a rule: what may stand in them, and how they read when an alarm opens.

A text is about no person and shows no reading: the value stands apart, in a field of its own.
"""

import re
from collections.abc import Mapping
from string import Formatter

from kit.errors import Invalid

PLACEHOLDERS = ("metric", "threshold", "unit", "place")
LONGEST = 160
_MARKUP = re.compile(
    r"[<>\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\]\(|&\w*;|https?:"
)


def check_text(text: object, field: str) -> str:
    """The text. Raises Invalid that names the field and what is wrong."""
    if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST:
        raise Invalid(f"give a text of 1 to {LONGEST} characters", reason="RULE_TEXT", field=field)
    if _MARKUP.search(text):
        raise Invalid("write plain words: no markup, link or control character",
                      reason="RULE_TEXT_MARKUP", field=field)  # fmt: skip
    try:
        parts = list(Formatter().parse(text))
    except ValueError as odd:
        raise _placeholder(field) from odd
    for _, name, form, conversion in parts:
        if name is not None and (name not in PLACEHOLDERS or form or conversion):
            raise _placeholder(field)
    return text.strip()


def told(text: str, known: Mapping[str, str]) -> str:
    """The text with its placeholders filled in."""
    return text.format_map({name: known.get(name, "") for name in PLACEHOLDERS})


def _placeholder(field: str) -> Invalid:
    return Invalid("a text may hold these placeholders only, each in braces",
                   reason="RULE_TEXT_PLACEHOLDER", field=field, allowed=PLACEHOLDERS)  # fmt: skip
