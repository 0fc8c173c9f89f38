"""Unique texts go in through every sealed door; no file, log, error or figure shows one of them."""

import base64
import io
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.backups.making import make_backup
from app.logs import configure
from app.rotation.stage import GRACE
from app.wiring import ledger_signer
from audit.export import export_ledger
from audit.keys import KeyKind, add_key
from domain.inbound.handling import ParkInbound
from domain.inbound.model import Door
from domain.inbound.receipts import Envelope, Obstacle
from domain.keys.model import RotationKind
from domain.notices.duties import AddDutyContact
from domain.notices.words import Channel
from domain.patients.commands import RegisterEncounter, RegisterPatient, UpdatePatient
from domain.patients.identity import Identifier, Identity
from domain.patients.model import EncounterStatus
from domain.places.commands import OpenWard
from domain.staff.commands import RegisterStaff
from domain.staff.identity import StaffIdentity
from domain.staff.model import Profession
from kit.errors import Refusal
from tests.house import enrol, sign
from tests.keys.rotating import House

WORDS = tuple(f"{word}金丝雀{number:02}" for number, word in enumerate(
    ("fzh", "gzh", "fen", "gen", "phone", "addr", "notes", "mrn", "visit", "body", "identity",
     "contact", "secret", "staff", "wrong", "taken")
))  # fmt: skip
(FZH, GZH, FEN, GEN, PHONE, ADDR, NOTES, MRN, VISIT, BODY, IDENTITY, CONTACT, SECRET, STAFF, WRONG,
 TAKEN) = WORDS  # fmt: skip


@pytest.fixture
def house(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    folder, temporary = tmp_path / "house", tmp_path / "temporary"
    for made in (folder, temporary):
        made.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    house = House(sqlite_url, folder)
    yield house
    house.app.stop()


def test_no_text_of_a_person_stands_anywhere_in_clear(house: House, tmp_path: Path) -> None:
    told = io.StringIO()
    configure("debug", told)
    house.desk = enrol(
        house.url, "system-administrator", "bed-manager", "roster-planner", "integration",
        "charge-nurse", "house-supervisor",
    )  # fmt: skip
    house.again()
    errors = _fill(house)
    add_key(house.folder / "keys", KeyKind.KEK, 2)
    for kind in RotationKind:
        house.turn(house.begin(kind))
    house.now += GRACE * 2
    house.app.jobs.round()
    sign(house.app)
    figures = house.app.metrics.render()
    key = ledger_signer(house.app.settings, house.keys).verifier
    export_ledger(house.app.engine, tmp_path / "export", key)
    make_backup(house.app.settings, house.keys, house.app.engine, tmp_path / "backups", house.now)
    seen = {"logs": told.getvalue().encode(), "errors": errors.encode(), "metrics": figures}
    database = Path(house.url.removeprefix("sqlite:///"))
    files = [*database.parent.glob(f"{database.name}*"), *tmp_path.rglob("*")]
    seen |= {str(path): path.read_bytes() for path in files if path.is_file()}

    assert {name.rsplit(".")[-1] for name in seen} >= {"logs", "errors", "metrics", "wgb", "key"}
    assert any(name.endswith("-wal") and content for name, content in seen.items())
    assert {name: hits for name, content in seen.items() if (hits := _found(content))} == {}


@pytest.mark.parametrize("shape", range(5))
def test_the_scan_finds_a_planted_text_in_every_shape(shape: int) -> None:
    assert _found(b"xyz" + _shapes(VISIT)[shape] + b"xyz") == {VISIT}


def _fill(house: House) -> str:
    """Everything that is sealed, and refusals of it; answers what the refusals said."""
    hospital = house.hospital
    ward = house.do(OpenWard(hospital_id=hospital, code="A", name_zh="A", name_en="A",
                             at=house.now - timedelta(days=1), licensed_beds=2, staffed_beds=2))  # fmt: skip
    whole = Identity(family_zh=FZH, given_zh=GZH, family_en=FEN, given_en=GEN, phone=PHONE,
                     address=ADDR, notes=NOTES)  # fmt: skip
    numbers = (Identifier(system="MRN", value=MRN),)
    patient = house.do(RegisterPatient(hospital_id=hospital, identity=whole, identifiers=numbers))
    house.do(RegisterEncounter(patient_id=patient.id, ward_id=ward.id, visit_number=VISIT,
                               status=EncounterStatus.PLANNED))  # fmt: skip
    house.do(RegisterStaff(
        hospital_id=hospital, home_ward_id=ward.id, number="N1", profession=Profession.NURSE,
        joined_on=date(2026, 1, 1), identity=StaffIdentity(family_zh=STAFF, phone=STAFF),
    ))  # fmt: skip
    house.do(AddDutyContact(
        hospital_id=hospital, ward_id=ward.id, duty="role:nurse", channel=Channel.WEBHOOK,
        secret=SECRET.encode().hex(), address=f"https://hooks.example.org/{CONTACT.encode().hex()}",
    ))  # fmt: skip
    house.do(ParkInbound(
        envelope=Envelope(hospital_id=hospital, door=Door.HL7, source="test", control_id="1",
                          kind="ADT^A01", identity=IDENTITY, body=BODY, visit=VISIT),
        obstacle=Obstacle(reason="UNKNOWN_WARD", text="no such ward"),
    ))  # fmt: skip
    wrong = (
        RegisterPatient(hospital_id=hospital, identity=Identity(family_zh=WRONG * 60)),
        UpdatePatient(patient_id=patient.id, identity=Identity(given_zh=WRONG + "\x00")),
        RegisterPatient(
            hospital_id=hospital, identity=Identity(family_zh=TAKEN), identifiers=numbers
        ),
        RegisterEncounter(
            patient_id=patient.id, ward_id=ward.id, visit_number=VISIT,
            status=EncounterStatus.PLANNED,
        ),
    )  # fmt: skip
    said = []
    for command in wrong:
        with pytest.raises(Refusal) as refused:
            house.do(command)
        said.append(f"{refused.value!r} {refused.value} {refused.value.field}")
    with pytest.raises((AttributeError, TypeError)) as fault:
        house.do(RegisterPatient(hospital_id=hospital, identity=WRONG))  # type: ignore[arg-type]
    said.append(f"{fault.value!r}")
    return "\n".join(said)


def _found(content: bytes) -> set[str]:
    return {word for word in WORDS if any(shape in content for shape in _shapes(word))}


def _shapes(word: str) -> tuple[bytes, ...]:
    plain = word.encode()
    return (
        plain, word.encode("utf-16-le"), plain.hex().encode(), base64.b64encode(plain)[:-4],
        word.encode("ascii", "backslashreplace"),
    )  # fmt: skip
