"""Whether this is a copy that sends nothing yet, and when the last backup was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from migrations.types import MOMENT

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("installation", sa.Column("held_at", MOMENT, nullable=True))
    op.add_column("installation", sa.Column("backed_up_at", MOMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("installation", "backed_up_at")
    op.drop_column("installation", "held_at")
