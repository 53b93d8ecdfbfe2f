"""Whether single keys act on the pages of a person, kept with the person instead of in each browser."""

import sqlalchemy as sa
from alembic import op

revision = "0065"
down_revision = "0064"


def upgrade() -> None:
    with op.batch_alter_table("staff") as table:
        table.add_column(sa.Column("single_keys", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("staff") as table:
        table.alter_column("single_keys", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("staff") as table:
        table.drop_column("single_keys")
