"""Waves that stop by themselves: why, the people asked first, and complaints."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    with op.batch_alter_table("waves") as table:
        table.add_column(sa.Column("pause_cause", sa.String(length=16), nullable=True))
        table.add_column(sa.Column("first_people", sa.Integer(), nullable=True))
        table.add_column(sa.Column("watched_from", MOMENT, nullable=True))
    with op.batch_alter_table("invitations") as table:
        table.add_column(sa.Column("complained_at", MOMENT, nullable=True))
    op.create_table(
        "first_asks",
        sa.Column("invitation_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_first_asks_invitation_id_invitations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_first_asks")),
    )


def downgrade() -> None:
    op.drop_table("first_asks")
    with op.batch_alter_table("invitations") as table:
        table.drop_column("complained_at")
    with op.batch_alter_table("waves") as table:
        table.drop_column("watched_from")
        table.drop_column("first_people")
        table.drop_column("pause_cause")
