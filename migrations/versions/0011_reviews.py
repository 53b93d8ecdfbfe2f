"""Reviews of answers that a machine may have sent: that it was one is kept beside that it was a person."""

import sqlalchemy as sa
from alembic import op

from migrations.types import MOMENT

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    with op.batch_alter_table("responses") as table:
        table.add_column(sa.Column("dismissed_at", MOMENT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("responses") as table:
        table.drop_column("dismissed_at")
