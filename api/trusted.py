"""The allow-list: documents that screens and apps may send by their SHA-256 alone."""

from pathlib import Path

FOLDER = Path(__file__).with_name("operations")


def trusted_operations() -> dict[str, str]:
    """Name → text, byte for byte as the file has it: the digest is of these bytes."""
    return {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.graphql"))}
