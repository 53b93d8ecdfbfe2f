"""How the question of a wave reaches people: by mail, or by a link that another program hands over."""

import sqlalchemy as sa
from alembic import op

from migrations.types import choice

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    with op.batch_alter_table("waves") as table:
        channel = choice("mail", "link", name="channel")
        table.add_column(sa.Column("channel", channel, nullable=False, server_default="mail"))
    with op.batch_alter_table("waves") as table:
        table.alter_column("channel", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("waves") as table:
        table.drop_constraint(op.f("ck_waves_channel"), type_="check")
        table.drop_column("channel")
