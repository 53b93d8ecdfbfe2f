"""Views of the queue that people keep under a name."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    op.create_table(
        "queue_views",
        sa.Column("id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("address", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_queue_views_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_views")),
        sa.UniqueConstraint("staff_id", "name", name=op.f("uq_queue_views_staff_id_name")),
    )


def downgrade() -> None:
    op.drop_table("queue_views")
