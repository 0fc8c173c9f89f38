"""The HL7 door behind TLS: known certificates are let in, others are not."""

import ssl
from pathlib import Path

import pytest

from app.settings import Settings, UnsafeSettings
from gateways.mllp_client import client_tls
from tests.inbound.test_admissions import admit
from tests.inbound.world import World
from tests.mllp.certificates import Authority
from tests.mllp.wire import PEER, Closed, opened


def test_a_peer_is_known_by_its_certificate(world: World, tmp_path: Path) -> None:
    ours = Authority(tmp_path)
    server, his, other = ours.sign("server"), ours.sign("his"), ours.sign("other")
    certified = PEER.replace('addresses = ["127.0.0.0/8"]', f'fingerprints = ["{his.fingerprint}"]')
    with opened(
        world, tmp_path, peers=certified, mllp_certificate=server.certificate,
        mllp_key=server.key, mllp_client_ca=ours.file,
    ) as doorway:  # fmt: skip
        with doorway.sender(client_tls(ours.file, his.certificate, his.key)) as sender:
            assert sender.send(admit()).code == "AA"
        for tls in (client_tls(ours.file, other.certificate, other.key), client_tls(ours.file)):
            with doorway.sender(tls) as stranger, pytest.raises((Closed, ssl.SSLError)):
                stranger.send(admit(visit="V2"))
    assert [one.control_id for one in world.messages()] == ["aV1"]


def test_a_certificate_of_another_authority_is_not_even_heard(world: World, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    ours, theirs = Authority(tmp_path), Authority(tmp_path / "x", "stranger")
    server, forged = ours.sign("server"), theirs.sign("his")
    certified = PEER.replace(
        'addresses = ["127.0.0.0/8"]', f'fingerprints = ["{forged.fingerprint}"]'
    )
    with opened(
        world, tmp_path, peers=certified, mllp_certificate=server.certificate,
        mllp_key=server.key, mllp_client_ca=ours.file,
    ) as doorway:  # fmt: skip
        with (
            pytest.raises((Closed, ssl.SSLError, ConnectionError)),
            doorway.sender(client_tls(ours.file, forged.certificate, forged.key)) as sender,
        ):
            sender.send(admit())
        with doorway.sender() as plain, pytest.raises(Closed):
            plain.send(admit())
    assert world.messages() == []


def test_outside_this_machine_nothing_goes_in_clear(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    plain = Settings(data_folder=tmp_path, log_origin="x.example/log", mllp_port=2575,
                     mllp_host="0.0.0.0")  # fmt: skip
    with pytest.raises(UnsafeSettings, match="reachable from outside without TLS"):
        plain.require_safe()
    local = Settings(data_folder=tmp_path, log_origin="x.example/log", mllp_port=2575)
    with pytest.raises(UnsafeSettings, match="is missing"):
        local.require_safe()
    (tmp_path / "hl7_peers.toml").touch()
    local.require_safe()
