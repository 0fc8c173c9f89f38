"""Messages that make no sense, each in its own way; seeded, so that a failure can be repeated."""

import json
from random import Random


def bad_message(dice: Random, number: int) -> bytes:
    """One that must be parked, whole or with its only value. No two are alike."""
    at = 1_700_000_000 + number
    kinds = (
        lambda: dice.randbytes(dice.randint(1, 200)) + b"\xff%d" % number,
        lambda: json.dumps({"ts": at, "values": {"hr": 80}}).encode()[:-1],
        lambda: b"[" * dice.randint(1, 3000) + b"%d" % number,
        lambda: b'{"hr": NaN, "n": %d}' % number,
        lambda: b"%d" % (number + 10**20),
        lambda: json.dumps([at, number]).encode(),
        lambda: json.dumps({"values": ["hr", number]}).encode(),
        lambda: json.dumps({"ts": f"the {number}th of May", "hr": 80}).encode(),
        lambda: json.dumps({"ts": "2026-05-01T08:00:00", "hr": number}).encode(),
        lambda: json.dumps({"ts": at, "values": {"hr": [number]}}).encode(),
        lambda: json.dumps({"ts": at, "values": {"hr": {"u": "/min"}}, "n": number}).encode(),
        lambda: json.dumps({"ts": at, "values": {f"no such {number}": 80}}).encode(),
        lambda: json.dumps({"ts": at, "values": {"hr": {"v": 80, "u": "furlong"}}}).encode(),
        lambda: json.dumps({"ts": at, "device": f"other-{number}", "hr": 80}).encode(),
        lambda: json.dumps({"ts": at, "values": {"hr": "fast"}}).encode(),
        lambda: b'{"x": "\\ud800", "n": %d}' % number,
        lambda: ("{" * 20 + "‮🩺" * 50 + str(number)).encode(),
    )
    return dice.choice(kinds)()
