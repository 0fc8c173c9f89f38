"""Default alarm rules on the MIMIC-III demo's vitals, beside plain thresholds with the same limits.

A plain threshold alarms at each crossing and is over at the next good value. A re-raise is an
alarm of the same rule for the same patient within 90 minutes of the end of the one before.
Aims: ≤ 0.25× the alarms, re-raises ≤ 2 %. Data: Johnson, Pollard, Mark (ODbL), read in place.
"""

import csv
import gzip
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID

from domain.alarms.judging import judged
from domain.alarms.rule_book import Rule, detector_of
from domain.alarms.rule_checks import read_rule
from domain.alarms.rule_model import RuleKind
from domain.alarms.rule_phase import MINUTE, Delays, Outcome, Track
from domain.readings.metrics import metric_named
from domain.readings.sample import Sample
from domain.readings.units import convert
from gateways.alarm_rules import check, default_rules
from kit.clock import microseconds
from kit.errors import Invalid

ROOT = Path(__file__).resolve().parents[1]
AGAIN = 90 * MINUTE
Series = dict[tuple[str, str], list[Sample]]
NOBODY = UUID(int=0)


def main() -> int:
    """Print the figures; 0 even where an aim is missed, 2 without the data."""
    base = os.environ.get("WARDGRID_PUBLIC_DATA") or ROOT.parent / "shared" / "data"
    file = Path(base) / "mimic3_demo" / "device_vitals_ventilator.csv.gz"
    if not file.is_file():
        print(json.dumps({"skipped": "the public data mimic3_demo are not beside the project"}))
        return 0
    series, dirty = cleaned(file)
    rules = [rule for rule in vital_rules() if any(key[1] == rule.body.metric for key in series)]
    began = perf_counter()
    ours, again, by_rule = count(rules, series)
    took = perf_counter() - began
    plain, plain_again, plain_by_rule = count(map(as_plain, rules), series)
    judged_samples = sum(
        len(samples) for rule in rules for (_, metric), samples in series.items()
        if metric == rule.body.metric
    )  # fmt: skip
    print(json.dumps({
        "readings": sum(map(len, series.values())), "left_out": dirty,
        "plain_alarms": plain, "alarms": ours, "share": round(ours / plain, 3),
        "plain_raised_again": plain_again, "raised_again": again,
        "raised_again_share": round(again / max(ours, 1), 4),
        "aims": {"share": 0.25, "raised_again_share": 0.02},
        "met": ours / plain <= 0.25 and again / max(ours, 1) <= 0.02,
        "by_rule": {code: [plain_by_rule[code], found] for code, found in by_rule.items()},
        "judged_per_s": round(judged_samples / took),
    }))  # fmt: skip
    return 0


def vital_rules() -> Iterator[Rule]:
    """The default rules with a limit on one metric."""
    for number, one in enumerate(check(default_rules())):
        assert one.plain is not None, one.problem
        body = read_rule(one.plain)
        if body.kind is RuleKind.THRESHOLD:
            yield Rule(UUID(int=number), body, detector_of(body))


def as_plain(rule: Rule) -> Rule:
    """The same limit without hysteresis and delays."""
    body = replace(rule.body, clear=None, delays=Delays())
    return Rule(rule.id, body, detector_of(body))


def count(rules: Iterable[Rule], series: Series) -> tuple[int, int, dict[str, int]]:
    """Alarms, alarms raised again soon, and alarms by rule."""
    alarms, again = 0, 0
    by_rule: dict[str, int] = defaultdict(int)
    for rule in rules:
        for (_, metric), samples in series.items():
            if metric == rule.body.metric:
                opened, soon = _replay(rule, samples)
                alarms, again = alarms + opened, again + soon
                by_rule[rule.body.code] += opened
    return alarms, again, dict(by_rule)


def _replay(rule: Rule, samples: list[Sample]) -> tuple[int, int]:
    track, opened, again, ended = Track(), 0, 0, -AGAIN
    for sample in samples:
        events, _ = judged(rule, track, [sample], {})
        for event in events:
            if event.outcome is Outcome.OPENED:
                opened += 1
                again += sample.at - ended <= AGAIN
            else:
                ended = sample.at
    return opened, again


def cleaned(file: Path) -> tuple[Series, int]:
    """By stay and metric, in time order, one reading per moment; and how many were left out."""
    found: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    dirty = 0
    with gzip.open(file, "rt") as lines:
        for row in csv.DictReader(lines):
            value = _value(row)
            if value is None:
                dirty += 1
            else:
                metric, at, number = value
                found[row["icustay_id"] or row["hadm_id"], metric][at] = number
    return {
        key: [Sample(0, NOBODY, key[1], at, values[at], 0) for at in sorted(values)]
        for key, values in found.items()
    }, dirty


def _value(row: dict[str, Any]) -> tuple[str, int, float] | None:
    try:
        metric = metric_named(row["label"])
        number = convert(float(row["valuenum"]), row["valueuom"] or metric.unit, metric.unit)
    except (Invalid, ValueError):
        return None
    if not metric.limits.low <= number <= metric.limits.high:
        return None
    at = datetime.strptime(row["charttime"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    return metric.code, microseconds(at), number


if __name__ == "__main__":
    sys.exit(main())
