"""What people choose on the page of an ask before they send it."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_table(
        "partial_answers",
        sa.Column("invitation_id", ID, nullable=False),
        sa.Column("said", JSON, nullable=False),
        sa.Column("is_enough", sa.Boolean(), nullable=False),
        sa.Column("doubts", JSON),
        sa.Column("attempt", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_partial_answers_invitation_id_invitations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_partial_answers")),
    )
    op.create_index(op.f("ix_partial_answers_at"), "partial_answers", ["at"])
    with op.batch_alter_table("responses") as table:
        table.add_column(sa.Column("is_partial", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("responses") as table:
        table.alter_column("is_partial", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("responses") as table:
        table.drop_column("is_partial")
    op.drop_table("partial_answers")
