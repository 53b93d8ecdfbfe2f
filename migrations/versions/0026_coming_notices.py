"""Until which moment the owners of accounts were told of the asks of a wave that come."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "coming_notices",
        sa.Column("wave_id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("until_at", MOMENT, nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["waves.id"], name=op.f("fk_coming_notices_wave_id_waves"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_coming_notices_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("wave_id", "staff_id", name=op.f("pk_coming_notices")),
    )
    op.create_index(op.f("ix_coming_notices_staff_id"), "coming_notices", ["staff_id"])


def downgrade() -> None:
    op.drop_table("coming_notices")
