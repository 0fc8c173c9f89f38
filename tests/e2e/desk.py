"""A person at a desk, who works on the ward through GraphQL while somebody watches the screen."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.seeded_ward import Ward

LOGIN = """mutation($n: String!, $p: String!) { login(loginName: $n, password: $p) {
  ... on Tokens { accessToken } ... on Problem { reason } } }"""
BLOCK = """mutation($bed: UUID!, $key: String!) {
  blockBedForLong(bedId: $bed, reason: REPAIR, idempotencyKey: $key) {
    ... on BedBlock { id } ... on Problem { reason message } } }"""
BOARD = "query($w: UUID!) { bedBoard(wardId: $w) { beds { id code } } }"
ISSUE = """mutation($w: UUID!, $key: String!) {
  issueScreenToken(wardId: $w, title: "Office", idempotencyKey: $key) {
    ... on IssuedToken { id token } ... on Problem { reason message } } }"""
ALARMS = """query($w: UUID!) { alarms(wardId: $w, first: 1, states: [OPEN],
  severity: CRITICAL) { nodes { id } } }"""
ACKNOWLEDGE = """mutation($alarm: UUID!, $key: String!) {
  acknowledgeAlarm(alarmId: $alarm, idempotencyKey: $key) {
    ... on Alarm { state } ... on Problem { reason message } } }"""
REVOKE = """mutation($id: UUID!, $key: String!) {
  revokeToken(tokenId: $id, idempotencyKey: $key) {
    __typename ... on Problem { reason message } } }"""


@dataclass
class Desk:
    """Logged in when first needed; the session is the desk's own."""

    address: str
    ward: Ward
    _token: str | None = None
    _sent: int = 0

    def block_a_bed(self) -> str:
        """Take a ready bed out of service. Returns its code."""
        code = self.ward.free.pop()
        beds = self._ask(BOARD, w=str(self.ward.id))["bedBoard"]["beds"]
        bed = next(bed["id"] for bed in beds if bed["code"] == code)
        self._do("blockBedForLong", BLOCK, bed=bed)
        return code

    def acknowledge_the_worst(self) -> None:
        (worst,) = self._ask(ALARMS, w=str(self.ward.id))["alarms"]["nodes"]
        self._do("acknowledgeAlarm", ACKNOWLEDGE, alarm=worst["id"])

    def issue_key(self) -> tuple[str, str]:
        """A key for one more screen: its id and the key."""
        issued = self._do("issueScreenToken", ISSUE, w=str(self.ward.id))
        return issued["id"], issued["token"]

    def revoke_key(self, key: str) -> None:
        self._do("revokeToken", REVOKE, id=key)

    def _do(self, field: str, mutation: str, **variables: Any) -> Any:
        self._sent += 1
        answer = self._ask(mutation, key=f"desk-{self._sent}", **variables)[field]
        assert "reason" not in answer, answer
        return answer

    def _ask(self, query: str, **variables: Any) -> dict[str, Any]:
        if self._token is None:
            proof = {"n": self.ward.nurse, "p": self.ward.password}
            self._token = self._send(LOGIN, proof)["login"]["accessToken"]
        return self._send(query, variables, {"authorization": f"Bearer {self._token}"})

    def _send(
        self, query: str, variables: dict[str, Any], headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        body = {"query": query, "variables": variables}
        got = httpx.post(f"{self.address}/graphql", json=body, headers=headers, timeout=30).json()
        assert "errors" not in got, got
        data: dict[str, Any] = got["data"]
        return data
