"""Domain turns: which worker may write to a domain whose mails are limited."""

import sqlalchemy as sa
from alembic import op

from migrations.types import MOMENT

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "domain_turns",
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("worker", sa.String(length=32), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_domain_turns")),
    )


def downgrade() -> None:
    op.drop_table("domain_turns")
