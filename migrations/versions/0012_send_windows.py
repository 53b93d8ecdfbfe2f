"""When people may be written to: a zone for accounts, a longer rest for single people, waves that wait for no window."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    with op.batch_alter_table("accounts") as table:
        table.add_column(sa.Column("time_zone", sa.String(64), nullable=True))
    with op.batch_alter_table("contacts") as table:
        table.add_column(sa.Column("rest_days", sa.SmallInteger(), nullable=True))
    with op.batch_alter_table("waves") as table:
        table.add_column(sa.Column("ignores_window", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("waves") as table:
        table.drop_column("ignores_window")
    with op.batch_alter_table("contacts") as table:
        table.drop_column("rest_days")
    with op.batch_alter_table("accounts") as table:
        table.drop_column("time_zone")
