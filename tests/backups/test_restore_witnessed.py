"""A restore where witnesses saw more than the backup holds: what they say, and how it ends."""

from pathlib import Path

import httpx
import pytest

from app.witnessing import Witnessing, witnesses_of
from audit.checkpoint import Verifier, open_checkpoint
from audit.cosignature import WitnessKey, witnessed_by
from audit.cosigner import Cosigner
from audit.export import newest_checkpoint
from audit.witness import Witness, request
from domain.places.commands import OpenHospital
from tests.backups.test_restore import Place, Saved, place, put_back, saved
from tests.house import enrol, house, sign

__all__ = ["place", "saved"]  # fixtures

NAMES = ("office.example/witness", "north.example/witness")


def watchers(folder: Path, log: Verifier) -> dict[str, Witness]:
    """Two witnesses by the host that they answer at."""
    found = {}
    for number, name in enumerate(NAMES):
        own = folder / f"witness-{number}"
        own.mkdir()
        found[name.partition("/")[0]] = Witness(own, cosigner(name), {log.name: [log]})
    return found


def cosigner(name: str) -> Cosigner:
    return Cosigner(name, name.encode()[:32].ljust(32, b"."))


@pytest.mark.nightly  # what witnesses refuse by day: tests/audit/test_witness.py
def test_witnesses_refuse_a_restored_log_until_their_keepers_forget_the_lost_one(
    saved: Saved, place: Place, tmp_path: Path
) -> None:
    settings, log = place(), Verifier.parse(saved.public_key)
    seen, alarms = watchers(tmp_path, log), list[str]()
    for one in seen.values():
        assert one.add_checkpoint(request(0, [], saved.kept), 1_800_000_000).status == 200
    assert put_back(saved, settings, saved.kept).lost == 1

    def answer(sent: httpx.Request) -> httpx.Response:
        reply = seen[sent.url.host].add_checkpoint(sent.read(), 1_800_000_001)
        return httpx.Response(reply.status, text=reply.body)

    with house(settings.database, settings.data_folder) as app:
        named = tuple(f"https://{name.partition('/')[0]} {cosigner(name).public.text}"
                      for name in NAMES)  # fmt: skip
        asking = Witnessing(app.engine, witnesses_of(named), 2, settings.witnessed_file, 10.0,
                            alarms.append, transport=httpx.MockTransport(answer))  # fmt: skip
        actor = enrol(settings.database, "system-administrator")
        app.decisions.reload()
        for code in ("A1", "A2", "A3"):  # a log that grew past what they saw is refused as well
            sign(app)
            assert not asking.look()
            assert alarms
            assert set(alarms) <= {f"witness: {name} has seen another log" for name in NAMES} | {
                f"witness: {name} knows a longer log than this one" for name in NAMES
            }
            app.pipeline.run(actor, OpenHospital(code=code, name_zh=code, name_en=code))
        sign(app)
        assert not settings.witnessed_file.exists()
        size = open_checkpoint(saved.kept, [log]).size
        assert [one.forget(log.name) for one in seen.values()] == [size, size]
        alarms.clear()
        assert asking.look()
        assert alarms == []
        note = settings.witnessed_file.read_text()
        assert note.startswith(newest_checkpoint(app.engine))
        keys = [WitnessKey.parse(cosigner(name).public.text) for name in NAMES]
        assert len(witnessed_by(note, keys)) == 2
