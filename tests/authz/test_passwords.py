"""Passwords: hashed beside the loop, compared alike for nobody, chosen with care."""

import asyncio
import threading
from hashlib import sha1
from pathlib import Path

import pytest

from authz.password_lists import Unwanted, _common, require_list
from authz.passwords import (
    LONGEST,
    SHORTEST_WITH_TOTP,
    Cost,
    Passwords,
    Verdict,
    require_good,
)
from kit.errors import Invalid, Retry

CHEAP = Cost(memory_kib=8, passes=1)
SENTENCE = "seven quiet wards at dawn"


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(CHEAP, workers=1)


def test_the_default_cost_is_owasps() -> None:
    default = Passwords(workers=1)

    assert default.hash_here(SENTENCE).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_right_password_and_no_other(passwords: Passwords) -> None:
    stored = passwords.hash_here(SENTENCE)

    async def both() -> list[Verdict]:
        return [await passwords.verify(text, stored) for text in (SENTENCE, SENTENCE + ".")]

    assert asyncio.run(both()) == [Verdict(True), Verdict(False)]


def test_another_keyboards_form_of_the_password_is_the_same(passwords: Passwords) -> None:
    stored = passwords.hash_here("Ｃafé ﬁne ward nine")

    assert passwords.verify_here("Café fine ward nine", stored).right


def test_nobody_has_a_password_and_a_broken_hash_is_none(passwords: Passwords) -> None:
    assert passwords.verify_here(SENTENCE, None) == Verdict(False)
    assert passwords.verify_here(SENTENCE, "$argon2id$broken") == Verdict(False)


def test_an_endless_password_is_cut_before_it_costs(passwords: Passwords) -> None:
    stored = passwords.hash_here("x" * 128)

    assert passwords.verify_here("x" * 128, stored).right
    assert not passwords.verify_here("x" * 1_000_000, stored).right


def test_a_hash_of_an_older_cost_is_made_anew(passwords: Passwords) -> None:
    stored = Passwords(Cost(memory_kib=16, passes=1), workers=1).hash_here(SENTENCE)

    verdict = passwords.verify_here(SENTENCE, stored)

    assert verdict.right
    assert verdict.rehashed is not None
    assert passwords.verify_here(SENTENCE, verdict.rehashed) == Verdict(True)


def test_more_than_the_queue_holds_is_sent_away_and_the_rest_is_served() -> None:
    passwords = Passwords(CHEAP, workers=1, queue=8)
    gate = threading.Event()

    async def crowd() -> list[object]:
        blocker = passwords._submit(gate.wait)
        asked = [asyncio.create_task(passwords.hash(SENTENCE)) for _ in range(12)]
        await asyncio.sleep(0)
        gate.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        await asyncio.wrap_future(blocker)
        return list(answers)

    answers = asyncio.run(crowd())

    busy = [answer for answer in answers if isinstance(answer, Retry)]
    assert [answer.reason for answer in busy] == ["BUSY"] * 4
    assert sum(isinstance(answer, str) for answer in answers) == 8
    assert asyncio.run(passwords.hash(SENTENCE))  # the places came back
    passwords.close()


@pytest.mark.parametrize(
    ("password", "totp", "reason"),
    [
        ("fourteen chars", False, "PASSWORD_LENGTH"),
        ("seven77", True, "PASSWORD_LENGTH"),
        ("x1y2z3" * 22, False, "PASSWORD_LENGTH"),
        ("Password12345678", False, "PASSWORD_COMMON"),
        ("  qwertyuiop!!!!", False, "PASSWORD_COMMON"),
        ("correct horse battery staple", False, "PASSWORD_COMMON"),
        ("aaaaaaaaaaaaaaaaaaaa", False, "PASSWORD_COMMON"),
        ("2026112220261122!", False, "PASSWORD_COMMON"),
        ("mia.wang-ward-9000", False, "PASSWORD_COMMON"),
        ("wang.wang.wang.2026", False, "PASSWORD_COMMON"),
        ("Wardgrid-wardgrid-1", False, "PASSWORD_COMMON"),
        ("butterfly", True, "PASSWORD_COMMON"),
        ("!butterfly2026", True, "PASSWORD_COMMON"),
    ],
)
def test_a_short_or_guessable_password_is_refused(password: str, totp: bool, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        require_good(password, login_name="mia.wang-ward", totp=totp)

    assert (refused.value.reason, refused.value.field) == (reason, "password")
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    ("password", "totp"),
    [
        (SENTENCE, False),
        ("七个安静的病房在黎明时分醒来了呀", False),
        ("ward dawn", True),
        ("aB3$kfj2", True),
    ],
)
def test_a_long_password_of_any_characters_is_good(password: str, totp: bool) -> None:
    require_good(password, login_name="mia.wang", totp=totp)


def test_the_house_s_own_words_make_no_password_and_may_stand_in_a_sentence() -> None:
    house = Unwanted(words=("Ruijin", "Nanyuan"))
    with pytest.raises(Invalid, match="easy to guess"):
        require_good("RuijinNanyuan2026", login_name="mia", totp=False, unwanted=house)
    require_good("RuijinNanyuan2026", login_name="mia", totp=False)
    require_good("tea at Ruijin with two friends", login_name="mia", totp=False, unwanted=house)


def test_more_than_three_thousand_common_passwords_match_the_policy() -> None:
    """ASVS 6.2.4 asks for the top 3,000 that are long enough."""
    assert sum(SHORTEST_WITH_TOTP <= len(one) <= LONGEST for one in _common()) > 10_000


@pytest.mark.parametrize("size", [0, 1, 2, 3, 8, 199])
def test_a_password_of_a_breach_is_found_wherever_it_stands(tmp_path: Path, size: int) -> None:
    known = [f"a published sentence, number {number}" for number in range(size)]
    lines = sorted(
        f"{sha1(one.encode(), usedforsecurity=False).hexdigest().upper()}:{len(one)}"
        for one in known
    )
    file = tmp_path / "breached"
    file.write_bytes("".join(f"{line}\r\n" for line in lines).encode())
    house = Unwanted(breached=file)
    assert [house.leaked(one) for one in known] == [True] * size
    assert [house.leaked(f"{one}!") for one in known] == [False] * size
    for one in known[:1]:
        with pytest.raises(Invalid) as refused:
            require_good(one, login_name="mia", totp=False, unwanted=house)
        assert refused.value.reason == "PASSWORD_BREACHED"


def test_a_file_that_is_no_list_of_hashes_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "breached").write_text("password\n")
    with pytest.raises(ValueError, match="breached is no list of SHA-1 hashes, one a line"):
        require_list(tmp_path / "breached")
