"""What a sender's word about a bed says about its cleaning."""

from datetime import datetime

from domain.beds.commands import FinishCleaning, ResumeCleaning, StartCleaning
from domain.beds.model import Bed, CleaningState, Hygiene
from domain.beds.presence import hygiene_of, task_on
from domain.inbound.doing import Doing

INFERRED = "CLEANING_INFERRED"
UNFIT = (Hygiene.DIRTY, Hygiene.CLEANING, Hygiene.SUSPENDED)  # contaminated takes a person's word


def make_ready(doing: Doing, bed: Bed, at: datetime) -> None:
    """If the message may be believed so far: the bed was cleaned by the time it was used."""
    if doing.leeway.infer_cleaning and finish(doing, bed, at):
        doing.remark(INFERRED)


def finish(doing: Doing, bed: Bed, at: datetime) -> bool:
    """Record that the bed's cleaning is done by `at`; False if there is none to be done."""
    page, task = hygiene_of(doing.work, bed.id), task_on(doing.work, bed.id)
    if page is None or task is None or page.hygiene not in UNFIT or page.since > at:
        return False
    if task.state == CleaningState.SUSPENDED:
        doing.do(ResumeCleaning(task_id=task.id, at=at))
    elif task.state != CleaningState.IN_PROGRESS:
        doing.do(StartCleaning(task_id=task.id, at=at))
    doing.do(FinishCleaning(task_id=task.id, at=at))
    return True
