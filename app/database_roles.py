"""PostgreSQL: what each role of the house may do with its tables. The owner gives it out.

The owner migrates; the program serves; the sequencer signs, alone if it has a role of its own; the
auditor reads the ledger and nothing else. Roles and passwords are the administrator's to make.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from audit import ddl

_RIGHTS = ("policy_rule", "access_role", "role_binding", "role_exclusion", "policy_purpose",
           "authz_epoch", "break_glass", "alembic_version")  # fmt: skip
_FUNCTIONS = ("reading_make_day(date)", "reading_drop_days(date)")


def grant(connection: Connection, app: str, auditor: str, sequencer: str | None = None) -> None:
    """Give the roles what they need at this revision, and take back what they must not have."""
    quoted = connection.dialect.identifier_preparer.quote
    signing = quoted(sequencer or app)
    for statement in _statements(quoted(app), quoted(auditor), signing):
        connection.exec_driver_sql(statement)


def _statements(app: str, auditor: str, sequencer: str) -> Iterator[str]:
    yield f"GRANT USAGE ON SCHEMA public TO {app}, {sequencer}, {auditor}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app}"
    for function in _FUNCTIONS:  # days of readings, without the right to make tables
        yield f"GRANT EXECUTE ON FUNCTION {function} TO {app}"
    for table in (*ddl.APPEND_ONLY, "ledger_person", "ledger_purpose"):
        yield f"REVOKE ALL ON {table} FROM PUBLIC, {app}, {sequencer}, {auditor}"
    yield from ddl.grants(app, sequencer, auditor)
    yield f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {app}"
    if sequencer != app:
        for table in _RIGHTS:
            yield f"GRANT SELECT ON {table} TO {sequencer}"
        yield f"GRANT SELECT (id, disabled_at) ON account TO {sequencer}"
