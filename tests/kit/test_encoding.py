"""A database that would not keep every name is refused in words, before anything is asked of it."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url

from kit.db import WrongEncoding, open_engine
from tests.postgres_server import driver_address


@pytest.fixture
def ascii_url(postgres_url: str) -> Iterator[str]:
    name = f"{make_url(postgres_url).database}_ascii"
    with psycopg.connect(driver_address(postgres_url), autocommit=True) as admin:
        admin.execute(
            SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'").format(
                Identifier(name)
            )
        )
        yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def test_another_encoding_is_refused_with_the_remedy(ascii_url: str) -> None:
    engine = open_engine(ascii_url)
    with pytest.raises(WrongEncoding, match=r"SQL_ASCII.*TEMPLATE template0 ENCODING 'UTF8'"):
        engine.connect()
    engine.dispose()
