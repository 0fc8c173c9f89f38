"""A report as a page for people who are no engineers: one file, English or Chinese, no script.

Whatever comes from the export is text in ASCII here: no letter of it can act as markup or turn the
direction of reading.
"""

import json
import pkgutil
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import Literal

from audit.report import Finding, Report, Result

Word = Callable[[str], str]
Language = Literal["en", "zh"]

_VERDICTS = {
    Result.PASS: ("PASS", "通过", "Nothing was changed, removed, added or moved.",
                  "未发现任何更改、删除、添加或移动。"),
    Result.FAIL: ("FAIL", "未通过", "The record is not what was signed. Keep this export and the"
                  " checkpoints, and tell the privacy officer and the other hospitals.",
                  "记录与签名内容不符。请保留此导出与检查点，并通知隐私官及其他医院。"),
    Result.INCOMPLETE: ("INCOMPLETE", "不完整", "Nothing is known to be wrong, but not everything"
                        " could be looked at.", "未发现错误，但并非所有内容都可检查。"),
}  # fmt: skip
_WORDS = {
    "title": ("Verification of the record", "记录校验报告"),
    "log": ("Log", "日志"),
    "leaves": ("Entries in the log", "日志条目数"),
    "read": ("Read and judged", "已阅读并判断"),
    "withheld": ("Shown as fingerprints only", "仅显示指纹"),
    "pruned": ("Pruned after their retention, on record", "保留期满后按记录清理"),
    "kept": ("Compared with kept checkpoints over", "与所保存检查点比对（覆盖条目数）"),
    "none": ("none: a rollback would not show", "无：回滚将无法发现"),
    "root": ("Fingerprint of the whole log", "整个日志的指纹"),
    "first": ("First bad entry", "第一个有问题的条目"),
    "at": ("entry", "条目"),
    "between": ("entries {} to {}", "条目 {} 至 {}"),
    "findings": ("What was found", "发现的问题"),
    "restores": ("Restores from a backup", "从备份恢复"),
    "restored": ("to {} entries, at {}, approved by {}", "恢复至 {} 条，时间 {}，批准人 {}"),
    "made": ("Page made", "页面生成于"),
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}"
    "h1{font-size:1.4rem}.PASS{border-left:.5rem solid #1a7f37}.FAIL{border-left:.5rem solid"
    " #b42318}.INCOMPLETE{border-left:.5rem solid #9a6700}.verdict{padding:.5rem 1rem}"
    "dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}li{margin-bottom:.75rem}"
    "code{font-size:.85em}"
)


def finding_texts() -> dict[str, tuple[str, str]]:
    """What each code of a finding means to its reader: English, Chinese."""
    content = pkgutil.get_data("audit", "finding_texts.json")  # also from within a zip
    return {code: (en, zh) for code, (en, zh) in json.loads(content or b"{}").items()}


def page(report: Report, language: Language, at: datetime) -> str:
    """The whole page, HTML. `at` is when it was made, aware."""
    turn = 0 if language == "en" else 1

    def word(name: str) -> str:
        return _WORDS[name][turn]

    verdict = _VERDICTS[report.result]
    title = word("title")
    return "\n".join([
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">",
        f"<title>{title}</title><style>{_STYLE}</style>",
        f'<h1>{title}</h1><div class="verdict {report.result.name}">',
        f"<h2>{verdict[turn]}</h2><p>{verdict[2 + turn]}</p></div><dl>",
        *_facts(report, word),
        "</dl>",
        *_restores(report, word),
        *_findings(report, word, turn),
        f"<p>{word('made')} {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC</p></html>",
        "",
    ])  # fmt: skip


def _facts(report: Report, word: Word) -> list[str]:
    facts = {
        "log": _plain(report.log), "leaves": str(report.size), "read": str(report.entries),
        "withheld": str(report.withheld),
        "pruned": str(report.pruned),
        "kept": ", ".join(map(str, report.compared_with)) or word("none"),
        "root": f"<code>{_plain(report.root)}</code>",
    }  # fmt: skip
    if report.first_bad_index is not None:
        facts["first"] = str(report.first_bad_index)
    return [f"<dt>{word(name)}</dt><dd>{value}</dd>" for name, value in facts.items()]


def _restores(report: Report, word: Word) -> list[str]:
    if not report.epochs:
        return []
    told = [
        word("restored").format(
            epoch.first, _plain(epoch.at), " + ".join(map(_plain, epoch.approved))
        )
        for epoch in report.epochs
    ]
    return [f"<h2>{word('restores')}</h2><ul>", *(f"<li>{each}</li>" for each in told), "</ul>"]


def _findings(report: Report, word: Word, turn: int) -> list[str]:
    if not report.findings:
        return []
    texts = finding_texts()

    def one(finding: Finding) -> str:
        where = ""
        if finding.between:
            where = f" ({word('between').format(*finding.between)})"
        elif finding.index is not None:
            where = f" ({word('at')} {finding.index})"
        meaning = texts.get(finding.code, ("", ""))[turn]
        return (
            f"<li><strong>{_plain(finding.code)}</strong>{where}: {meaning}"
            f" <code>{_plain(finding.text)}</code></li>"
        )

    listed = [one(finding) for finding in report.findings]
    return [f"<h2>{word('findings')} ({len(listed)})</h2><ol>", *listed, "</ol>"]


def _plain(text: str) -> str:
    return escape(ascii(text)[1:-1])
