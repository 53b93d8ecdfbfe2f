"""What customers said and we did, in words for customers."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0034"
down_revision = "0033"
CAUSES = (
    "product_bug",
    "product_gap",
    "product_usability",
    "product_performance",
    "service_support",
    "service_onboarding",
    "service_csm",
    "commercial_price",
    "commercial_contract",
    "commercial_billing",
    "fit_mismatch",
    "fit_changed_needs",
    "relationship_contact_change",
    "other",
)


def upgrade() -> None:
    op.create_table(
        "improvements",
        sa.Column("id", ID, nullable=False),
        sa.Column("words", JSON, nullable=False),
        sa.Column("cause", choice(*CAUSES, name="improvement_cause")),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date()),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_improvements")),
    )
    op.create_index(op.f("ix_improvements_from_on"), "improvements", ["from_on"])
    op.create_index(op.f("ix_improvements_updated_at"), "improvements", ["updated_at"])


def downgrade() -> None:
    op.drop_table("improvements")
