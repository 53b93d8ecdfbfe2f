"""Schedules of programs, and the days of drips that are written down."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    with op.batch_alter_table("programs") as table:
        table.add_column(sa.Column("schedule", JSON, nullable=True))
    op.create_table(
        "planned_days",
        sa.Column("program_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("wave_id", ID, nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("planned_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["program_id"],
            ["programs.id"],
            name=op.f("fk_planned_days_program_id_programs"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["waves.id"], name=op.f("fk_planned_days_wave_id_waves"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("program_id", "day", name=op.f("pk_planned_days")),
    )
    op.create_index(op.f("ix_planned_days_wave_id"), "planned_days", ["wave_id"])


def downgrade() -> None:
    op.drop_table("planned_days")
    with op.batch_alter_table("programs") as table:
        table.drop_column("schedule")
