"""The schema's history is one line of dated files that anyone can follow."""

import re
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

ROOT = Path(__file__).parents[2]
STEPS = ScriptDirectory.from_config(Config(ROOT / "alembic.ini"))


def test_the_history_is_one_line_with_one_head() -> None:
    assert len(STEPS.get_heads()) == 1
    steps = list(STEPS.walk_revisions())
    assert [step.revision for step in steps if step.is_branch_point or step.is_merge_point] == []
    files = {path.name for path in (ROOT / "migrations/versions").glob("*.py")}
    assert {Path(step.path).name for step in steps} == files - {"__init__.py"}


def test_each_file_is_named_by_day_and_idea_and_says_what_it_does() -> None:
    for step in STEPS.walk_revisions():
        assert re.fullmatch(r"\d{4}_\d\d_\d\d_[a-z0-9_]+\.py", Path(step.path).name)
        assert step.doc.endswith(".")
