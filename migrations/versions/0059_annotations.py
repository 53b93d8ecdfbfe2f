"""Days on which something happened that may have moved the answers."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    op.create_table(
        "annotations",
        sa.Column("id", ID, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("words", sa.String(120), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotations")),
    )
    op.create_index(op.f("ix_annotations_on"), "annotations", ["on"])


def downgrade() -> None:
    op.drop_table("annotations")
