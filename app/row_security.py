"""PostgreSQL: each row of a hospital shows only in sessions that name the hospital.

A second wall below the scopes in the queries: a read that forgot its scope still shows nothing
foreign, and somebody who connects past the program sees no hospital at all. FORCE binds the owner
too. The setting `wardgrid.hospitals` is `*`, or ids with commas; kit/db.py sets it.
"""

from sqlalchemy import Connection, text

POLICY = "own_hospital"
_LISTED = (  # asked once per statement, not once per row
    "(SELECT string_to_array(nullif(nullif(current_setting('wardgrid.hospitals', true), '*'), ''),"
    " ',')::uuid[])"
)
_EVERYWHERE = "(SELECT current_setting('wardgrid.hospitals', true) = '*')"
_TABLES = text(
    "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)"
    " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
    " AND NOT c.relispartition"
    " AND a.attname IN ('hospital_id', 'from_hospital_id', 'to_hospital_id')"
    " GROUP BY c.relname ORDER BY c.relname"
)
_BARE = text(
    "SELECT c.relname FROM pg_class c WHERE c.oid = CAST(:name AS regclass)"
    " AND c.relrowsecurity AND c.relforcerowsecurity"
    " AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = :policy)"
)


def protect(connection: Connection) -> None:
    """Put the policy on every table of hospitals that has none yet. As the owner."""
    columns = hospital_tables(connection)
    for table in unprotected(connection):
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS {POLICY} ON {table}",
            f"CREATE POLICY {POLICY} ON {table} USING ({_shown(columns[table])})",
        ):
            connection.exec_driver_sql(statement)


def unprotected(connection: Connection) -> list[str]:
    """Tables of hospitals whose rows show to everybody who may read the table."""
    return [name for name in hospital_tables(connection) if not _protected(connection, name)]


def hospital_tables(connection: Connection) -> dict[str, list[str]]:
    """Which tables say whose hospital a row is, and in which columns."""
    return {table: columns for table, columns in connection.execute(_TABLES)}


def _protected(connection: Connection, table: str) -> bool:
    named = {"name": table, "policy": POLICY}
    return connection.execute(_BARE, named).first() is not None


def _shown(columns: list[str]) -> str:
    """A row without a hospital is a rule of the whole network."""
    any_of = [f"{column} = ANY ({_LISTED}::uuid[])" for column in columns]
    return " OR ".join([_EVERYWHERE, f"{columns[0]} IS NULL", *any_of])
