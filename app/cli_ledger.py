"""`wardgrid ledger`: verify an export anywhere; export, sign and prove where the database is."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli_entries import entries
from app.cli_house import house, read_settings, somebody_signs
from app.cli_options import DataFolder, group, settings_of, stop
from app.cli_people import epoch_told, kept_note, two_people

app = group("Verify, export, sign and prove the audit ledger.")
app.command()(entries)


_ELSEWHERE = {"ignore_unknown_options": True, "allow_extra_args": True}


@app.command(add_help_option=False, context_settings=_ELSEWHERE)
def verify(context: typer.Context) -> None:
    """Judge an export offline: 0 PASS, 1 FAIL, 2 INCOMPLETE. Needs no database and no secret."""
    from audit.verifier import main

    raise typer.Exit(main(["verify", *context.args]))


@app.command("verify-segments", add_help_option=False, context_settings=_ELSEWHERE)
def verify_segments(context: typer.Context) -> None:
    """Judge segments offline, one alone or several that follow each other."""
    from audit.verifier import main

    raise typer.Exit(main(["verify-segments", *context.args]))


@app.command("check-proof", add_help_option=False, context_settings=_ELSEWHERE)
def check(context: typer.Context) -> None:
    """Check one entry against its proof, offline."""
    from audit.verifier import main

    raise typer.Exit(main(["check-proof", *context.args]))


@app.command()
def verifier(
    file: Annotated[Path, typer.Argument(help="Where to write it, e.g. wardgrid-verifier.pyz.")],
) -> None:
    """Write the verifier as one file for outsiders: it needs Python and nothing else."""
    from audit.one_file import pack

    typer.echo(f"{pack(file)}  {file}")


@app.command()
def export(
    data: DataFolder,
    folder: Annotated[Path, typer.Argument(help="Where to write; an export there is replaced.")],
    first: Annotated[int, typer.Option(help="First leaf shown.")] = 0,
    end: Annotated[int | None, typer.Option(help="First leaf no longer shown.")] = None,
) -> None:
    """Write the log up to its newest checkpoint."""
    from app.wiring import ledger_signer
    from audit.export import ExportRefused, export_ledger

    settings, keys, engine = read_settings(data)
    try:
        manifest = export_ledger(
            engine, folder, ledger_signer(settings, keys).verifier, first=first, end=end
        )
    except ExportRefused as refused:
        stop(str(refused))
    finally:
        engine.dispose()
    typer.echo(f"exported {manifest.size} leaves of {manifest.log} to {folder}")


@app.command()
def checkpoint(data: DataFolder) -> None:
    """Sign what was committed since, where no server does, and print the note to keep elsewhere."""
    from audit.export import ExportRefused, newest_checkpoint

    settings, _, engine = read_settings(data)
    engine.dispose()
    if not somebody_signs(settings):
        with house(data):
            pass  # a program that stops signs what was committed
    engine = read_settings(data)[2]
    try:
        typer.echo(newest_checkpoint(engine), nl=False)
    except ExportRefused as refused:
        stop(str(refused))
    finally:
        engine.dispose()


@app.command()
def inspect(
    data: DataFolder,
    kept: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that was kept elsewhere.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Findings as JSON.")] = False,
) -> None:
    """Judge the database itself: log, triggers, projections, and the keys of people against what
    the log says of them. Needs the keys; ends with 1 if something is wrong."""
    from app.wiring import ledger_signer
    from audit.keys import KeyKind
    from audit.live import check_live

    settings, keys, engine = read_settings(data)
    secrets = [keys.secret(KeyKind.MAC, version) for version in keys.versions(KeyKind.MAC)]
    notes = [path.read_text("utf-8") for path in kept or []]
    try:
        report = check_live(
            engine, ledger_signer(settings, keys).verifier, notes, secrets, settings.segments
        )
    finally:
        engine.dispose()
    typer.echo(report.to_json() if as_json else report.page(), nl=as_json)
    raise typer.Exit(int(report.result))


@app.command()
def segments(
    data: DataFolder,
    check: Annotated[bool, typer.Option(help="Judge the files of each too.")] = False,
) -> None:
    """List what was put away of the ledger; with --check ends with 1 if a file is not as it was."""
    from app.segment_list import segment_lines
    from app.wiring import ledger_signer

    settings, keys, engine = read_settings(data)
    try:
        lines, sound = segment_lines(
            engine, settings.segments, ledger_signer(settings, keys).verifier, check=check
        )
    finally:
        engine.dispose()
    typer.echo("\n".join(lines) or "no segment is closed yet")
    raise typer.Exit(0 if sound else 1)


@app.command()
def prove(
    data: DataFolder,
    entry: Annotated[int, typer.Argument(help="Number of the entry.")],
    body: Annotated[Path, typer.Option(help="File to write the entry to.")],
    proof: Annotated[Path, typer.Option(help="File to write the proof to.")],
) -> None:
    """Write one entry and the proof that it is in the log."""
    from audit.export import ExportRefused, prove_entry

    engine = read_settings(data)[2]
    try:
        content, made = prove_entry(engine, entry)
    except ExportRefused as refused:
        stop(str(refused))
    finally:
        engine.dispose()
    body.write_bytes(content)
    proof.write_text(made.text(), "utf-8")
    typer.echo(f"entry {entry} is leaf {made.index}; wrote {body} and {proof}")


@app.command()
def recover(
    data: DataFolder,
    kept: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that was kept elsewhere.")
    ] = None,
) -> None:
    """Go on after the database fell behind its own ledger: a new epoch, by two people.

    Not after a restore, which does this itself. The old guard file is put aside, never deleted.
    """
    from app.backups.approvers import approved_by
    from app.backups.container import BackupRefused
    from app.key_settings import keys_of
    from app.recovering import RecoveryRefused, recover
    from audit.keys import KeyTrouble
    from audit.sequencer import AnotherSequencer
    from kit.clock import utc_now

    settings, notes = settings_of(data), [kept_note(path) for path in kept or []]
    try:
        keys = keys_of(settings)
        done = recover(
            settings, keys, kept=notes, at=utc_now(),
            approve=lambda engine: approved_by(engine, keys, utc_now, *two_people()),
        )  # fmt: skip
    except (RecoveryRefused, BackupRefused, KeyTrouble, AnotherSequencer) as refused:
        stop(f"nothing was changed: {refused}")
    typer.echo(f"the new epoch is {epoch_told(done.checkpoint.size, done.lost)}")
