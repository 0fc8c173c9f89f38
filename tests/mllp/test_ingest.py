"""`wardgrid ingest`: the peer file checked, messages sent by hand, what waits looked after."""

from pathlib import Path

import pytest
from sqlmodel import Session
from typer.testing import CliRunner

from app.cli import app
from domain.accounts.model import Account
from gateways.mllp_peers import PeersUnusable, read_peers
from kit.db import open_engine
from kit.ids import new_id
from kit.work import ActorKind
from tests.faults.serving import free_port, make_folder, token_for
from tests.gateways.messages import message, pid
from tests.inbound.test_admissions import admit
from tests.inbound.world import OPENED
from tests.mllp.wire import PEER, Doorway


@pytest.fixture
def cli() -> CliRunner:
    return CliRunner()


def peers(folder: Path, text: str) -> Path:
    file = folder / "hl7_peers.toml"
    file.touch(mode=0o600)
    file.write_text(text)
    return file


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[peer]\n", "cannot be read"),
        ("name = 'his'", "holds \\[\\[peer\\]\\] tables"),
        ("[[peer]]\nname = 'his'\nhospital = 'GH'\n", "peer 1: peer: .*addresses or fingerprints"),
        (PEER.replace("addresses", "adresses"), "peer 1: "),
        (PEER.replace('account = "{account}"\n', ""), "needs the account"),
        (PEER.replace("127.0.0.0/8", "here"), "peer 1: addresses.0: "),
        (PEER.replace('name = "his"', 'name = "Dr. Li"'), "peer 1: name: "),
        (PEER + PEER, "two peers are called his"),
        (PEER + PEER.replace('"his"', '"lab"'), "his and lab share an address"),
    ],
)
def test_a_wrong_peer_file_is_refused_with_the_place(
    tmp_path: Path, text: str, problem: str
) -> None:
    file = peers(tmp_path, text.format(account=new_id(), more=""))
    with pytest.raises(PeersUnusable, match=problem):
        read_peers(file)


def test_a_peer_file_that_others_may_change_is_refused(tmp_path: Path) -> None:
    file = peers(tmp_path, PEER.format(account=new_id(), more=""))
    assert len(read_peers(file)) == 1
    file.chmod(0o620)
    with pytest.raises(PeersUnusable, match="other users"):
        read_peers(file)


def test_the_check_says_what_stands_in_the_way_of_each_peer(
    cli: CliRunner, sqlite_url: str, tmp_path: Path
) -> None:
    engine, account = open_engine(sqlite_url, guarded=False), new_id()
    with Session(engine) as session:
        session.add(Account(id=account, kind=ActorKind.SERVICE, title="his", made_at=OPENED))
        session.commit()
    engine.dispose()
    make_folder(tmp_path / "ward", sqlite_url)
    peers(tmp_path / "ward", PEER.format(account=account, more=""))
    checked = cli.invoke(app, ["ingest", "peers", "check", "--data", str(tmp_path / "ward")])
    assert (checked.exit_code, checked.output) == (
        1,
        "his: there is no hospital GH; its account does not hold the role integration"
        " in the hospital\n",
    )


def test_messages_of_a_file_are_sent_and_their_answers_shown(
    cli: CliRunner, doorway: Doorway, tmp_path: Path
) -> None:
    doorway.world.ward("W1", ["B1"])
    file = tmp_path / "two.hl7"
    file.write_text(admit() + "\n" + message("SIU^S12", pid(), control="S1"))
    port = str(doorway.door.port)
    sent = cli.invoke(app, ["ingest", "send", str(file), "127.0.0.1", port])
    assert (sent.exit_code, sent.output) == (1, "aV1 AA\nS1 AR MESSAGE_NOT_AGREED\n")
    nobody = cli.invoke(app, ["ingest", "send", str(file), "127.0.0.1", str(free_port())])
    assert (nobody.exit_code, nobody.output.startswith("no answer from")) == (1, True)


def test_nothing_waits_in_a_new_hospital_that_is_not_there(
    cli: CliRunner, sqlite_url: str, tmp_path: Path
) -> None:
    token = token_for(sqlite_url, "bed-manager")
    make_folder(tmp_path / "ward", sqlite_url)
    here = ["--data", str(tmp_path / "ward"), "--token", token]
    for what in (["parked", "list"], ["parked", "retry"], ["outbound", "list"]):
        asked = cli.invoke(app, ["ingest", *what, *here, "--hospital", "GH"])
        assert (asked.exit_code, asked.output) == (
            1, "NOT_FOUND: there is no hospital GH; open it first\n",
        )  # fmt: skip
    for what in (["parked", "show"], ["parked", "discard"], ["outbound", "resend"]):
        asked = cli.invoke(app, ["ingest", *what, *here, str(new_id())])
        assert (asked.exit_code, asked.output.startswith("NOT_FOUND: no ")) == (1, True)
