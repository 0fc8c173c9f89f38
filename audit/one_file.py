"""Packs the verifier into one file that any Python of version 3.11 or newer runs.

The same sources give the same bytes, so that its SHA-256 can be compared with one that was
published elsewhere: a verifier from the house that it judges proves nothing.
"""

import ast
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_BEGIN = "audit.verifier"
_WITH = ("audit/finding_texts.json",)
_MAIN = "import sys\n\nfrom audit.verifier import main\n\nsys.exit(main())\n"
_OUR_OWN = ("audit", "kit")
_TIME = (1980, 1, 1, 0, 0, 0)  # the same for every packing


def pack(target: Path) -> str:
    """Write the verifier to this file; its SHA-256 in hex."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "__main__.py", _MAIN.encode())
        for name in sorted({*(_file(module) for module in _modules(_BEGIN)), *_WITH}):
            _add(archive, name, (_ROOT / name).read_bytes())
    content = b"#!/usr/bin/env python3\n" + packed.getvalue()
    target.write_bytes(content)
    target.chmod(0o755)
    return sha256(content).hexdigest()


def _modules(begin: str) -> set[str]:
    """The module, all of ours that it imports, and their packages."""
    found: set[str] = set()
    waiting = [begin]
    while waiting:
        module = waiting.pop()
        if module in found or module.split(".")[0] not in _OUR_OWN:
            continue
        found |= {module}
        waiting += [module.rpartition(".")[0]] if "." in module else []
        tree = ast.parse((_ROOT / _file(module)).read_bytes())
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                waiting += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *_named(node)]
    return found


def _named(node: ast.ImportFrom) -> list[str]:
    """`from audit import form` names a module, `from audit.form import read` a function."""
    named = [f"{node.module}.{alias.name}" for alias in node.names]
    return [name for name in named if (_ROOT / f"{name.replace('.', '/')}.py").is_file()]


def _file(module: str) -> str:
    path = module.replace(".", "/")
    return f"{path}/__init__.py" if (_ROOT / path).is_dir() else f"{path}.py"


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    member = zipfile.ZipInfo(name, _TIME)
    member.external_attr = 0o644 << 16
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, content)
