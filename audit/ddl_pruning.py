"""The one way by which entries may leave the database, and the triggers that keep it narrow.

An entry may be deleted only where its leaf lies in a recorded range of `ledger_pruned`. That table
only grows, and takes a range only if the entry that approved exactly this range is in the signed
log. Whoever takes the triggers down is found by the sequencer and the verifier, as with the rest.
"""

from collections.abc import Iterator

TABLES = ("ledger_pruned", "ledger_stream_end")
PRUNE = "ledger.prune"

# The notes stand in the canonical body as ["end",N] and ["first",N]; a string in it cannot hold
# this text, because its quotes would be escaped.
_APPROVED = """EXISTS (SELECT 1 FROM {s}ledger_entry e
        JOIN {s}ledger_leaf l ON l.entry_id = e.id AND l.evidence IS NULL
        WHERE e.id = NEW.entry_id AND e.action = 'ledger.prune' AND e.outcome = 'done'
        AND l.idx >= NEW.end_leaf AND l.idx < (SELECT max(size) FROM {s}ledger_checkpoint)
        AND {end} AND {first})"""
_SQLITE_NOTE = """instr(CAST(e.body AS TEXT), '["{0}",' || NEW.{0}_leaf || ']') > 0"""
_POSTGRES_NOTE = (
    """position('["{0}",' || NEW.{0}_leaf || ']' IN convert_from(e.body, 'UTF8')) > 0"""
)
_APART = """NOT EXISTS (SELECT 1 FROM {s}ledger_pruned p
        WHERE p.first_leaf < NEW.end_leaf AND NEW.first_leaf < p.end_leaf)"""
_LAWFUL = """EXISTS (SELECT 1 FROM {s}ledger_leaf l
        JOIN {s}ledger_pruned p ON p.first_leaf <= l.idx AND l.idx < p.end_leaf
        WHERE l.entry_id = OLD.id AND l.evidence IS NULL)"""

_SQLITE = {
    "ledger_entry_next": """
        CREATE TRIGGER ledger_entry_next BEFORE INSERT ON ledger_entry
        WHEN NEW.sseq IS NOT max(
            (SELECT coalesce(max(sseq), 0) FROM ledger_entry WHERE stream = NEW.stream),
            (SELECT coalesce(max(sseq), 0) FROM ledger_stream_end WHERE stream = NEW.stream)) + 1
        BEGIN SELECT RAISE(ABORT, 'ledger: not the next entry of its stream'); END""",
    "ledger_entry_no_delete": f"""
        CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry
        WHEN NOT {_LAWFUL.format(s="")}
        BEGIN SELECT RAISE(ABORT, 'ledger: ledger_entry is append-only'); END""",
    "ledger_pruned_next": f"""
        CREATE TRIGGER ledger_pruned_next BEFORE INSERT ON ledger_pruned
        WHEN NOT ({_APPROVED.format(s="", end=_SQLITE_NOTE.format("end"),
                                    first=_SQLITE_NOTE.format("first"))}
            AND {_APART.format(s="")})
        BEGIN SELECT RAISE(ABORT, 'ledger: no signed entry approves this range'); END""",
}  # fmt: skip
_POSTGRES = {
    "ledger_entry_prune": f"""
    CREATE FUNCTION ledger_entry_prune() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog AS $$
    BEGIN
        IF {_LAWFUL.format(s="public.")} THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'ledger: ledger_entry is append-only';
    END $$""",
    "ledger_pruned_next": f"""
    CREATE FUNCTION ledger_pruned_next() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog AS $$
    BEGIN
        IF {_APPROVED.format(s="public.", end=_POSTGRES_NOTE.format("end"),
                             first=_POSTGRES_NOTE.format("first"))}
            AND {_APART.format(s="public.")} THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'ledger: no signed entry approves this range';
    END $$""",
}  # fmt: skip
_POSTGRES_TRIGGERS = (
    ("ledger_entry_append_only", "ledger_entry", "BEFORE UPDATE OR TRUNCATE", "STATEMENT",
     "ledger_refuse"),
    ("ledger_entry_prune", "ledger_entry", "BEFORE DELETE", "ROW", "ledger_entry_prune"),
    ("ledger_pruned_next", "ledger_pruned", "BEFORE INSERT", "ROW", "ledger_pruned_next"),
    *((f"{table}_append_only", table, "BEFORE UPDATE OR DELETE OR TRUNCATE", "STATEMENT",
       "ledger_refuse") for table in TABLES),
)  # fmt: skip


def sqlite_triggers() -> dict[str, str]:
    """By name; two of them take the place of those that were there without pruning."""
    kept = {
        f"{table}_no_{verb.lower()}": (
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'ledger: {table} is append-only'); END"
        )
        for table in TABLES
        for verb in ("UPDATE", "DELETE")
    }
    return _SQLITE | kept


def postgres_functions() -> tuple[str, ...]:
    return tuple(_POSTGRES.values())


def postgres_trigger_names() -> frozenset[str]:
    return frozenset(name for name, *_ in _POSTGRES_TRIGGERS)


def put(dialect: str) -> Iterator[str]:
    """The statements of the migration that brings pruning."""
    if dialect == "sqlite":
        for name, statement in sqlite_triggers().items():
            yield f"DROP TRIGGER IF EXISTS {name}"
            yield statement
        return
    yield from _POSTGRES.values()
    for name, table, when, each, function in _POSTGRES_TRIGGERS:
        yield f"DROP TRIGGER IF EXISTS {name} ON {table}"
        where = f"{when} ON {table} FOR EACH {each}"
        yield f"CREATE TRIGGER {name} {where} EXECUTE FUNCTION {function}()"
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"


def drop(dialect: str) -> Iterator[str]:
    """What `put` changed on tables that stay, taken back; the tables of pruning are gone."""
    if dialect == "sqlite":
        for name in ("ledger_entry_next", "ledger_entry_no_delete"):
            yield f"DROP TRIGGER IF EXISTS {name}"
        return
    for name in ("ledger_entry_prune", "ledger_entry_append_only"):
        yield f"DROP TRIGGER IF EXISTS {name} ON ledger_entry"
    for name in _POSTGRES:
        yield f"DROP FUNCTION IF EXISTS {name}()"


def grants(app: str, sequencer: str, auditor: str) -> Iterator[str]:
    """PostgreSQL: the sequencer alone prunes, and only what the triggers let it."""
    for table in TABLES:
        yield f"REVOKE ALL ON {table} FROM PUBLIC, {app}, {sequencer}, {auditor}"
        yield f"GRANT SELECT ON {table} TO {app}, {sequencer}, {auditor}"
        yield f"GRANT INSERT ON {table} TO {sequencer}"
    for table in ("ledger_entry", "ledger_person", "ledger_purpose"):
        yield f"GRANT DELETE ON {table} TO {sequencer}"
    yield f"GRANT SELECT ON pruning, ledger_segment TO {sequencer}"
