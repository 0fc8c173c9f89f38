"""What the pages say is there: links, commands, queries; and both READMEs say the same."""

import csv
import re
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest
from graphql import build_schema as parse_schema
from graphql import parse, validate

from api.schema import sdl

ROOT = Path(__file__).parents[2]
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
PAGES = (*READMES, *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/adr").glob("*.md")))
# A command stands in a block after the prompt, or in backticks; what is said of it does not count.
SHELL = re.compile(r"(?:scripts/|`(?![^`]*⏎))wardgrid ((?:[a-z][a-z0-9-]* ?)+)")
MAKE = re.compile(r"\bmake ([a-z]+)\b")
ADR_PARTS = ["Context", "Decision", "Consequences", "Alternatives", "Checks"]


def read(page: Path) -> str:
    return page.read_text("utf-8")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def prose(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchor(heading: str) -> str:
    """GitHub's name for a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@lru_cache
def words_of(*group: str) -> frozenset[str]:
    """The commands that the program's help lists."""
    told = subprocess.run(
        [sys.executable, "-m", "app.cli", *group, "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)},
    ).stdout  # fmt: skip
    listed = told.partition("Commands:")[2]
    return frozenset(re.findall(r"^  ([a-z][a-z0-9-]*)  ", listed, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", prose(read(page))):
        assert "://" not in target, "the pages need no network"
        file, _, part = target.partition("#")
        found = (page.parent / file).resolve() if file else page
        assert found.exists(), target
        if part:
            headings = re.findall(r"^#+ (.+)$", read(found), re.MULTILINE)
            assert part in [anchor(heading) for heading in headings], target


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    rooms = "api|app|audit|authz|docs|domain|gateways|kit|migrations|scripts|solvers|tests|web"
    for named in re.findall(rf"`((?:{rooms})/[\w./*-]+)`", read(page)):
        assert list(ROOT.glob(named.rstrip("/"))), named


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_test_that_is_named_is_there(page: Path) -> None:
    tests = "\n".join(read(file) for file in (ROOT / "tests").rglob("test_*.py"))
    for named in re.findall(r"`(test_[a-z0-9_]+)`", read(page)):
        assert f"def {named}(" in tests, named


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_that_is_named_exists(page: Path) -> None:
    for line in SHELL.findall(read(page)):
        word, *rest = line.split()
        assert word in words_of(), line
        if under := words_of(word):
            assert not rest or rest[0] in under, line


@pytest.mark.parametrize("page", READMES, ids=name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", read(ROOT / "Makefile"), re.MULTILINE))
    named = set(MAKE.findall(read(page)))
    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("page", READMES, ids=name)
def test_every_query_is_valid(page: Path) -> None:
    schema = parse_schema(sdl(), assume_valid=True)
    queries = blocks(read(page), "graphql")
    assert len(queries) >= 6
    for query in queries:
        assert validate(schema, parse(query)) == []


def test_both_readmes_have_the_same_shape() -> None:
    english, chinese = (read(page) for page in READMES)
    shapes = [re.findall(r"^(#+) ", prose(text), re.MULTILINE) for text in (english, chinese)]
    assert shapes[0] == shapes[1]
    assert blocks(english, "graphql") == blocks(chinese, "graphql")
    assert blocks(english, "json") == blocks(chinese, "json")
    links = [
        {target for target in re.findall(r"\]\(([^)]+)\)", text) if not target.startswith("README")}
        for text in (english, chinese)
    ]
    assert links[0] == links[1]


@pytest.mark.parametrize("page", READMES, ids=name)
def test_the_matrix_is_as_large_as_told(page: Path) -> None:
    with (ROOT / "tests/matrix/expected.csv").open(encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    roles, places = len(header) - 2, len({place for _, place, *_ in rows})
    cells, fields, *told = re.findall(
        r"[\d,]+(?= (?:cells|格))|\d+(?= (?:fields|places|roles|个操作|种位置|个角色))", read(page)
    )
    assert cells.replace(",", "") == str(len(rows) * roles)
    assert [fields, *told] == [str(len(rows) // places), str(places), str(roles)]


@pytest.mark.parametrize("page", sorted((ROOT / "docs/adr").glob("*.md")), ids=name)
def test_every_decision_names_a_check(page: Path) -> None:
    text = read(page)
    assert text.startswith(f"# {page.name[:4]} ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ADR_PARTS
    assert "`tests/" in text.partition("## Checks")[2]
