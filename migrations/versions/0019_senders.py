"""Programs whose mails are written in the name of each account's owner."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    with op.batch_alter_table("programs") as table:
        table.add_column(sa.Column("is_from_owner", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("programs") as table:
        table.alter_column("is_from_owner", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("programs") as table:
        table.drop_column("is_from_owner")
