"""Triggers and grants that keep the ledger append-only below the program.

They are the second wall: whoever takes them down is found by the sequencer and the verifier.
"""

import re
from collections.abc import Iterator

from audit import ddl_pruning

APPEND_ONLY = ("ledger_entry", "ledger_leaf", "ledger_checkpoint", "ledger_tile")

_SQLITE_NEXT = {
    # The unique index makes max() a single step. recursive_triggers=ON (kit/db.py) lets REPLACE
    # meet the delete trigger.
    "ledger_entry": """
        CREATE TRIGGER ledger_entry_next BEFORE INSERT ON ledger_entry
        WHEN NEW.sseq IS NOT (SELECT coalesce(max(sseq), 0) + 1 FROM ledger_entry
                              WHERE stream = NEW.stream)
        BEGIN SELECT RAISE(ABORT, 'ledger: not the next entry of its stream'); END""",
    "ledger_leaf": """
        CREATE TRIGGER ledger_leaf_next BEFORE INSERT ON ledger_leaf
        WHEN NEW.idx IS NOT (SELECT coalesce(max(idx) + 1, 0) FROM ledger_leaf)
        BEGIN SELECT RAISE(ABORT, 'ledger: not the next leaf'); END""",
}
_SQLITE_LAST = """
    CREATE TRIGGER ledger_entry_last AFTER INSERT ON ledger_entry
    WHEN NEW.id IS NOT (SELECT max(id) FROM ledger_entry)
    BEGIN SELECT RAISE(ABORT, 'ledger: an entry goes to the end'); END"""

_POSTGRES_FUNCTIONS = (
    """
    CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog AS $$
    BEGIN
        RAISE EXCEPTION USING MESSAGE = 'ledger: ' || TG_TABLE_NAME || ' is append-only';
    END $$""",
    # Reading max(sseq) would make all serializable writers conflict on one index page. A session
    # writes one stream, so the session remembers its head; a rollback takes that back too, and
    # the unique index refuses a second beginning of a stream that exists.
    """
    CREATE FUNCTION ledger_entry_next() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog AS $$
    BEGIN
        IF NEW.sseq <> 1 AND current_setting('wardgrid.ledger_head', true)
                IS DISTINCT FROM NEW.stream || ':' || (NEW.sseq - 1) THEN
            RAISE EXCEPTION 'ledger: not the next entry of its stream';
        END IF;
        PERFORM set_config('wardgrid.ledger_head', NEW.stream || ':' || NEW.sseq, false);
        NEW.xid := pg_current_xact_id();
        RETURN NEW;
    END $$""",
    """
    CREATE FUNCTION ledger_leaf_next() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.idx IS DISTINCT FROM (SELECT coalesce(max(idx) + 1, 0) FROM ledger_leaf) THEN
            RAISE EXCEPTION 'ledger: not the next leaf';
        END IF;
        RETURN NEW;
    END $$""",
)


def triggers(dialect: str) -> Iterator[str]:
    """The statements that put the triggers on the tables, before there was pruning."""
    if dialect == "sqlite":
        yield from _SQLITE_NEXT.values()
        yield _SQLITE_LAST
        for table in APPEND_ONLY:
            for verb in ("UPDATE", "DELETE"):
                yield (
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'ledger: {table} is append-only'); END"
                )
        return
    yield from _POSTGRES_FUNCTIONS
    for name, table, when in _postgres_triggers():
        yield f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {_function(name)}()"
        # an ordinary trigger sleeps under session_replication_role = replica
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"


def drop_functions() -> Iterator[str]:
    """PostgreSQL only, after the tables are gone."""
    for name in ("ledger_refuse", "ledger_entry_next", "ledger_leaf_next"):
        yield f"DROP FUNCTION IF EXISTS {name}()"


def before_pruning(dialect: str) -> Iterator[str]:
    """Those among `triggers` in whose place pruning puts others."""
    names = ("ledger_entry_next ", "ledger_entry_no_delete ", "ledger_entry_append_only")
    for statement in triggers(dialect):
        if "FUNCTION ledger_entry_next()" in statement and dialect == "postgresql":
            continue
        if any(name in statement for name in names[: 2 if dialect == "sqlite" else 3]):
            yield statement


def sqlite_triggers() -> dict[str, str]:
    """What must stand in a SQLite database, by name."""
    shape = re.compile(r"CREATE TRIGGER (\w+)")
    made = {match[1]: text for text in triggers("sqlite") if (match := shape.search(text))}
    return made | ddl_pruning.sqlite_triggers()


def trigger_names(dialect: str) -> frozenset[str]:
    """What an auditor must find in the database."""
    if dialect == "sqlite":
        return frozenset(sqlite_triggers())
    named = {name for name, _, _ in _postgres_triggers()}
    return ddl_pruning.postgres_trigger_names() | named


def function_sources() -> dict[str, str]:
    """PostgreSQL: what the triggers' functions must say."""
    shape = re.compile(r"FUNCTION (\w+)\(\).*?\$\$(.*)\$\$", re.DOTALL)
    made = (*_POSTGRES_FUNCTIONS, *ddl_pruning.postgres_functions())
    found = (shape.search(statement) for statement in made)
    return {match[1]: match[2] for match in found if match}


def grants(app: str, sequencer: str, auditor: str) -> Iterator[str]:
    """PostgreSQL: who may do what with the ledger. The roles exist and own nothing of it."""
    for table in APPEND_ONLY:
        yield f"REVOKE ALL ON {table} FROM PUBLIC"
        yield f"GRANT SELECT ON {table} TO {app}, {sequencer}, {auditor}"
        if table != "ledger_entry":
            yield f"GRANT INSERT ON {table} TO {sequencer}"
    yield f"GRANT INSERT ON ledger_entry TO {app}"
    for table in ("ledger_person", "ledger_purpose"):
        yield f"GRANT SELECT ON {table} TO {app}, {sequencer}, {auditor}"
        yield f"GRANT INSERT ON {table} TO {sequencer}"
    yield f"GRANT USAGE ON SEQUENCE ledger_entry_id_seq TO {app}"
    yield from ddl_pruning.grants(app, sequencer, auditor)


def _postgres_triggers() -> Iterator[tuple[str, str, str]]:
    for table in APPEND_ONLY:
        yield (
            f"{table}_append_only",
            table,
            f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT",
        )
    for table in ("ledger_entry", "ledger_leaf"):
        yield f"{table}_next", table, f"BEFORE INSERT ON {table} FOR EACH ROW"


def _function(trigger: str) -> str:
    return trigger if trigger.endswith("_next") else "ledger_refuse"
