"""Judges of beds: what no constraint of one row can say, refused by both databases.

PostgreSQL keeps spells apart with exclusion constraints; a range type over uuid spares it the
btree_gist extension. Everything else is a trigger of the same name on both.
"""

from collections.abc import Sequence

from alembic import op

revision: str = "bed_judges"
down_revision: str | None = "stays"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False

_ENDED = "('DISCHARGED', 'DIED', 'LEFT_WITHOUT_BEING_SEEN', 'ENTERED_IN_ERROR')"
_IN_USE = (
    "(EXISTS (SELECT 1 FROM bed_stay s WHERE s.bed_id = {bed} AND s.until IS NULL"
    " AND s.voided_at IS NULL)"
    " OR EXISTS (SELECT 1 FROM bed_hold h WHERE h.bed_id = {bed} AND h.state = 'ACTIVE'))"
)
_COVERS = (
    "p.bed_id = NEW.bed_id AND p.since <= NEW.since AND (p.until IS NULL OR p.until > NEW.since)"
)
_NOT_READY = (
    "NEW.voided_at IS NULL AND ("
    f"EXISTS (SELECT 1 FROM bed_block p WHERE {_COVERS}"
    " AND (p.kind = 'CLOSED' OR NEW.state_waiver_id IS NULL))"
    " OR (NEW.begun_by <> 'SWAP' AND NEW.state_waiver_id IS NULL AND NOT EXISTS"
    f" (SELECT 1 FROM bed_hygiene p WHERE p.hygiene = 'CLEAN' AND {_COVERS})))"
)
_ENCOUNTER_ENDED = (
    f"EXISTS (SELECT 1 FROM encounter e WHERE e.id = NEW.encounter_id AND e.status IN {_ENDED})"
)
_ELSEWHERE = (
    "EXISTS (SELECT 1 FROM bed b WHERE b.id = NEW.bed_id AND (b.ward_id <> NEW.ward_id"
    " OR b.hospital_id <> NEW.hospital_id OR b.removed_at IS NOT NULL))"
)

# name, event, table, what it refuses
JUDGES = (
    ("stay_needs_open_clean_bed", "INSERT", "bed_stay", _NOT_READY),
    ("corrected_stay_needs_clean_bed", "UPDATE OF since", "bed_stay", _NOT_READY),
    (
        "stay_in_bed_held_for_another", "INSERT", "bed_stay",
        "NEW.until IS NULL AND EXISTS (SELECT 1 FROM bed_hold h WHERE h.bed_id = NEW.bed_id"
        " AND h.state = 'ACTIVE' AND h.encounter_id <> NEW.encounter_id)",
    ),
    ("stay_of_ended_encounter", "INSERT", "bed_stay", f"NEW.until IS NULL AND {_ENCOUNTER_ENDED}"),
    ("stay_elsewhere", "INSERT", "bed_stay", f"NEW.until IS NULL AND {_ELSEWHERE}"),
    ("hold_of_ended_encounter", "INSERT", "bed_hold", f"NEW.state = 'ACTIVE' AND {_ENCOUNTER_ENDED}"),
    ("hold_elsewhere", "INSERT", "bed_hold", f"NEW.state = 'ACTIVE' AND {_ELSEWHERE}"),
    (
        "hold_of_another_encounter", "INSERT", "bed_hold",
        "NOT EXISTS (SELECT 1 FROM bed_request r WHERE r.id = NEW.request_id"
        " AND r.encounter_id = NEW.encounter_id)",
    ),
    ("request_of_ended_encounter", "INSERT", "bed_request", f"NEW.until IS NULL AND {_ENCOUNTER_ENDED}"),
    (
        "ended_encounter_still_waits", "UPDATE OF status", "encounter",
        f"NEW.status IN {_ENDED} AND (EXISTS (SELECT 1 FROM bed_hold h WHERE h.encounter_id ="
        " NEW.id AND h.state = 'ACTIVE') OR EXISTS (SELECT 1 FROM bed_request r WHERE"
        " r.encounter_id = NEW.id AND r.until IS NULL))",
    ),
    (
        "bed_does_not_move", "UPDATE OF hospital_id, ward_id, room_id", "bed",
        "NEW.hospital_id <> OLD.hospital_id OR NEW.ward_id <> OLD.ward_id"
        " OR NEW.room_id <> OLD.room_id",
    ),
    (
        "bed_in_use_removed", "UPDATE OF removed_at", "bed",
        f"NEW.removed_at IS NOT NULL AND {_IN_USE.format(bed='NEW.id')}",
    ),
    ("bed_in_use_deleted", "DELETE", "bed", _IN_USE.format(bed="OLD.id")),
    (
        "bed_in_use_closed", "INSERT", "bed_block",
        f"NEW.kind = 'CLOSED' AND NEW.until IS NULL AND {_IN_USE.format(bed='NEW.bed_id')}",
    ),
)  # fmt: skip

# name, table, column that may be in one place at a time, which rows count
APART = (
    ("stays_of_a_bed_overlap", "bed_stay", "bed_id", "voided_at IS NULL"),
    ("stays_of_an_encounter_overlap", "bed_stay", "encounter_id", "voided_at IS NULL"),
    ("hygiene_of_a_bed_overlaps", "bed_hygiene", "bed_id", "id IS NOT NULL"),
    ("phases_of_an_encounter_overlap", "encounter_phase", "encounter_id", "id IS NOT NULL"),
)


def upgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        op.execute("CREATE TYPE uuid_span AS RANGE (subtype = uuid)")
    for name, event, table, refused in JUDGES:
        _judge(name, event, table, refused, postgres=postgres)
    for name, table, column, counted in APART:
        (_exclude if postgres else _keep_apart)(name, table, column, counted)


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    for name, _event, table, _refused in JUDGES:
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if postgres else ""))
        if postgres:
            op.execute(f"DROP FUNCTION {name}()")
    for name, table, _column, _counted in APART:
        if postgres:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        else:
            op.execute(f"DROP TRIGGER {name}_new")
            op.execute(f"DROP TRIGGER {name}_changed")
    if postgres:
        op.execute("DROP TYPE uuid_span")


def _judge(name: str, event: str, table: str, refused: str, *, postgres: bool) -> None:
    if not postgres:
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {refused}"
            f" BEGIN SELECT RAISE(ABORT, '{name}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF {refused} THEN RAISE EXCEPTION '{name}' USING ERRCODE = '23514',"
        f" CONSTRAINT = '{name}'; END IF;"
        " IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


def _exclude(name: str, table: str, column: str, counted: str) -> None:
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} EXCLUDE USING gist"
        f" (uuid_span({column}, {column}, '[]') WITH &&, tstzrange(since, until) WITH &&)"
        f" WHERE ({counted})"
    )


def _keep_apart(name: str, table: str, column: str, counted: str) -> None:
    both = f"NEW.{counted} AND EXISTS (SELECT 1 FROM {table} o WHERE o.{counted}"
    overlap = (
        f"{both} AND o.{column} = NEW.{column} AND o.id <> NEW.id"
        " AND (NEW.until IS NULL OR o.since < NEW.until)"
        " AND (o.until IS NULL OR o.until > NEW.since))"
    )
    changed = f"UPDATE OF since, until, {column}"
    if counted.startswith("voided_at"):
        changed += ", voided_at"
    _judge(f"{name}_new", "INSERT", table, overlap, postgres=False)
    _judge(f"{name}_changed", changed, table, overlap, postgres=False)
