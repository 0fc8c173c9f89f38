"""Checks Ed25519 signatures, also where there is nothing but Python's standard library.

The house has `cryptography` and uses it. The verifier that an outsider carries as one file has
not; it then follows RFC 8032, section 5.1.7, in plain integers. Only public values meet here, so
that the slow way keeps no secret. It needs some milliseconds a signature, of which a verification
has about a hundred.
"""

from hashlib import sha512

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # the one-file verifier
    Ed25519PublicKey = None  # type: ignore[assignment,misc] # asked for below

Point = tuple[int, int, int, int]  # extended coordinates: x = X/Z, y = Y/Z, xy = T/Z

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_ZERO: Point = (0, 1, 1, 0)


def signature_holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """True if the signature (64 bytes) of the message was made with this public key (32 bytes)."""
    if Ed25519PublicKey is None:
        return holds_in_plain_python(key, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def holds_in_plain_python(key: bytes, message: bytes, signature: bytes) -> bool:
    """The same without `cryptography`; a test holds the two together."""
    point = _point(key) if len(key) == 32 else None
    if point is None or len(signature) != 64:
        return False
    shown, scalar = signature[:32], int.from_bytes(signature[32:], "little")
    if scalar >= _ORDER:  # else one signature would have many forms
        return False
    challenge = int.from_bytes(sha512(shown + key + message).digest(), "little") % _ORDER
    x, y, z, t = point
    minus: Point = (_P - x, y, z, _P - t)
    return _bytes(_sum(_times(scalar, _BASE), _times(challenge, minus))) == shown


def _sum(one: Point, other: Point) -> Point:
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a, b = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    c, d = 2 * t1 * t2 * _D % _P, 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(count: int, point: Point) -> Point:
    result = _ZERO
    while count:
        if count & 1:
            result = _sum(result, point)
        point = _sum(point, point)
        count >>= 1
    return result


def _x_of(y: int, odd: int) -> int | None:
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P or (x == 0 and odd):
        return None
    return x if x & 1 == odd else _P - x


def _point(encoded: bytes) -> Point | None:
    number = int.from_bytes(encoded, "little")
    y, odd = number & (1 << 255) - 1, number >> 255
    x = _x_of(y, odd) if y < _P else None
    return None if x is None else (x, y, 1, x * y % _P)


def _bytes(point: Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, _P - 2, _P)
    x, y = x * inverse % _P, y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE_X = _x_of(_BASE_Y, 0) or 0
_BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)
