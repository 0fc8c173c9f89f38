"""The invariants hold whatever is done, in whatever order, on both databases."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.beds.machine import BedMachine, PastMachine
from tests.databases import Databases, Kind

# Shrinking takes minutes here; the long run, which people start, does it.
QUICK = settings(
    max_examples=25, stateful_step_count=30, deadline=None, database=None, derandomize=True,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip
LONG = settings(
    QUICK, max_examples=400, stateful_step_count=60, derandomize=False, phases=list(Phase)
)


def _run(machine: type[BedMachine], databases: Databases, kind: Kind, how: settings) -> None:
    machine.databases = lambda: databases.migrated(kind)
    run_state_machine_as_test(machine, settings=how)


def test_no_sequence_of_commands_breaks_an_invariant(
    databases: Databases, database_kind: Kind
) -> None:
    _run(BedMachine, databases, database_kind, QUICK)


def test_every_board_that_was_shown_can_be_shown_again(
    databases: Databases, database_kind: Kind
) -> None:
    _run(PastMachine, databases, database_kind, settings(QUICK, max_examples=8))


@pytest.mark.nightly
def test_no_long_sequence_breaks_an_invariant(databases: Databases, database_kind: Kind) -> None:
    _run(BedMachine, databases, database_kind, LONG)
    _run(PastMachine, databases, database_kind, LONG)
