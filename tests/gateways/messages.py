"""Messages for tests, written the way a sender writes them."""

MSH = "MSH|^~\\&|HIS|GH|WARDGRID|GH|{sent}||{kind}|{control}|P|2.5"
SHANGHAI = "Asia/Shanghai"


def message(
    kind: str,
    *segments: str,
    control: str = "C1",
    sent: str = "20260301080000+0800",
    charset: str = "",
) -> str:
    """One message; `charset` goes into MSH-18."""
    head = MSH.format(sent=sent, kind=kind, control=control)
    return "\r".join((head + (f"||||||{charset}" if charset else ""), *segments))


def pid(number: str = "P1", name: str = "LI^NA", account: str = "") -> str:
    return f"PID|1||{number}^^^GH^MR||{name}||19800102|F||||||||||{account}"


def pv1(at: str = "W1^R1^B1", *, visit: str = "V1", kind: str = "I", was: str = "") -> str:
    return f"PV1|1|{kind}|{at}|||{was}|||||||||||||{visit}"


def evn(at: str = "20260301080000+0800", trigger: str = "") -> str:
    return f"EVN|{trigger}|{at}||||{at}"
