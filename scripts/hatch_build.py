"""Puts the built screens into the wheel, where api/ looks for them: api/screens."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Screens(BuildHookInterface[Any]):
    """A wheel without screens is allowed: it serves GraphQL only, and the build says so."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatch before it packs."""
        built = Path(self.root, "web", "dist")
        if (built / "index.html").exists():
            build_data["force_include"][str(built)] = "api/screens"
        else:
            self.app.display_warning("web/dist is missing: this wheel has no screens")
