"""Runs over the readings of an older engine."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.create_table(
        "rereadings",
        sa.Column("id", ID, nullable=False),
        sa.Column("engine", sa.String(32), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("is_trial", sa.Boolean(), nullable=False),
        sa.Column("stride", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("moves", JSON, nullable=False),
        sa.Column("examples", JSON, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("is_stopped", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rereadings")),
    )


def downgrade() -> None:
    op.drop_table("rereadings")
