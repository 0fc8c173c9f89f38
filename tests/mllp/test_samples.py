"""The 79 published samples over the wire: each is answered as its text deserves."""

from pathlib import Path
from zoneinfo import ZoneInfo

from gateways.hl7_adt import places_named
from gateways.hl7_files import found, pieces
from gateways.mllp_frames import framed
from gateways.new_places import make_places
from tests.gateways.public_data import public_data
from tests.inbound.test_real_messages import DONE, THERE, expected
from tests.inbound.world import World
from tests.mllp.wire import PEER, Sender, opened

ONLY_ADT = PEER.replace('["ADT", "ORU^R01"]', '["ADT"]')


WANTS_NO_ANSWER = ("ADT-A40-01", "ADT-A40-02")  # MSH-15 and MSH-16 are NE
WANTS_RECEIPT = ("ORU-R01-01",)  # MSH-16 is NE, MSH-15 is AL


def deserved(file: Path) -> tuple[str, str]:
    reason = expected(file)
    if reason in (DONE, THERE):
        return "AA", ""
    if reason == "UNSUPPORTED_MESSAGE":
        return ("CR" if file.stem in WANTS_RECEIPT else "AR"), "MESSAGE_NOT_AGREED"
    return ("AR" if reason == "UNSUPPORTED_TRIGGER" else "AA"), reason


def answers_to(files: list[Path], sender: Sender) -> dict[str, tuple[str, str]]:
    answers = {}
    for file in files:
        body = next(pieces(file)).body
        if file.stem in WANTS_NO_ANSWER:
            sender.raw(framed(body))
        else:
            answers[file.stem] = sender.send(body).told
    return answers


def test_every_sample_is_answered_as_its_text_deserves(world: World, tmp_path: Path) -> None:
    files = found([public_data("hl7v2_adt")])
    zone = ZoneInfo(world.hospital.time_zone)
    make_places(world.app, world.manager, world.hospital, places_named(files, zone))
    with opened(world, tmp_path, peers=ONLY_ADT) as doorway, doorway.sender() as sender:
        answers = answers_to(files, sender)
        wanted = [file for file in files if file.stem not in WANTS_NO_ANSWER]
        assert answers == {file.stem: deserved(file) for file in wanted}
        assert world.beds() == ["3N/136-B", "PREOP/101-1", "SPROOM/ROOM2-BED-1"]
        before = world.facts()
        again = answers_to(files, sender)
        assert len(world.messages()) == 2 * 79
    # what waited may wait for another reason by now; the code is the same
    assert {name: code for name, (code, _) in again.items()} == {
        name: code for name, (code, _) in answers.items()
    }
    assert world.facts() == before
