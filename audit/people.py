"""Whom a body names: its actor and the persons concerned, read without parsing all of it.

A body has its members in one order and one form (audit/form.py), and within a text a quote is
always escaped: so the first and the last of these marks are the members themselves.
"""

_ACTOR, _SUBJECTS, _ID = b'"actor":{"id":"', b'"subjects":[', 36


def people_of(body: bytes) -> set[str]:
    """Ids of the actor and of the subjects of a well-formed body."""
    actor = body.index(_ACTOR) + len(_ACTOR)
    first = body.rindex(_SUBJECTS) + len(_SUBJECTS)
    listed = body[first : body.index(b"]", first)].decode()
    return {body[actor : actor + _ID].decode(), *filter(None, listed.replace('"', "").split(","))}
