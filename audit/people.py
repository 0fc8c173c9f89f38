"""What a body is searched by besides its row's columns, read without parsing all of it: whom it
names (its actor and the persons concerned), and the purpose.

A body has its members in one order and one form (audit/form.py), and within a text a quote is
always escaped: so the first and the last of these marks are the members themselves.
"""

_ACTOR, _SUBJECTS, _ID = b'"actor":{"id":"', b'"subjects":[', 36
_PURPOSE = b'"purpose":"'


def people_of(body: bytes) -> set[str]:
    """Ids of the actor and of the subjects of a well-formed body."""
    actor = body.index(_ACTOR) + len(_ACTOR)
    first = body.rindex(_SUBJECTS) + len(_SUBJECTS)
    listed = body[first : body.index(b"]", first)].decode()
    return {body[actor : actor + _ID].decode(), *filter(None, listed.replace('"', "").split(","))}


def purpose_of(body: bytes) -> str:
    """The purpose that a well-formed body states; it may be empty."""
    first = body.index(_PURPOSE) + len(_PURPOSE)
    return body[first : body.index(b'"', first)].decode()
