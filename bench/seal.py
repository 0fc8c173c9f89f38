"""Sealed fields opened and made a second, one core, beside bare AES-GCM. Prints one JSON object."""

import json
import os
import time
from collections.abc import Callable
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import Session, SQLModel, create_engine

from audit.keys import development_keys
from audit.seal import FieldVault
from kit.ids import new_id
from kit.sealed import SealedPlace

FIELDS = 20_000
ROUNDS = 5
NAME = "欧阳小明 Ouyang Xiaoming"


def main() -> None:
    """Twenty thousand fields of a hundred people."""
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    people = [new_id() for _ in range(100)]
    places = [
        SealedPlace(UUID(int=1), "patient", "name", new_id(), people[number % 100])
        for number in range(FIELDS)
    ]
    with Session(engine) as session:
        vault = FieldVault(development_keys("a development secret of enough bytes")).bind(session)
        sealed = [vault.seal(NAME, place) for place in places]
        session.flush()
        pairs = list(zip(sealed, places, strict=True))
        opened = _best(lambda: [vault.open(field, place) for field, place in pairs])
        made = _best(lambda: [vault.seal(NAME, place) for place in places])
    cipher, nonce = AESGCM(os.urandom(32)), os.urandom(12)
    raw = cipher.encrypt(nonce, NAME.encode(), b"x" * 60)
    bare = _best(lambda: [cipher.decrypt(nonce, raw, b"x" * 60) for _ in range(FIELDS)])
    print(
        json.dumps(
            {
                "open_per_s": round(opened),
                "seal_per_s": round(made),
                "bare_decrypt_per_s": round(bare),
                "ratio": round(opened / bare, 2),
            }
        )
    )


def _best(work: Callable[[], object]) -> float:
    """Fields a second in the best of a few rounds: the others were disturbed."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return FIELDS / min(times)


if __name__ == "__main__":
    main()
