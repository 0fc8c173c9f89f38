"""The policy names every action that the program asks about, and the page about it is current."""

import importlib
import pkgutil
from pathlib import Path

import domain
from authz.matrix import roles_page
from authz.shipped import shipped_policy
from kit.command import all_commands

ROOT = Path(__file__).parents[2]


def test_every_command_can_be_done_by_some_role() -> None:
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    allowed = {rule.action for rule in shipped_policy().rules if rule.eft == "allow"}

    commands = [one for one in all_commands() if one.__module__.startswith("domain.")]
    assert commands
    assert sorted({c.action for c in commands} - allowed) == []


def test_the_page_about_roles_is_current() -> None:
    page = (ROOT / "docs" / "roles.md").read_text("utf-8")

    assert page == roles_page(shipped_policy()), "run python -m authz.matrix > docs/roles.md"
