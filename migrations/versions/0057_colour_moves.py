"""Accounts whose colour is another than the day before, and what followed from it."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT, choice

revision = "0057"
down_revision = "0056"
COLOURS = ("green", "yellow", "red", "grey")


def upgrade() -> None:
    op.create_table(
        "colour_moves",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("before", choice(*COLOURS, name="colour_before"), nullable=False),
        sa.Column("after", choice(*COLOURS, name="colour_after"), nullable=False),
        sa.Column("task_id", ID),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("is_opened", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_colour_moves_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_colour_moves_task_id_tasks"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_colour_moves")),
        sa.UniqueConstraint("account_id", "on", name=op.f("uq_colour_moves_account_id_on")),
    )
    for name in ("on", "task_id"):
        op.create_index(op.f(f"ix_colour_moves_{name}"), "colour_moves", [name])


def downgrade() -> None:
    op.drop_table("colour_moves")
