"""The detectors against faults put into made-up series: spikes, shifts, stuck sensors, dropouts.

Each series has a week and a day in it, autocorrelated noise, six weeks to learn from and four to
be judged, one value in five minutes. A fault is found if an alarm opens while it lasts or within
the hour after; an alarm anywhere else is a false event.
Aims: all detectors together ≥ 90 % of the faults at ≤ 1 false event per 14 days and series.
"""

import json
import math
import random
import sys
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

from domain.alarms.judging import judged
from domain.alarms.rule_baselines import HOURS, hour_of_week, learnt
from domain.alarms.rule_book import Rule, detector_of
from domain.alarms.rule_checks import read_rule
from domain.alarms.rule_phase import MINUTE, Outcome, Track
from domain.readings.sample import Sample
from kit.clock import EPOCH, microseconds

SERIES, SEED = 24, 20261122
STEP = 5 * MINUTE
HOUR, DAY = 60 * MINUTE, 1440 * MINUTE
LEARN, JUDGE = 42 * DAY, 28 * DAY
START = microseconds(EPOCH) + 20_000 * DAY
FAULTS = ("spike", "shift", "stuck", "dropout")
SILENT = 30 * MINUTE  # the absence rule's `for`
TEXT = {"zh": "测试", "en": "trial"}
COMMON = {"metric": "pressure", "severity": "medium", "text": TEXT}
RULES: dict[str, dict[str, Any]] = {
    "same_phase_mad": {**COMMON, "id": "mad", "kind": "deviation", "sigmas": 5.5, "clear": 4,
                       "clearFor": "PT30M"},
    "cusum": {**COMMON, "id": "cusum", "kind": "cusum", "decision": 20, "drift": 0.75,
              "every": "PT5M", "clearFor": "PT1H"},
    "flat_line": {**COMMON, "id": "flat", "kind": "flatline", "for": "PT40M", "every": "PT5M"},
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What was put in, from when to when (µs)."""

    kind: str
    since: int
    until: int


def main() -> int:
    """Print what each detector alone and all together find."""
    chance = random.Random(SEED)
    found: dict[str, Counter[str]] = {name: Counter() for name in (*RULES, "absence", "together")}
    false: Counter[str] = Counter()
    injected: Counter[str] = Counter()
    for _ in range(SERIES):
        past, samples, faults = series(chance)
        injected.update(fault.kind for fault in faults)
        alarms = {name: replay(name, past, samples) for name in RULES}
        alarms["absence"] = silences(samples)
        alarms["together"] = sorted(at for several in alarms.values() for at in several)
        for name, times in alarms.items():
            hit, wrong = judge(times, faults)
            found[name].update(hit)
            false[name] += wrong
    fortnights = SERIES * JUDGE / (14 * DAY)
    total = sum(injected.values())
    together = sum(found["together"].values()) / total
    rate = false["together"] / fortnights
    print(json.dumps({
        "series": SERIES, "faults": dict(injected),
        "found_share": {name: {kind: round(hits[kind] / injected[kind], 3) for kind in FAULTS}
                        for name, hits in found.items()},
        "false_per_14_days_and_series": {n: round(false[n] / fortnights, 3) for n in found},
        "together": round(together, 4),
        "aims": {"together": 0.9, "false_per_14_days_and_series": 1.0},
        "met": together >= 0.9 and rate <= 1.0,
    }))  # fmt: skip
    return 0


def series(chance: random.Random) -> tuple[list[tuple[int, float]], list[Sample], list[Fault]]:
    """(time, value) pairs to learn from, samples to judge, and what is wrong with those."""
    level, sigma = chance.uniform(50, 500), chance.uniform(0.5, 5)
    daily, weekly = chance.uniform(0, 6) * sigma, chance.uniform(0, 3) * sigma
    noise, values = 0.0, []
    for at in range(START, START + LEARN + JUDGE, STEP):
        noise = 0.5 * noise + chance.gauss(0, sigma * math.sqrt(0.75))
        season = daily * math.sin(2 * math.pi * at / DAY) + weekly * math.sin(
            2 * math.pi * at / (7 * DAY)
        )
        values.append((at, round(level + season + noise, 4)))
    split = LEARN // STEP
    faults = _faults(chance)
    return values[:split], _broken(chance, values[split:], faults, sigma), faults


def _faults(chance: random.Random) -> list[Fault]:
    """Three of each kind, at most a day long, the beginnings about two days apart."""
    kinds = [*FAULTS, *FAULTS, *FAULTS]
    chance.shuffle(kinds)
    faults, lasts = [], {"spike": (STEP, 2 * STEP), "shift": (12 * HOUR, 24 * HOUR),
                         "stuck": (2 * HOUR, 8 * HOUR), "dropout": (HOUR, 4 * HOUR)}  # fmt: skip
    for number, kind in enumerate(kinds):
        at = START + LEARN + int((2 + number * 2.1) * DAY + chance.uniform(0, 0.5) * DAY)
        at -= at % STEP
        faults.append(Fault(kind, at, at + int(chance.uniform(*lasts[kind]))))
    return faults


def _broken(
    chance: random.Random, values: list[tuple[int, float]], faults: list[Fault], sigma: float
) -> list[Sample]:
    sizes = {fault: chance.choice((-1, 1)) * chance.uniform(*_SIZES[fault.kind]) * sigma
             for fault in faults}  # fmt: skip
    samples, last = [], 0.0
    for at, value in values:
        fault = next((one for one in faults if one.since <= at < one.until), None)
        if fault is not None and fault.kind == "dropout":
            continue
        if fault is not None:
            value = last if fault.kind == "stuck" else value + sizes[fault]
        last = value
        samples.append(Sample(1, UUID(int=0), "pressure", at, value, 0))
    return samples


_SIZES = {"spike": (7, 14), "shift": (1.5, 4), "stuck": (0, 0), "dropout": (0, 0)}  # in σ


def replay(name: str, past: list[tuple[int, float]], samples: list[Sample]) -> list[int]:
    """When a rule opens alarms, with the baseline that it has learnt."""
    body = read_rule(RULES[name])
    rule, track = Rule(UUID(int=0), body, detector_of(body)), Track()
    known = {hour: usual for hour, (usual, _) in learnt(past, "UTC").items()}
    assert len(known) == HOURS
    opened = []
    for sample in samples:
        usual = {(1, sample.at // HOUR): known[hour_of_week(sample.at, "UTC")]}
        events, _ = judged(rule, track, [sample], usual)
        opened += [sample.at for event in events if event.outcome is Outcome.OPENED]
    return opened


def silences(samples: list[Sample]) -> list[int]:
    """When nothing had come for too long."""
    return [one.at + SILENT for one, after in pairwise(samples)
            if after.at - one.at > SILENT]  # fmt: skip


def judge(alarms: list[int], faults: list[Fault]) -> tuple[list[str], int]:
    """The kinds of the faults that were found, and how many alarms were about nothing."""
    hit = [fault.kind for fault in faults
           if any(fault.since <= at <= fault.until + HOUR for at in alarms)]  # fmt: skip
    wrong = sum(not any(fault.since <= at <= fault.until + HOUR for fault in faults)
                for at in alarms)  # fmt: skip
    return hit, wrong


if __name__ == "__main__":
    sys.exit(main())
