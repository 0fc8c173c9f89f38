"""Identifiers: of their time, never twice, and in the order in which they were made."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from kit.ids import at_millisecond, new_id


def test_what_is_made_later_is_above_what_was_made_before() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(made)
    assert len({one.int >> 80 for one in made}) < 2_000  # many shared a millisecond
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {"specified in RFC 4122"}


def test_threads_never_make_the_same_one() -> None:
    def some(_turn: int) -> list[UUID]:
        return [new_id() for _ in range(2_000)]

    with ThreadPoolExecutor(8) as pool:
        made = [one for part in pool.map(some, range(8)) for one in part]
    assert len(set(made)) == len(made)


def test_an_identifier_of_a_moment_says_it() -> None:
    assert at_millisecond(7_200_000).int >> 80 == 7_200_000
