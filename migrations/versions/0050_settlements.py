"""Whether what we closed is settled for the customer: that they were asked by mail, and what they said."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT, choice

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    op.create_table(
        "settlements",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("invitation_id", ID, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("mailed_at", MOMENT),
        sa.Column("reason", sa.Text()),
        sa.Column("said", choice("yes", "not_yet", name="verdict")),
        sa.Column("said_at", MOMENT),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_settlements_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_settlements_invitation_id_invitations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlements")),
    )
    for name in ("task_id", "invitation_id"):
        op.create_index(op.f(f"ix_settlements_{name}"), "settlements", [name])


def downgrade() -> None:
    op.drop_table("settlements")
