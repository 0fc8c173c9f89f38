"""Files of rows, and the small TOML files that say how their columns are to be read."""

import csv
import gzip
import io
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kit.errors import Invalid, NotFound

Tables = Mapping[str, tuple[str, ...]]


class TableForm(Protocol):
    """What a mapping says of the file itself. `columns`: ours → theirs."""

    @property
    def columns(self) -> Mapping[str, str]: ...
    @property
    def delimiter(self) -> str: ...
    @property
    def encoding(self) -> str: ...


def table_rows(path: Path, form: TableForm) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the line on which it ends; also of a gzipped file, and behind a BOM.

    Raises NotFound for no such file, Invalid if it lacks a mapped column or is no text.
    """
    if not path.is_file():
        raise NotFound(f"there is no file {path.name}", field="file")
    opened: Any = gzip.open if path.suffix == ".gz" else open
    encoding = "utf-8-sig" if form.encoding.lower() in ("utf-8", "utf8") else form.encoding
    try:
        with opened(path, "rb") as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
            reader = csv.DictReader(text, delimiter=form.delimiter, restkey="", restval="")
            missing = set(form.columns.values()) - set(reader.fieldnames or ())
            if missing:
                raise Invalid(f"the file has no column {', '.join(sorted(missing))}",
                              field="columns", allowed=tuple(reader.fieldnames or ()))  # fmt: skip
            for row in reader:
                yield reader.line_num, row
    except (UnicodeDecodeError, LookupError, csv.Error, gzip.BadGzipFile, EOFError) as odd:
        raise Invalid(f"{path.name} is not a table of text in {form.encoding}",
                      reason="NOT_A_TABLE", field="file") from odd  # fmt: skip


def read_mapping(
    path: Path, tables: Tables, kinds: Mapping[str, type] | None = None
) -> dict[str, Any]:
    """The entries of a mapping; `kinds` tells which tables or entries are no texts.

    Raises Invalid that names the faulty entry.
    """
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as odd:
        raise Invalid(f"the mapping {path.name} cannot be read as TOML", field="mapping") from odd
    for table, entries in found.items():
        if not isinstance(entries, dict) or table not in tables:
            raise Invalid(f"the mapping has no table [{table}]", field=table,
                          allowed=tuple(tables))  # fmt: skip
        for entry, value in entries.items():
            kind = (kinds or {}).get(table) or (kinds or {}).get(entry) or str
            if entry not in tables[table] or not isinstance(value, kind):
                raise Invalid(f"[{table}] does not take {entry} with this value",
                              field=f"{table}.{entry}", allowed=tables[table])  # fmt: skip
    if len(found.get("file", {}).get("delimiter", ",")) != 1:
        raise Invalid("a delimiter is one character", field="file.delimiter")
    return found


def zone_named(name: str) -> ZoneInfo:
    """The time zone of a mapping. Raises Invalid."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise Invalid("no such time zone; give an IANA name", field="time.zone") from unknown
