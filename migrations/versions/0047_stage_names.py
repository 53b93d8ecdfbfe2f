"""What the stages of accounts are called here, and in which order they stand."""

import sqlalchemy as sa
from alembic import op

from migrations.types import choice

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    op.create_table(
        "stage_names",
        sa.Column(
            "stage", choice("onboarding", "steady", "renewal", "lost", name="named_stage"), nullable=False
        ),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stage", name=op.f("pk_stage_names")),
    )


def downgrade() -> None:
    op.drop_table("stage_names")
