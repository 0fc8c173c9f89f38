"""Which media type an answer has, and whether a body may be read at all (RFC 9110, 12.5.1)."""

from dataclasses import dataclass, field

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
OFFERED = (GRAPHQL, JSON)


@dataclass(slots=True)
class HttpProblem(Exception):
    """A request that HTTP already answers: no document of it was looked at."""

    status: int
    code: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)


def answer_type(accept: str | None) -> str:
    """The media type to answer with. Raises 406 where the client takes none of ours.

    Only a client that names `application/graphql-response+json` gets it: it is what tells
    that the client understands the status codes that belong to it.
    """
    if not accept or not accept.strip():
        return JSON
    wanted = _ranges(accept)
    if GRAPHQL in wanted and wanted[GRAPHQL] >= wanted.get(JSON, 0) and wanted[GRAPHQL] > 0:
        return GRAPHQL
    if wanted.get(JSON, wanted.get("application/*", wanted.get("*/*", 0))) > 0:
        return JSON
    if wanted.get(GRAPHQL, 0) > 0:
        return GRAPHQL
    raise HttpProblem(406, "NOT_ACCEPTABLE", f"answers come as {GRAPHQL} or {JSON}")


def require_json(content_type: str | None, content_encoding: str | None) -> None:
    """Raise 415 unless the body is plain UTF-8 JSON."""
    kind, charset = _content(content_type or "")
    if kind != JSON:
        raise HttpProblem(415, "UNSUPPORTED_MEDIA_TYPE", f"send {JSON}")
    if charset not in ("", "utf-8", "utf8"):
        raise HttpProblem(415, "UNSUPPORTED_CHARSET", "send UTF-8")
    if content_encoding and content_encoding.strip().lower() != "identity":
        raise HttpProblem(415, "UNSUPPORTED_ENCODING", "send the body without Content-Encoding")


def _content(header: str) -> tuple[str, str]:
    kind, *parameters = (part.strip() for part in header.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return kind.lower(), value.strip().strip('"').lower()
    return kind.lower(), ""


def _ranges(accept: str) -> dict[str, float]:
    """Quality by media range. Of two values for one range the higher counts."""
    found: dict[str, float] = {}
    for part in accept.split(","):
        kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if all(_utf8(parameter) for parameter in parameters):
            found[kind] = max(found.get(kind, 0.0), _quality(parameters))
    return found


def _utf8(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    return name.strip() != "charset" or value.strip().strip('"') in ("utf-8", "utf8")


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(1.0, max(0.0, float(value)))
            except ValueError:
                return 0.0
    return 1.0
