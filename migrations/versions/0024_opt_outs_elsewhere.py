"""Since when another system has said that somebody wants no mail."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "opt_outs_elsewhere",
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("system", sa.String(length=32), nullable=False),
        sa.Column("since_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
            name=op.f("fk_opt_outs_elsewhere_contact_id_contacts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("contact_id", "system", name=op.f("pk_opt_outs_elsewhere")),
    )


def downgrade() -> None:
    op.drop_table("opt_outs_elsewhere")
