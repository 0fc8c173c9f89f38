"""`wardgrid user`: the first administrators. Everybody else is made by them, through GraphQL."""

import secrets
from typing import Annotated, Any

import typer

from app.cli_house import house
from app.cli_options import DataFolder, group

app = group("Accounts. The first administrators are made here, all others by them.")

_PASSWORD_BYTES = 15  # 20 characters, 120 bits


@app.command()
def found(
    data: DataFolder,
    system: Annotated[str, typer.Option(help="Login name of the system administrator.")],
    security: Annotated[str, typer.Option(help="Login name of the security administrator.")],
    compliance: Annotated[str, typer.Option(help="Login name of the compliance officer.")],
) -> None:
    """Make the first three administrators: three people, each with a password to be changed.

    Passwords and one-time-code secrets are shown once and stored nowhere in clear.
    """
    from app.jobs import PROGRAM
    from domain.accounts.founding import FOUNDING_ROLES, FoundAdministrators

    names = dict(zip(FOUNDING_ROLES, (system, security, compliance), strict=True))
    made = {role: _credentials(role, name) for role, name in names.items()}
    with house(data) as running:
        running.pipeline.run(
            PROGRAM, FoundAdministrators(founders=tuple(founder for founder, _ in made.values()))
        )
    for founder, shown in made.values():
        typer.echo(f"{founder.role}: {founder.login_name}\n{shown}")


def _credentials(role: str, name: str) -> tuple[Any, str]:
    from authz.passwords import Passwords
    from authz.totp import enrolment_uri, new_totp_secret
    from domain.accounts.founding import Founder

    password, codes = secrets.token_urlsafe(_PASSWORD_BYTES), new_totp_secret()
    hasher = Passwords(workers=1)
    founder = Founder(role, name, hasher.hash_here(password), codes)
    hasher.close()
    return founder, f"  password {password}\n  one-time codes {enrolment_uri(codes, name)}"
