"""Hospitals on a map: GeoJSON points (RFC 7946: longitude first) with their capacity."""

import json
from collections.abc import Sequence
from typing import Any

from domain.measures.pressure import pressure_of
from domain.measures.shown import HospitalStatus


def placed(found: HospitalStatus) -> bool:
    """True where both coordinates are known."""
    return found.longitude is not None and found.latitude is not None


def geo_json(hospitals: Sequence[HospitalStatus]) -> str:
    """A FeatureCollection of the hospitals that have coordinates."""
    features = [_feature(found) for found in hospitals if placed(found)]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False,
                      separators=(",", ":"))  # fmt: skip


def _feature(found: HospitalStatus) -> dict[str, Any]:
    load, fresh = found.load, found.fresh
    percent = load.occupancy_percent
    pressure = pressure_of(percent)
    capacity = {
        "asOf": fresh.as_of.isoformat(), "source": fresh.source, "stale": fresh.stale,
        "licensedBeds": load.licensed_beds, "staffedBeds": load.staffed_beds, "open": load.open,
        "occupied": load.occupied, "readyNow": load.ready_now, "waiting": load.waiting,
        "occupancyPercent": None if percent is None else round(percent, 1),
    }  # fmt: skip
    return {
        "type": "Feature",
        "id": str(found.id),
        "geometry": {"type": "Point", "coordinates": [found.longitude, found.latitude]},
        "properties": {
            "code": found.code, "name": {"zh": found.name_zh, "en": found.name_en},
            "capacity": capacity, "pressure": pressure.colour if pressure else None,
        },
    }  # fmt: skip
