"""How the columns of a list of devices are to be read: a small TOML file.

[columns]                    # ours = "theirs"; code is needed
code = "Asset no."
kind = "Type"                # also: model, serial, ward, bed, gateway, protocol, silent_after_s
[kinds]                      # ours = their words for it; our own words are always known
MONITOR = ["Patient monitor", "监护仪"]
[defaults]                   # where the row says nothing
kind = "OTHER"
protocol = "MQTT"
[file]
delimiter = ","
encoding = "utf-8"
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.devices.model import DeviceKind, Protocol
from gateways.tables import read_mapping
from kit.errors import Invalid

COLUMNS = (
    "code", "kind", "model", "serial", "ward", "bed", "gateway", "protocol", "silent_after_s",
)  # fmt: skip
KINDS = tuple(kind.value for kind in DeviceKind)
TABLES: dict[str, tuple[str, ...]] = {
    "columns": COLUMNS,
    "kinds": KINDS,
    "defaults": ("kind", "protocol"),
    "file": ("delimiter", "encoding"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceMapping:
    columns: Mapping[str, str]
    kinds: Mapping[str, DeviceKind] = field(default_factory=dict)  # by folded word
    default_kind: DeviceKind | None = None
    default_protocol: Protocol = Protocol.MQTT
    delimiter: str = ","
    encoding: str = "utf-8"

    def value(self, row: Mapping[str, str], ours: str) -> str:
        """Our column of a row; "" where the file has none."""
        theirs = self.columns.get(ours)
        return (row.get(theirs) or "").strip() if theirs else ""

    def kind(self, text: str) -> DeviceKind:
        """What a row's word for a kind means. Raises Invalid; it is never guessed."""
        found = self.kinds.get(text.casefold()) if text else self.default_kind
        if found is None:
            raise Invalid(f"no kind of device is called {text[:64]!r}; add it to [kinds]",
                          reason="UNKNOWN_KIND", field="kind", allowed=KINDS)  # fmt: skip
        return found

    def protocol(self, text: str) -> Protocol:
        """The protocol of a row. Raises Invalid."""
        if not text:
            return self.default_protocol
        if text.upper() not in Protocol.__members__:
            raise Invalid("no such protocol", reason="UNKNOWN_PROTOCOL", field="protocol",
                          allowed=tuple(Protocol.__members__))  # fmt: skip
        return Protocol(text.upper())


def load_device_mapping(path: Path) -> DeviceMapping:
    """Read a mapping. Raises Invalid that names the faulty entry."""
    found = read_mapping(path, TABLES, {"kinds": list})
    if not found.get("columns", {}).get("code"):
        raise Invalid("say which column is the code", field="columns.code")
    defaults, file = found.get("defaults", {}), found.get("file", {})
    return DeviceMapping(
        columns=found["columns"],
        kinds=_words(found.get("kinds", {})),
        default_kind=_one_of(DeviceKind, defaults.get("kind"), "defaults.kind"),
        default_protocol=_one_of(Protocol, defaults.get("protocol"), "defaults.protocol")
        or Protocol.MQTT,
        delimiter=file.get("delimiter", ","),
        encoding=file.get("encoding", "utf-8"),
    )


def _words(given: Mapping[str, list[Any]]) -> dict[str, DeviceKind]:
    known = {kind.value.casefold(): kind for kind in DeviceKind}
    for kind, words in given.items():
        for word in words:
            known[str(word).strip().casefold()] = DeviceKind(kind)
    return known


def _one_of(kind: Any, text: str | None, entry: str) -> Any:
    if text is not None and text not in kind.__members__:
        raise Invalid(f"{entry} does not take this value", field=entry,
                      allowed=tuple(kind.__members__))  # fmt: skip
    return kind(text) if text is not None else None
