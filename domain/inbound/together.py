"""Several things that a sender wants done together: all of them, or none."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.places.model import Hospital
from kit.command import Command
from kit.errors import Refusal
from kit.work import Scope, Work


class PartRefused(Exception):
    """Marks which part it was; travels as the cause of the part's own refusal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(frozen=True, kw_only=True)
class DoTogether(Command[list[Any]]):
    """Do every part in one transaction, each judged by the policy for itself.

    Answers with the parts' results, in order. Raises the first part's Refusal, caused by a
    PartRefused that tells which one it was; nothing of the others is left then.
    """

    action = "inbound.receive"

    hospital_id: UUID
    parts: tuple[Command[Any], ...]

    def scope(self, work: Work) -> Scope:
        return work.get(Hospital, self.hospital_id).scope

    def apply(self, work: Work) -> list[Any]:
        return [self._do(work, number, part) for number, part in enumerate(self.parts)]

    def _do(self, work: Work, number: int, part: Command[Any]) -> Any:
        try:
            return work.perform(part)
        except Refusal as why:
            raise why from PartRefused(number)
