"""What each rule of rosters is called on a screen, in Chinese and English: rule_texts.csv."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def roster_text(code: str) -> tuple[str, str]:
    """(Chinese, English). A code that has no text is shown as it is."""
    return _texts().get(code, (code, code))


@cache
def _texts() -> Mapping[str, tuple[str, str]]:
    text = files("domain.rosters").joinpath("rule_texts.csv").read_text("utf-8")
    return {row["code"]: (row["zh"], row["en"]) for row in csv.DictReader(text.splitlines())}
