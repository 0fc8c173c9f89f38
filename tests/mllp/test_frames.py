"""Where a message begins and ends on the wire."""

from hypothesis import given
from hypothesis import strategies as st

from gateways.mllp_frames import Frames, framed


def bodies(*chunks: bytes, limit: int = 1000) -> list[bytes]:
    frames = Frames(limit)
    return [frame.body for chunk in chunks for frame in frames.feed(chunk)]


def test_one_message_and_several_in_one_chunk() -> None:
    assert bodies(framed(b"MSH|a")) == [b"MSH|a"]
    assert bodies(framed(b"one") + framed(b"two") + framed(b"")) == [b"one", b"two", b""]


def test_garbage_between_frames_is_counted_and_dropped() -> None:
    frames = Frames()
    told = [f.body for f in frames.feed(b"hello\r\n" + framed(b"one") + b"xyz" + framed(b"two"))]
    assert (told, frames.garbage, frames.broken) == ([b"one", b"two"], 8, 0)


def test_blank_line_ends_between_frames_are_no_garbage() -> None:
    frames = Frames()
    assert [f.body for f in frames.feed(framed(b"one") + b"\r\n" + framed(b"two"))] == [
        b"one", b"two",
    ]  # fmt: skip
    assert frames.garbage == 0


def test_a_start_within_a_frame_drops_what_can_never_end() -> None:
    frames = Frames()
    assert [f.body for f in frames.feed(b"\x0bhalf a mess" + framed(b"whole"))] == [b"whole"]
    assert frames.broken == 1


def test_an_end_mark_with_a_line_feed_ends_a_message_too() -> None:
    assert bodies(b"\x0bMSH|a\nPID|b\x1c\n" + framed(b"two")) == [b"MSH|a\nPID|b", b"two"]


def test_a_file_separator_alone_belongs_to_the_text() -> None:
    assert bodies(b"\x0ba\x1cb\x1c\r") == [b"a\x1cb"]


def test_a_message_at_the_limit_passes_and_one_byte_more_does_not() -> None:
    frames = Frames(5)
    told = list(frames.feed(framed(b"12345")))
    assert [(f.body, f.oversized) for f in told] == [(b"12345", False)]
    told = list(Frames(5).feed(framed(b"123456")))
    assert [(f.body, f.oversized) for f in told] == [(b"123456", True)]


def test_an_endless_message_ends_at_the_limit() -> None:
    frames = Frames(100)
    told = [f for _ in range(50) for f in frames.feed(b"\x0b" + b"x" * 40 if _ == 0 else b"x" * 40)]
    assert told[0].oversized
    assert len(told[0].body) == 101


@given(
    st.lists(st.binary(max_size=40).filter(lambda b: not set(b) & {0x0B, 0x1C}), max_size=6),
    st.integers(min_value=1, max_value=7),
)
def test_how_the_network_cuts_the_stream_makes_no_difference(sent: list[bytes], size: int) -> None:
    stream = b"".join(map(framed, sent))
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert bodies(*chunks) == sent
