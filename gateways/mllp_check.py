"""For whoever sets an HL7 connection up: is the peer file right, and what is answered?"""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from domain.accounts.model import Account, RoleBinding
from domain.places.model import Hospital
from gateways.hl7_files import pieces
from gateways.mllp_client import MllpClient, NoAnswer, client_tls
from gateways.mllp_peers import Peer, read_peers
from kit.db import reading
from kit.work import ActorKind

__all__ = ["NoAnswer", "check", "send"]

ROLE = "integration"


def check(path: Path, engine: Engine) -> tuple[list[str], bool]:
    """A line for each peer, and whether all are well. Raises PeersUnusable."""
    lines, good = [], True
    with reading(engine) as session:
        for peer in read_peers(path):
            problems = list(_problems(session, peer))
            good = good and not problems
            ways = [*(["sends"] if peer.account else []), *(["is told"] if peer.send else [])]
            lines.append(f"{peer.name}: {'; '.join(problems) or 'well: ' + ', '.join(ways)}")
    return lines, good


def _problems(session: Session, peer: Peer) -> Iterator[str]:
    hospital = session.exec(select(Hospital).where(Hospital.code == peer.hospital)).first()
    if hospital is None:
        yield f"there is no hospital {peer.hospital}"
    if peer.account is None:
        return
    account = session.get(Account, peer.account)
    if account is None or account.kind != ActorKind.SERVICE:
        yield "its account is no service account"
    elif account.disabled_at is not None:
        yield "its account is disabled"
    elif not _holds(session, account, hospital):
        yield f"its account does not hold the role {ROLE} in the hospital"


def _holds(session: Session, account: Account, hospital: Hospital | None) -> bool:
    held = session.exec(
        select(RoleBinding.hospital_id).where(
            RoleBinding.user_id == account.id, RoleBinding.role == ROLE,
            col(RoleBinding.valid_until).is_(None),
        )
    ).all()  # fmt: skip
    return None in held or (hospital is not None and hospital.id in held)


async def send(
    file: Path, host: str, port: int, ca: Path | None, certificate: Path | None, key: Path | None
) -> list[tuple[str, str, str]]:
    """Each message's answer: control id, code and reason. Raises NoAnswer."""
    client = MllpClient(host, port, tls=client_tls(ca, certificate, key))
    try:
        return [_told(await client.ask(piece.body)) for piece in pieces(file)]
    finally:
        await client.close()


def _told(answer: bytes) -> tuple[str, str, str]:
    lines = answer.decode("utf-8", "replace").replace("\n", "\r").split("\r")
    mark = lines[0][3:4] or "|"
    msa = next((line.split(mark) for line in lines if line[:3] == "MSA"), [])
    _, code, control, reason = (*msa, "", "", "", "")[:4]
    return control, code, reason
