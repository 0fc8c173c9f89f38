"""The history of how clean a bed is, and the cleaning work that follows from it."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlmodel import col, select

from domain.beds.model import (
    Bed,
    BedHygiene,
    BedStay,
    CleaningKind,
    CleaningPriority,
    CleaningState,
    CleaningTask,
    Hygiene,
)
from domain.beds.presence import hygiene_of, stay_in, task_on
from domain.beds.rules import CONTAMINATING, NEXT_HYGIENE
from domain.patients.model import PlacementNeed
from domain.places.times import recorded, sometime, store
from kit.errors import Conflict, Invalid
from kit.work import Work

_KEY: Any = bindparam("key")
_PAGES = (
    select(BedHygiene)
    .where(
        col(BedHygiene.bed_id) == _KEY,
        (col(BedHygiene.until).is_(None)) | (col(BedHygiene.until) > sometime("at")),
    )
    .order_by(col(BedHygiene.since))
)
_ISOLATED = select(PlacementNeed.id).where(
    col(PlacementNeed.encounter_id) == _KEY,
    col(PlacementNeed.isolation).in_(CONTAMINATING),
    col(PlacementNeed.since) < sometime("until"),
    (col(PlacementNeed.until).is_(None)) | (col(PlacementNeed.until) > sometime("since")),
)


def turn_hygiene(
    work: Work,
    bed: Bed,
    hygiene: Hygiene,
    at: datetime,
    *,
    reason: str | None = None,
    after_use: bool = False,
) -> None:
    """Write that the bed became so at `at`.

    Raises Conflict where the state before does not lead here, Invalid before the last change.
    `after_use`: somebody lay in it, so it is dirty whatever it was, and contaminated stays so;
    a departure told late goes before what was found in the bed since.
    """
    page, following = _pages(work, bed, at)
    if following is not None and not after_use:
        raise _too_early(following)
    if page.hygiene == hygiene or (after_use and page.hygiene == Hygiene.CONTAMINATED):
        return
    if not after_use:
        _require(page, hygiene)
    if following is not None:
        if following.hygiene == hygiene:
            _shift(work, page, following, at)
            return
        if following.hygiene not in NEXT_HYGIENE[hygiene]:
            raise _too_early(following)
    until = page.until
    if page.since == at:
        work.session.delete(page)  # lasted for no time at all
    else:
        page.until = at
    work.session.flush()
    store(work, BedHygiene(
        hospital_id=bed.hospital_id, ward_id=bed.ward_id, bed_id=bed.id, hygiene=hygiene,
        since=at, until=until, reason=reason, **recorded(work),
    ))  # fmt: skip


def soil(work: Work, bed: Bed, stay: BedStay, at: datetime) -> CleaningTask:
    """After a patient: DIRTY, or CONTAMINATED after isolation, and the task in the same breath."""
    isolated = _was_isolated(work, stay, at)
    turn_hygiene(work, bed, Hygiene.CONTAMINATED if isolated else Hygiene.DIRTY, at,
                 reason="ISOLATION" if isolated else "DEPARTURE", after_use=True)  # fmt: skip
    kind = CleaningKind.ISOLATION if isolated else CleaningKind.DISCHARGE
    return ensure_task(work, bed, kind, at, stay)


def ensure_task(
    work: Work, bed: Bed, kind: CleaningKind, at: datetime, stay: BedStay | None = None
) -> CleaningTask:
    """The bed's open cleaning task, opened if there is none; contaminated needs a terminal one."""
    known = task_on(work, bed.id)
    if known is not None:
        return known
    page = hygiene_of(work, bed.id)
    if page is not None and page.hygiene == Hygiene.CONTAMINATED and kind != CleaningKind.ISOLATION:
        kind = CleaningKind.TERMINAL
    return store(work, CleaningTask(
        hospital_id=bed.hospital_id, ward_id=bed.ward_id, bed_id=bed.id, kind=kind,
        priority=CleaningPriority.NORMAL, stay_id=stay.id if stay else None, since=at,
        **recorded(work),
    ))  # fmt: skip


def drop_task(work: Work, bed: Bed, at: datetime) -> None:
    """Cancel the bed's open cleaning task: something else happens to the bed."""
    task = task_on(work, bed.id)
    if task is not None:
        task.state, task.until = CleaningState.CANCELLED, max(at, task.since)
        work.session.flush()


def interrupt_cleaning(work: Work, bed: Bed, at: datetime) -> None:
    """Somebody is put into a bed that is being cleaned: half clean is not clean."""
    task, page = task_on(work, bed.id), hygiene_of(work, bed.id)
    if task is None:
        return
    drop_task(work, bed, at)
    if page is not None and page.hygiene in (Hygiene.CLEANING, Hygiene.SUSPENDED):
        thorough = task.kind in (CleaningKind.TERMINAL, CleaningKind.ISOLATION)
        turn_hygiene(work, bed, Hygiene.CONTAMINATED if thorough else Hygiene.DIRTY, at,
                     reason="INTERRUPTED", after_use=True)  # fmt: skip


def clean_up_later(work: Work, bed: Bed, at: datetime) -> None:
    """Give an empty bed that is not clean its task, if it lost it."""
    page = hygiene_of(work, bed.id)
    if page is not None and page.hygiene != Hygiene.CLEAN and stay_in(work, bed.id) is None:
        ensure_task(work, bed, CleaningKind.DISCHARGE, at)


def undo_soiling(work: Work, bed: Bed, at: datetime) -> None:
    """Take back that the bed was soiled at `at`, because nobody left it then."""
    page = hygiene_of(work, bed.id)
    if page is None or page.since != at:
        return  # it was so before
    before = work.session.exec(
        select(BedHygiene).where(BedHygiene.bed_id == bed.id, BedHygiene.until == at)
    ).first()
    if before is None:
        return
    work.session.delete(page)
    work.session.flush()
    before.until = None
    work.session.flush()


def _pages(work: Work, bed: Bed, at: datetime) -> tuple[BedHygiene, BedHygiene | None]:
    pages = work.session.exec(_PAGES, params={"key": bed.id, "at": at}).all()
    if not pages or pages[0].since > at:
        raise Invalid(f"the bed was added at {bed.added_at.isoformat()}; give a later time",
                      reason="BEFORE_THE_BED", field="at", blocking=bed.id)  # fmt: skip
    return pages[0], (pages[1] if len(pages) > 1 else None)


def _shift(work: Work, page: BedHygiene, following: BedHygiene, at: datetime) -> None:
    """The state after began earlier than was known."""
    if page.since == at:
        work.session.delete(page)
    else:
        page.until = at
    work.session.flush()
    following.since = at
    work.session.flush()


def _require(page: BedHygiene, hygiene: Hygiene) -> None:
    allowed = NEXT_HYGIENE[page.hygiene]
    if hygiene not in allowed:
        raise Conflict(
            f"the bed has been {page.hygiene} since {page.since.isoformat()} and cannot become"
            f" {hygiene}",
            reason="BED_HYGIENE", blocking=page.bed_id, allowed=tuple(str(one) for one in allowed),
        )  # fmt: skip


def _too_early(following: BedHygiene) -> Invalid:
    return Invalid(
        f"the bed became {following.hygiene} at {following.since.isoformat()}; give a later time",
        reason="BEFORE_LAST_CHANGE", field="at", blocking=following.bed_id,
    )  # fmt: skip


def _was_isolated(work: Work, stay: BedStay, at: datetime) -> bool:
    times = {"key": stay.encounter_id, "since": stay.since, "until": at}
    return work.session.exec(_ISOLATED, params=times).first() is not None
