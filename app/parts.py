"""The parts of the program that may run as processes of their own, on one PostgreSQL."""

from enum import StrEnum


class Part(StrEnum):
    API = "api"  # GraphQL, the live feed, FHIR, the screens
    WORKER = "worker"  # jobs, gateways, notices, backups, the round of the witnesses
    SEQUENCER = "sequencer"  # links and signs the ledger


EVERY = frozenset(Part)
