"""What a password must not be: common, known from a breach, or made of the house's own words.

Common ones: a list of ours, and the 30,000 most frequent passwords of public breaches that the
package zxcvbn carries (some 7,000 of them have 8 characters or more). Asked for by OWASP ASVS 5.0,
6.1.2, 6.2.4, 6.2.11 and 6.2.12.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from hashlib import sha1
from pathlib import Path

COMMON_FILE = Path(__file__).with_name("common_passwords.txt")
OWN_WORDS = ("wardgrid", "hospital", "password")
AROUND = "0123456789 !?.,;:-_*#@$%&+=/\\'\"()[]<>~^|`"  # put around a word, they hide nothing
_SHORTEST_WORD = 4  # characters; shorter ones are parts of many others
_LEAST_BESIDE = 6  # letters that must be left when the words of the house are taken out
_FEWEST_DIFFERENT = 5  # characters: "aaaaaaaaaaaaaaa" is long and worth nothing
_LINE = re.compile(rb"([0-9A-Fa-f]{40})(?::[0-9]+)?\r?")


@dataclass(frozen=True, slots=True)
class Unwanted:
    """What this house adds. `words`: of the hospital, its city, its systems. `breached`: a file of
    SHA-1 hashes in upper case, `HASH:COUNT` a line, sorted, as Have I Been Pwned gives them out."""

    words: tuple[str, ...] = ()
    breached: Path | None = None

    def easy(self, plain: str, login_name: str) -> bool:
        """True for what is guessed first, whoever guesses."""
        folded = plain.casefold()
        core = folded.strip(AROUND)
        return (
            not core
            or len(set(folded)) < _FEWEST_DIFFERENT
            or not {folded, core}.isdisjoint(_common())
            or _made_of(folded, {*OWN_WORDS, *self.words, *_parts(login_name)})
        )

    def leaked(self, plain: str) -> bool:
        """True where the file of the house knows the password. Raises OSError without the file."""
        if self.breached is None:
            return False
        wanted = sha1(plain.encode(), usedforsecurity=False).hexdigest().upper().encode()
        return _stands_in(self.breached, wanted)


def require_list(file: Path) -> None:
    """Raises ValueError where the file does not begin as a list of hashes does."""
    with file.open("rb") as lines:
        first = lines.readline(100).rstrip(b"\n")
    if not _LINE.fullmatch(first):
        raise ValueError(f"{file.name} is no list of SHA-1 hashes, one a line")


def _parts(login_name: str) -> list[str]:
    return [login_name, *re.split(r"[^\w]|_|[0-9]", login_name)]


def _made_of(folded: str, words: Collection[str]) -> bool:
    """True where hardly anything is left without the words."""
    left = folded
    for word in sorted({word.casefold() for word in words}, key=len, reverse=True):
        if len(word) >= _SHORTEST_WORD:
            left = left.replace(word, "")
    return left != folded and sum(one.isalpha() for one in left) < _LEAST_BESIDE


def _stands_in(file: Path, wanted: bytes) -> bool:
    """Halve the file until one line is left: some 35 reads among a billion."""
    with file.open("rb") as lines:
        low, high = 0, lines.seek(0, 2)
        while low < high:  # the line wanted begins in [low, high)
            middle = (low + high) // 2
            lines.seek(max(0, middle - 1))
            if middle:
                lines.readline()  # to the next beginning of a line
            begins = lines.tell()
            if begins >= high:
                high = middle
                continue
            found = lines.readline()[:40].upper()
            if found == wanted:
                return True
            if found < wanted:
                low = lines.tell()
            else:
                high = middle
    return False


@cache
def _common() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # 0.8 MB, only where a password is chosen

    lines = COMMON_FILE.read_text("utf-8").splitlines()
    ours = {line for line in lines if line and not line.startswith("#")}
    return frozenset(ours | set(FREQUENCY_LISTS["passwords"]))
