"""Why an answer may be a machine's, and whether such answers count before somebody has looked."""

import sqlalchemy as sa
from alembic import op

from migrations.types import JSON

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    with op.batch_alter_table("responses") as table:
        table.add_column(sa.Column("doubts", JSON))
    with op.batch_alter_table("installation") as table:
        table.add_column(sa.Column("holds_doubtful", sa.Boolean(), nullable=False, server_default=sa.true()))
    responses = sa.table("responses", sa.column("doubts", JSON), sa.column("is_maybe_automatic", sa.Boolean))
    flagged = sa.update(responses).where(responses.c.is_maybe_automatic)
    op.execute(flagged.values(doubts=sa.literal(["gateway"], JSON)))
    with op.batch_alter_table("installation") as table:
        table.alter_column("holds_doubtful", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("installation") as table:
        table.drop_column("holds_doubtful")
    with op.batch_alter_table("responses") as table:
        table.drop_column("doubts")
