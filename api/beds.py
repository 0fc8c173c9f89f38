"""Beds in GraphQL: boards, figures, lists, and the live feed of a ward."""

from datetime import UTC, datetime
from uuid import UUID

import strawberry

from api.bed_admissions import AdmissionMutations
from api.bed_requests import RequestMutations
from api.bed_upkeep import UpkeepMutations
from api.bed_views import BedView, RequestView, StayView
from api.board import BoardView
from api.census import CensusView
from api.connection import Connection, after_key, page_of, page_size
from api.query import Reader, query
from api.sight import Sight, View, classified
from api.subscription import Topic, subscription
from api.upkeep_views import CleaningView, WaiverView
from authz.classes import DataClass
from domain.beds import queries
from domain.beds.board import LIVE
from domain.beds.model import BedRequest, RequestState
from domain.beds.shown import Board
from domain.places.reach import hospital_in_reach, ward_in_reach
from kit.work import Scope

REQUEST_EVENTS = frozenset({"BedRequested", "RequestChanged", "BedHeld", "HoldEnded"})
NEWEST_REQUESTS = 100
VERSIONS_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)


@classified(DataClass.BED)
@strawberry.type
class BedBoardEvent(View):
    """The board after a change. Send `cursor` as `after` to go on from here."""

    cursor: str
    version: int
    board: BoardView


@classified(DataClass.BED)
@strawberry.type
class RequestsEvent(View):
    """The open requests after a change, oldest first, at most 100; `more` says there are others."""

    cursor: str
    requests: list[RequestView]
    more: bool


