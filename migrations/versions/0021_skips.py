"""Skips: people whom a colleague keeps from being asked for a while."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "skips",
        sa.Column("id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=True),
        sa.Column("staff_name", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
            name=op.f("fk_skips_contact_id_contacts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_skips_staff_id_staff"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skips")),
    )
    op.create_index(op.f("ix_skips_contact_id"), "skips", ["contact_id"])
    op.create_index(op.f("ix_skips_staff_id"), "skips", ["staff_id"])


def downgrade() -> None:
    op.drop_table("skips")
