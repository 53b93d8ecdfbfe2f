"""What leaders were told about follow-ups that are late, and how this company follows up."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0054"
down_revision = "0053"
KEY = ("task_id", "clock", "due_at", "level")


def upgrade() -> None:
    with op.batch_alter_table("installation") as table:
        table.add_column(sa.Column("followups", JSON, nullable=False, server_default="{}"))
    with op.batch_alter_table("installation") as table:
        table.alter_column("followups", existing_type=JSON, server_default=None)
    op.create_table(
        "late_notices",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("clock", choice("first_touch", "resolution", name="clock"), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("again_at", MOMENT),
        sa.Column("leaders", sa.Integer(), nullable=False),
        sa.CheckConstraint("level IN (100, 150)", name=op.f("ck_late_notices_level")),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_late_notices_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_notices")),
        sa.UniqueConstraint(*KEY, name=op.f("uq_late_notices_task_id_clock_due_at_level")),
    )
    op.create_index("ix_late_notices_again", "late_notices", ["again_at"])


def downgrade() -> None:
    op.drop_table("late_notices")
    with op.batch_alter_table("installation") as table:
        table.drop_column("followups")
