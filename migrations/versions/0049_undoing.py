"""What was just done to tasks, so that it can be taken back."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    op.create_table(
        "task_acts",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", choice("closed", "put_aside", "handed_over", name="actkind"), nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_task_acts_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_acts")),
    )
    op.create_index(op.f("ix_task_acts_staff_id"), "task_acts", ["staff_id"])
    op.create_table(
        "task_act_parts",
        sa.Column("id", ID, nullable=False),
        sa.Column("act_id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("before", JSON, nullable=False),
        sa.Column("after", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["act_id"], ["task_acts.id"], name=op.f("fk_task_act_parts_act_id_task_acts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_act_parts_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_act_parts")),
        sa.UniqueConstraint("act_id", "task_id", name=op.f("uq_task_act_parts_act_id_task_id")),
    )
    op.create_index(op.f("ix_task_act_parts_task_id"), "task_act_parts", ["task_id"])


def downgrade() -> None:
    op.drop_table("task_act_parts")
    op.drop_table("task_acts")
