"""Suggested phrases come with their other forms and what belongs to the same matter."""

import sqlalchemy as sa
from alembic import op

from migrations.types import JSON

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    with op.batch_alter_table("theme_suggestions") as table:
        table.add_column(sa.Column("variants", JSON, nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("theme_suggestions") as table:
        table.drop_column("variants")
