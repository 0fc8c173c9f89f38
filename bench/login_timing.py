"""Can one tell by the time whether a login name exists? AUC of known against unknown names.

0.5: no better than a coin. Through the whole of the proof: throttle, argon2id, one-time code.
Prints one JSON object.
"""

import asyncio
import json
import time
from datetime import timedelta
from itertools import product
from uuid import UUID

from authz.logins import Known, Logins
from authz.passwords import Passwords
from authz.throttle import Throttle
from kit.clock import utc_now

ROUNDS = 120
CODES = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def main() -> None:
    """Known and unknown names in turn, each with a wrong password."""
    passwords = Passwords(workers=1)
    stored = passwords.hash_here("seven quiet wards at dawn")
    known = Known(UUID(int=1), 1, stored, CODES)
    moment = [utc_now()]
    logins = Logins(passwords, Throttle(lambda: moment[0]), b"k" * 32, lambda: moment[0])
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(ROUNDS):
        for exists in (True, False) if number % 2 else (False, True):
            moment[0] += timedelta(minutes=1)  # the throttle is not what is measured
            key = logins.name_key(f"{exists}{number}")
            account = known if exists else Known()
            started = time.perf_counter()
            asyncio.run(logins.prove(key, account, "a wrong password", "123456", "192.0.2.7"))
            times[exists].append(time.perf_counter() - started)
    wins = sum((a > b) + (a == b) / 2 for a, b in product(times[True], times[False]))
    medians = {str(k).lower(): sorted(v)[ROUNDS // 2] * 1e3 for k, v in times.items()}
    print(
        json.dumps(
            {
                "auc": round(wins / ROUNDS**2, 3),
                "median_known_ms": round(medians["true"], 2),
                "median_unknown_ms": round(medians["false"], 2),
            }
        )
    )
    passwords.close()


if __name__ == "__main__":
    main()
