"""Reports as they were at an instant, links by which outsiders read them, and when they were opened."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT

revision = "0062"
down_revision = "0061"


def upgrade() -> None:
    op.create_table(
        "frozen_reports",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("address", JSON, nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("roll", sa.LargeBinary(), nullable=True),
        sa.Column("last_answer_id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=True),
        sa.Column("staff_name", sa.String(200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_frozen_reports_staff_id_staff"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frozen_reports")),
    )
    op.create_index(op.f("ix_frozen_reports_at"), "frozen_reports", ["at"])
    op.create_table(
        "frozen_links",
        sa.Column("id", ID, nullable=False),
        sa.Column("report_id", ID, nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("has_names", sa.Boolean(), nullable=False),
        sa.Column("has_comments", sa.Boolean(), nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["frozen_reports.id"],
            name=op.f("fk_frozen_links_report_id_frozen_reports"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frozen_links")),
        sa.UniqueConstraint("nonce", name=op.f("uq_frozen_links_nonce")),
    )
    op.create_index(op.f("ix_frozen_links_report_id"), "frozen_links", ["report_id"])
    op.create_table(
        "frozen_openings",
        sa.Column("id", ID, nullable=False),
        sa.Column("link_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["frozen_links.id"],
            name=op.f("fk_frozen_openings_link_id_frozen_links"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frozen_openings")),
    )
    op.create_index(op.f("ix_frozen_openings_link_id"), "frozen_openings", ["link_id"])


def downgrade() -> None:
    for table in ("frozen_openings", "frozen_links", "frozen_reports"):
        op.drop_table(table)
