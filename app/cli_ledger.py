"""`wardgrid ledger`: verify an export anywhere; export, sign and prove where the database is."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli_house import house, read_settings, somebody_signs
from app.cli_options import DataFolder, group, stop

app = group("Verify, export, sign and prove the audit ledger.")

Keys = Annotated[list[str], typer.Option("--key", help="Public key, or a file that holds it.")]


@app.command()
def verify(
    export: Annotated[Path, typer.Argument(help="Folder of an export.")],
    key: Keys,
    previous: Annotated[
        list[Path] | None, typer.Option(help="A signed checkpoint that was kept elsewhere.")
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(help="Key of a witness, or a file that holds it.")
    ] = None,
    quorum: Annotated[
        int, typer.Option(help="So many of them must have cosigned each kept checkpoint.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
) -> None:
    """Judge an export offline: 0 PASS, 1 FAIL, 2 INCOMPLETE. Needs no database and no secret."""
    from audit.verify import main

    kept = [path.read_text("utf-8", errors="replace") for path in previous or []]
    witnesses = _public_keys(witness or [])
    raise typer.Exit(main(export, _public_keys(key), kept, as_json=as_json, witnesses=witnesses,
                          quorum=quorum))  # fmt: skip


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


@app.command("check-proof")
def check(
    body: Annotated[Path, typer.Argument(help="The entry.")],
    proof: Annotated[Path, typer.Argument(help="Its proof.")],
    key: Keys,
) -> None:
    """Check one entry against its proof, offline."""
    from audit.proof import BadProof, check_proof

    try:
        found = check_proof(body.read_bytes(), proof.read_text("utf-8"), _public_keys(key))
    except (BadProof, UnicodeDecodeError) as problem:
        stop(f"FAIL: {problem}")
    typer.echo(f"PASS: in {found.origin} of {found.size} leaves")


def _public_keys(given: list[str]) -> list[str]:
    return [
        Path(text).read_text("utf-8").strip() if Path(text).is_file() else text for text in given
    ]
