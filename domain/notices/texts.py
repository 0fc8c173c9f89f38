"""From facts to text. A template knows a closed list of fields and nothing else.

`{address}`, `{secret}`, `{text.__class__}` or a format such as `{text!r}` are refused when the
template is stored, and the facts hold nothing that a mail must not say.
"""

import re
import unicodedata
from string import Formatter

from domain.notices.words import BREAK_GLASS, ROSTER, Facts, Language
from kit.errors import Invalid

FIELDS = ("hospital", "ward", "bed", "severity", "text", "time", "alarm", "event", "count")
LONGEST_TEMPLATE = 500  # characters
LONGEST_BODY = 2000
LONGEST_SUBJECT = 120

_SEVERITIES = {
    Language.ZH: {"LOW": "低", "MEDIUM": "中", "HIGH": "高", "CRITICAL": "危急"},
    Language.EN: {"LOW": "Low", "MEDIUM": "Medium", "HIGH": "High", "CRITICAL": "CRITICAL"},
}
_EVENTS = {
    Language.ZH: {
        "OPENED": "新报警", "ACK_TIMED_OUT": "确认超时", "ESCALATED": "升级", "TEST": "测试",
        "RE_ALARMED": "再次报警", "UNSHELVED": "搁置结束", "FLOODED": "报警过多",
    },
    Language.EN: {
        "OPENED": "new alarm", "ACK_TIMED_OUT": "acknowledgement timed out", "TEST": "test",
        "ESCALATED": "escalated", "RE_ALARMED": "alarm again", "UNSHELVED": "back from the shelf",
        "FLOODED": "many alarms",
    },
}  # fmt: skip
_TEMPLATES = {
    Language.ZH: "【{severity}】{hospital} {ward} {bed}:{text}\n{event},{time}\n报警编号 {alarm}\n"
    "请登录系统查看并确认。本通知为辅助信息,不代替设备报警。",
    Language.EN: "[{severity}] {hospital} {ward} {bed}: {text}\n{event}, {time}\nalarm {alarm}\n"
    "Log in to see and acknowledge it. This is secondary information and replaces no device's"
    " own alarm.",
}
_ROSTERS = {
    Language.ZH: "{hospital} {ward}:{text}\n{time}\n请登录系统查看。",
    Language.EN: "{hospital} {ward}: {text}\n{time}\nLog in to see it.",
}
_BREAK_GLASS = {
    Language.ZH: "{hospital}:{text}\n{time}\n请登录系统查看并审核。",
    Language.EN: "{hospital}: {text}\n{time}\nLog in to see and judge it.",
}
_TRIAL = "{text}\n{time}"
_SUBJECT = "[{severity}] {ward} {bed} {text}"
_ROSTER_SUBJECT = "{ward} {text}"
_SPACES = re.compile(r"[ \t]+")


def require_template(template: str) -> str:
    """The template. Raises Invalid where it asks for anything but the known fields."""
    if not 0 < len(template) <= LONGEST_TEMPLATE:
        raise Invalid(f"a template has 1 to {LONGEST_TEMPLATE} characters", field="template")
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        raise Invalid("a brace is open; write {{ for a brace itself", field="template",
                      reason="TEMPLATE_FIELD", allowed=FIELDS) from None  # fmt: skip
    for _, name, form, conversion in parts:
        if name is not None and (name not in FIELDS or form or conversion):
            raise Invalid("a template knows these fields only", reason="TEMPLATE_FIELD",
                          field="template", allowed=FIELDS)  # fmt: skip
    return template


def body(facts: Facts, language: Language, template: str | None = None) -> str:
    """The notice as plain text, by the template or the house's own."""
    filled = (template or _own_template(facts, language)).format_map(_values(facts, language))
    lines = (_SPACES.sub(" ", line).strip() for line in filled.splitlines())
    return "\n".join(lines)[:LONGEST_BODY]


def subject(facts: Facts, language: Language) -> str:
    """One line for a mail's subject."""
    if facts.kind == ROSTER:
        form = _ROSTER_SUBJECT
    else:
        form = "{text}" if facts.alarm_id is None else _SUBJECT
    filled = form.format_map(_values(facts, language))
    return _SPACES.sub(" ", filled).strip()[:LONGEST_SUBJECT]


def _own_template(facts: Facts, language: Language) -> str:
    if facts.kind == ROSTER:
        return _ROSTERS[language]
    if facts.kind == BREAK_GLASS:
        return _BREAK_GLASS[language]
    return _TRIAL if facts.alarm_id is None else _TEMPLATES[language]


def _values(facts: Facts, language: Language) -> dict[str, str]:
    told = _EVENTS[language].get(facts.event, facts.event)
    return {
        "hospital": one_line(facts.hospital), "ward": one_line(facts.ward),
        "bed": one_line(facts.bed), "text": one_line(facts.text), "time": facts.time,
        "severity": _SEVERITIES[language].get(facts.severity, facts.severity),
        "alarm": "-" if facts.alarm_id is None else str(facts.alarm_id),
        "event": f"{told} × {facts.count}" if facts.count > 1 else told,
        "count": str(facts.count),
    }  # fmt: skip


def one_line(text: str) -> str:
    """Every control character and line separator becomes a space: nobody gets a second header."""
    return "".join(" " if unicodedata.category(mark)[0] in "CZ" else mark for mark in text)
