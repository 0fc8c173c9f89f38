"""Privileged actions wait for two real witnesses: what happens while one of them is away."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from graphql import ExecutionResult

from api.replies import payload_of
from app.pipeline import Done
from app.publication import Publication
from app.settings import Settings
from app.wiring import App, ledger_signer
from app.witness_settings import witness_problems
from domain.keys.commands import ApproveKeyRotation, RequestKeyRotation
from domain.keys.model import KeyRotation, RotationKind, RotationState
from domain.privacy.exporting import AuditFormat, ExportAudit
from kit.errors import Retry
from kit.work import Actor
from tests.audit.serving import served
from tests.house import KEYS, enrol, house, settings_for
from tests.privacy.ward import ward

EXPORT = ExportAudit(audit_format=AuditFormat.CSV, search="", entries=1, size=1)


def test_actions_wait_for_the_quorum_and_disclosures_are_refused_without_it(
    sqlite_url: str, tmp_path: Path
) -> None:
    key = ledger_signer(settings_for(sqlite_url, tmp_path), KEYS).verifier.text
    custodians = [enrol(sqlite_url, "key-custodian") for _ in range(2)]
    officer = enrol(sqlite_url, "compliance-officer")
    with ExitStack() as away:
        office = away.enter_context(served(tmp_path / "office", "office.example/witness", key))
        with (
            served(tmp_path / "north", "north.example/witness", key) as north,
            _witnessed(sqlite_url, tmp_path, office, north) as app,
        ):
            app.witnessing.start()
            approved = _approve(app, custodians)
            assert not approved.pending
            entry = _entries(app)
            assert app.erasing.known([entry])
            assert app.witnessing.cosigned >= entry
            assert app.pipeline.run(officer, EXPORT).result == 1

            away.close()
            app.pipeline._witnesses.wait_s = 0.2
            late = _approve(app, custodians, RotationKind.SUBJECT)
            assert (late.pending, late.result.state) == (True, RotationState.RUNNING)
            with pytest.raises(Retry, match="nothing was given out") as refused:
                app.pipeline.run(officer, EXPORT)
            assert (refused.value.reason, refused.value.code) == ("PUBLICATION_PENDING", "CONFLICT")
            assert not app.erasing.known([entry, _entries(app)])
            elsewhere = Publication(app.witnessing, app.settings.log_origin, 0.1)
            app.witnessing.cosigned = 0  # as in a process that asks no witness
            assert elsewhere.known([entry])
            assert not elsewhere.known([_entries(app)])
            assert not Publication(app.witnessing, "other.example/log", 0.1).known([entry])
            text = app.witnessing.file.read_text()
            app.witnessing.file.write_text(text[: text.rindex("— ")])  # one cosignature of two
            assert not elsewhere.known([entry])


def test_nobody_waits_unless_the_settings_say_so(sqlite_url: str, tmp_path: Path) -> None:
    custodians = [enrol(sqlite_url, "key-custodian") for _ in range(2)]
    with house(sqlite_url, tmp_path) as app:
        assert not _approve(app, custodians).pending
        assert app.erasing.known([1, 10**9])


def test_keys_are_destroyed_only_once_the_erasure_is_known_outside(
    sqlite_url: str, tmp_path: Path
) -> None:
    with ward(sqlite_url, tmp_path) as here:
        person = here.patient("Gone")
        here.approve(here.ask(person))
        here.app.sequencer.step()
        here.app.erasing.known = lambda entries: len(entries) != 1
        here.app.erasing.look()
        assert len(here.keys(person)) == 1
        here.app.erasing.known = lambda _entries: True
        here.app.erasing.look()
        assert here.keys(person) == []


def test_an_answer_says_that_it_is_pending() -> None:
    done = ExecutionResult({"approveKeyRotation": {}}, None)
    assert payload_of(done, "en", None, pending=True)["extensions"] == {
        "publication": "PUBLICATION_PENDING"
    }
    assert "extensions" not in payload_of(done, "en", None)


def test_a_quorum_that_nobody_can_reach_is_a_wrong_setting(tmp_path: Path) -> None:
    wrong = Settings(data_folder=tmp_path, witness_wait_s=5, witness_quorum=2, witnesses=("a b",))
    assert witness_problems(wrong) == ["witness_wait_s waits for 2 witnesses and 1 are named"]
    assert witness_problems(wrong.model_copy(update={"witness_quorum": 1})) == []


def _witnessed(url: str, folder: Path, *served_at: tuple[str, str]) -> Any:
    named = tuple(f"{address} {key}" for address, key in served_at)
    return house(url, folder, witnesses=named, witness_quorum=2, witness_wait_s=30.0)


def _approve(
    app: App, custodians: list[Actor], kind: RotationKind = RotationKind.KEK
) -> Done[KeyRotation]:
    asked = app.pipeline.run(custodians[0], RequestKeyRotation(kind=kind)).result
    return app.pipeline.run(custodians[1], ApproveKeyRotation(rotation_id=asked.id))


def _entries(app: App) -> int:
    """The id of the newest entry."""
    with app.engine.connect() as connection:
        newest: int = connection.exec_driver_sql("SELECT max(id) FROM ledger_entry").scalar_one()
        connection.rollback()
    return newest
