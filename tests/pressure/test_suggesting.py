"""Which level figures suggest: rise, fall, and how many must agree."""

import pytest

from authz.shipped import shipped_policy
from domain.measures.now import NowName
from domain.measures.pressure import levels, pressures, thresholds
from domain.pressure.cards import all_cards, cards_at
from domain.pressure.suggesting import level_of, suggested
from kit.errors import Invalid

OCCUPANCY, HEADROOM = NowName.OCCUPANCY, NowName.STAFFED_HEADROOM


@pytest.mark.parametrize(
    ("value", "present", "level"),
    [
        (84.9, 1, 1), (85.0, 1, 2), (91.9, 2, 2), (92.0, 2, 3), (98.0, 1, 4),
        (89.1, 3, 3), (89.0, 3, 2), (82.1, 2, 2), (82.0, 2, 1), (95.5, 4, 4), (95.0, 4, 3),
        (82.1, 1, 1), (89.1, 2, 2),
    ],
)  # fmt: skip
def test_occupancy_rises_at_one_value_and_falls_at_another(
    value: float, present: int, level: int
) -> None:
    assert level_of(value, OCCUPANCY, thresholds(), present) == level


@pytest.mark.parametrize(
    ("value", "present", "level"),
    [(6, 1, 1), (5, 1, 2), (2, 1, 3), (0, 1, 4), (-3, 1, 4), (7, 2, 2), (8, 2, 1), (1, 4, 4)],
)
def test_headroom_is_worse_the_lower_it_is(value: float, present: int, level: int) -> None:
    assert level_of(value, HEADROOM, thresholds(), present) == level


def test_missing_data_have_no_level() -> None:
    assert level_of(None, OCCUPANCY, thresholds(), 3) is None


@pytest.mark.parametrize(
    ("reached", "level"),
    [((), 1), ((None, None), 1), ((1, 1), 1), ((2, 1), 2), ((3, 1), 3), ((4, 1), 3), ((4, 4), 4),
     ((4, 3), 3), ((None, 2), 2)],
)  # fmt: skip
def test_the_highest_level_needs_two_figures(reached: tuple[int | None, ...], level: int) -> None:
    names = list(NowName)
    assert suggested(dict(zip(names, reached, strict=False)), levels()) == level


def test_shipped_limits_are_in_order() -> None:
    for name in {one.measure for one in thresholds()}:
        mine = [one for one in thresholds() if one.measure == name]
        assert [one.level for one in mine] == [2, 3, 4]
        sign = 1 if mine[0].worse_when_high else -1
        assert all(sign * one.fall < sign * one.rise for one in mine)
        assert sorted({sign * one.rise for one in mine}) == [sign * one.rise for one in mine]


def test_the_colour_of_an_occupancy_begins_where_its_level_rises() -> None:
    assert [(one.level, one.colour, one.occupancy_from_percent) for one in pressures()] == [
        (1, "GREEN", 0.0), (2, "AMBER", 85.0), (3, "RED", 92.0), (4, "BLACK", 98.0),
    ]  # fmt: skip


def test_cards_of_a_level_include_those_below_and_name_roles_of_the_policy() -> None:
    assert [len(cards_at(level)) for level in (1, 2, 3, 4)] == [0, 5, 9, 12]
    assert {card.role for card in all_cards()} <= set(shipped_policy().roles)
    assert len({card.code for card in all_cards()}) == len(all_cards())
    assert all(card.zh and card.en for card in all_cards())


@pytest.mark.parametrize("level", [0, 5])
def test_there_are_four_levels(level: int) -> None:
    with pytest.raises(Invalid) as raised:
        cards_at(level)
    assert raised.value.allowed == ("1", "2", "3", "4")