@strawberry.type
class BedQueries:
    @query("bed.read")
    def bed_board(self, reader: Reader, ward_id: UUID, at: datetime | None = None) -> BoardView:
        """A ward's beds now, or at any past moment as far as is known today."""
        board = queries.bed_board(reader.session, reader.scopes, ward_id, reader.now, at)
        return _board(reader, board)

    @query("bed.read")
    def ward_census(self, reader: Reader, ward_id: UUID, at: datetime | None = None) -> CensusView:
        """How full a ward is, or was."""
        census = queries.census(reader.session, reader.scopes, ward_id, reader.now, at)
        return CensusView.of(census, reader.sight(Scope(census.hospital_id, census.ward_id)))

    @query("bed.read")
    def hospital_census(
        self, reader: Reader, hospital_id: UUID, at: datetime | None = None
    ) -> list[CensusView]:
        """How full each ward of a hospital is, or was, by ward code."""
        found = queries.hospital_census(reader.session, reader.scopes, hospital_id, reader.now, at)
        return [CensusView.of(c, reader.sight(Scope(c.hospital_id, c.ward_id))) for c in found]

    @query("bed.read")
    def beds(
        self, reader: Reader, first: int, after: str | None = None, ward_id: UUID | None = None
    ) -> Connection[BedView]:
        """Beds that are there now, by id."""
        rows = queries.beds(
            reader.session, reader.scopes, ward_id=ward_id, after=after_key(after),
            limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(rows, first, after, lambda row: BedView.of(row, reader.sight(row.scope)))

    @query("bed.read")
    def stays(
        self,
        reader: Reader,
        first: int,
        after: str | None = None,
        bed_id: UUID | None = None,
        encounter_id: UUID | None = None,
    ) -> Connection[StayView]:
        """Stays by id, present and past, of a bed, an encounter or all that one may see."""
        rows = queries.stays(
            reader.session, reader.scopes, bed_id=bed_id, encounter_id=encounter_id,
            after=after_key(after), limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(
            rows, first, after, lambda row: StayView.of(row, reader.sight(row.scope, row.subject))
        )

    @query("request.read")
    def bed_requests(
        self,
        reader: Reader,
        hospital_id: UUID,
        first: int,
        after: str | None = None,
        states: list[RequestState] | None = None,
    ) -> Connection[RequestView]:
        """Who waits for a bed in a hospital; a ward sees those from it and for it."""
        rows = queries.open_requests(
            reader.session, reader.scopes, hospital_id, states=states or (),
            after=after_key(after), limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(rows, first, after, lambda row: _request(reader, row))

    @query("bed.read")
    def cleaning_tasks(
        self, reader: Reader, first: int, after: str | None = None, ward_id: UUID | None = None
    ) -> Connection[CleaningView]:
        """Open cleaning tasks in the order in which they came."""
        rows = queries.cleaning_tasks(
            reader.session, reader.scopes, ward_id=ward_id, after=after_key(after),
            limit=page_size(first) + 1,
        )  # fmt: skip
        return page_of(
            rows, first, after, lambda row: CleaningView.of(row, reader.sight(row.scope))
        )

    @query("bed.read")
    def waivers(self, reader: Reader, ward_id: UUID) -> list[WaiverView]:
        """The waivers of a ward that hold now."""
        rows = queries.waivers(reader.session, reader.scopes, ward_id, reader.now)
        return [WaiverView.of(row, reader.sight(row.scope)) for row in rows]


def _ward_topics(reader: Reader, ward_id: UUID, after: str | None = None) -> tuple[Topic, ...]:
    return (Topic(ward_in_reach(reader.session, reader.scopes, ward_id).scope),)


def _request_topics(
    reader: Reader, hospital_id: UUID, after: str | None = None
) -> tuple[Topic, ...]:
    hospital = hospital_in_reach(reader.session, reader.scopes, hospital_id)
    return (Topic(hospital.scope, REQUEST_EVENTS),)


@strawberry.type
class BedSubscriptions:
    @subscription("bed.read", topics=_ward_topics)
    def bed_board_changed(
        self, reader: Reader, ward_id: UUID, after: str | None = None
    ) -> BedBoardEvent:
        """A ward's board, now and after every change."""
        board = queries.bed_board(reader.session, reader.scopes, ward_id, reader.now)
        view = _board(reader, board)
        return BedBoardEvent(
            sight=view.sight, cursor=view.cursor or "", version=_version(board), board=view
        )

    @subscription("request.read", topics=_request_topics)
    def requests_changed(
        self, reader: Reader, hospital_id: UUID, after: str | None = None
    ) -> RequestsEvent:
        """Who waits for a bed in a hospital, now and after every change."""
        hospital = hospital_in_reach(reader.session, reader.scopes, hospital_id)
        rows = queries.open_requests(
            reader.session, reader.scopes, hospital.id, limit=NEWEST_REQUESTS + 1
        )
        return RequestsEvent(
            sight=reader.sight(hospital.scope),
            cursor=reader.context.app.feed.cursor(reader.session, hospital.id),
            requests=[_request(reader, row) for row in rows[:NEWEST_REQUESTS]],
            more=len(rows) > NEWEST_REQUESTS,
        )


@strawberry.type
class BedMutations(AdmissionMutations, RequestMutations, UpkeepMutations): ...


def _board(reader: Reader, board: Board) -> BoardView:
    scope = Scope(board.hospital_id, board.ward_id)
    stays = [bed.stay for bed in board.beds if bed.stay]
    reader.unlock(stay.subject for stay in stays)
    sights: dict[str, Sight] = {str(stay.id): reader.sight(scope, stay.subject) for stay in stays}
    live = board.source == LIVE
    cursor = reader.context.app.feed.cursor(reader.session, board.hospital_id) if live else None
    return BoardView.of(board, cursor, reader.sight(scope), sights)


def _version(board: Board) -> int:
    """Seconds since 2020 of the state that the board shows: never falls, an Int until 2088."""
    return int((board.as_of - VERSIONS_BEGIN).total_seconds())


def _request(reader: Reader, row: BedRequest) -> RequestView:
    return RequestView.of(row, reader.sight(row.scope, row.subject))
