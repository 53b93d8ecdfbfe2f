"""Views are kept of any page, for oneself or for all; those of the queue come along."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT

revision = "0066"
down_revision = "0065"
COME_ALONG = """
INSERT INTO saved_views (page, is_for_all, staff_id, name, address, created_at)
SELECT 'queue', false, staff_id, name, address, created_at FROM queue_views
"""
GO_BACK = """
INSERT INTO queue_views (staff_id, name, address, created_at)
SELECT staff_id, name, address, created_at FROM saved_views WHERE page = 'queue'
"""


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("page", sa.String(16), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("address", JSON, nullable=False),
        sa.Column("is_for_all", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_saved_views_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("staff_id", "page", "name", name=op.f("uq_saved_views_staff_id_page_name")),
    )
    op.create_index(op.f("ix_saved_views_page"), "saved_views", ["page"])
    op.execute(COME_ALONG)
    op.drop_table("queue_views")


def downgrade() -> None:
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
    op.execute(GO_BACK)
    op.drop_table("saved_views")
