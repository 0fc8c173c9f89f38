"""The door by which other systems are told of our changes: for each peer with [peer.send]."""

from typing import TYPE_CHECKING

from app.wiring import App

if TYPE_CHECKING:
    from gateways.hl7_out_door import OutboundDoor


def door(app: App) -> "OutboundDoor | None":
    """The senders, or None where no peer is to be told anything. Raises PeersUnusable."""
    if not app.settings.mllp_peers_file.exists():
        return None
    from gateways.hl7_out_door import OutboundDoor
    from gateways.mllp_peers import read_peers

    peers = [peer for peer in read_peers(app.settings.mllp_peers_file) if peer.send]
    return OutboundDoor(app, peers) if peers else None
