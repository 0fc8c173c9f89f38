"""`wardgrid`: the command line. A group is imported when it is called, so that help is quick."""

import importlib
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

_GROUPS = {
    "init": "Make a data folder with its keys.",
    "serve": "Serve GraphQL, the live feed and the screens until SIGTERM.",
    "demo": "Run a simulated city, or check the main job headless.",
    "migrate": "Bring the database to the newest revision.",
    "user": "Accounts, roles and screens.",
    "keys": "Keys of the sealed fields, tokens and the ledger.",
    "ledger": "Verify, export, sign and prove the audit ledger.",
    "backup": "Make, list and rehearse backups.",
    "restore": "Restore a backup to a new place.",
    "witness": "Cosign the checkpoints of other houses' ledgers.",
    "import": "Read HL7 messages or a file of ward stays.",
    "mqtt": "Set up an MQTT broker that knows the devices.",
    "ingest": "What waits at the doors; systems that send, and that are told.",
    "rules": "Alarm rules as YAML: check, import as drafts, export.",
    "plan": "Look back at bed plans.",
    "forecast": "Forecast any daily or hourly CSV of counts, beside two baselines.",
}


class _Lazy(TyperGroup):
    """Knows each group's name and help; imports app.cli_<name> only to run it."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(_GROUPS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        summary = _GROUPS.get(cmd_name)
        return None if summary is None else TyperCommand(cmd_name, help=summary)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, stub, rest = super().resolve_command(ctx, args)
        if name not in _GROUPS:
            return name, stub, rest
        module = importlib.import_module(f"app.cli_{name}")
        return name, typer.main.get_command(module.app), rest


app = typer.Typer(
    cls=_Lazy,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="See and place a hospital's beds; prove who decided what.",
)


@app.callback()
def _root() -> None:
    """See and place a hospital's beds; prove who decided what."""


def main() -> None:
    """The entry point of the program `wardgrid`."""
    app()


if __name__ == "__main__":
    main()
