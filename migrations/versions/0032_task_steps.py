"""The steps of a task that are no states: handed over, put aside, taken up, each with who and why."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT, choice

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "task_steps",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("kind", choice("handed_over", "put_aside", "taken_up", name="stepkind"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("owner_name", sa.String(200)),
        sa.Column("until_at", MOMENT),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_steps_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_steps")),
    )
    op.create_index(op.f("ix_task_steps_task_id"), "task_steps", ["task_id"])


def downgrade() -> None:
    op.drop_table("task_steps")
