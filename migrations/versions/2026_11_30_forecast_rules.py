"""Alarm rules about what is to come; going down takes them and where they stood away."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "forecast_rules"
down_revision: str | None = "forecasts"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None
online = False

_BEFORE = (
    "kind IN ('THRESHOLD', 'RANGE', 'RATE', 'DEVIATION', 'CUSUM', 'FLATLINE', 'ABSENCE', 'SCORE',"
    " 'MEASURE')"
)
_AFTER = _BEFORE.replace("'MEASURE'", "'MEASURE', 'FORECAST'")
_OF_FORECASTS = "(SELECT id FROM alarm_rule WHERE kind = 'FORECAST')"


def upgrade() -> None:
    _known(_AFTER)


def downgrade() -> None:
    op.execute(sa.text(f"UPDATE alarm SET rule_id = NULL WHERE rule_id IN {_OF_FORECASTS}"))
    op.execute(sa.text(f"DELETE FROM rule_state WHERE rule_id IN {_OF_FORECASTS}"))
    op.execute("DELETE FROM alarm_rule WHERE kind = 'FORECAST'")
    _known(_BEFORE)


def _known(kinds: str) -> None:
    with op.batch_alter_table("alarm_rule") as batch:
        batch.drop_constraint("kind_known", type_="check")
        batch.create_check_constraint("kind_known", kinds)
