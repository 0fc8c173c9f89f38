"""What the production profile refuses of the settings for notices."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from app.settings import Settings

CHANNELS = ("webhook", "wecom", "dingtalk", "feishu")  # e-mail is on where there is a relay


def notice_problems(settings: "Settings", *, relay_is_here: bool) -> list[str]:
    """Each as a sentence; `relay_is_here`: the mail relay is this machine."""
    problems = [
        f"notice_channels knows {', '.join(CHANNELS)}, not {one}"
        for one in settings.notice_channels
        if one not in CHANNELS
    ]
    if settings.notice_targets_inside:
        problems.append("notice_targets_inside lets people reach this network (tests only)")
    if settings.smtp_host is not None:
        if settings.smtp_from is None:
            problems.append("smtp_host needs smtp_from, the address that notices come from")
        if settings.smtp_tls == "none" and not relay_is_here:
            problems.append("mail would leave this machine without TLS (smtp_tls)")
    if settings.daily_note_to and (
        settings.smtp_host is None or settings.daily_note_folder is None
    ):
        problems.append("daily_note_to needs daily_note_folder and a mail relay (smtp_host)")
    if (settings.smtp_username is None) != (settings.smtp_password is None):
        problems.append("smtp_username and smtp_password belong together")
    dead_man = settings.dead_man_url
    if dead_man is not None and urlsplit(dead_man.get_secret_value()).scheme != "https":
        problems.append("dead_man_url is not https")
    return problems
