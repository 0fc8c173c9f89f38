"""What can be done about transfers: one place to import every command from."""

import domain.transfers.following  # noqa: F401 - transfers follow encounters and requests
from domain.transfers.asking import (
    AnswerTransfer,
    AuthoriseTransfer,
    CancelTransfer,
    RequestTransfer,
)
from domain.transfers.consent import OverrideConsent, RecordConsent
from domain.transfers.deciding import (
    AcceptTransfer,
    AskAboutTransfer,
    DeclineTransfer,
    WithdrawAcceptance,
)
from domain.transfers.escalating import EscalateTransfer
from domain.transfers.travelling import ArriveTransfer, CompleteTransfer, DispatchTransfer
from domain.transfers.ways import SetTravelTime

__all__ = [
    "AcceptTransfer",
    "AnswerTransfer",
    "ArriveTransfer",
    "AskAboutTransfer",
    "AuthoriseTransfer",
    "CancelTransfer",
    "CompleteTransfer",
    "DeclineTransfer",
    "DispatchTransfer",
    "EscalateTransfer",
    "OverrideConsent",
    "RecordConsent",
    "RequestTransfer",
    "SetTravelTime",
    "WithdrawAcceptance",
]
