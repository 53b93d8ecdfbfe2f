"""How far a wave has come whose audience is written down part by part."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    is_set = sa.text("judged_to IS NOT NULL")
    op.add_column("waves", sa.Column("judged_to", ID))
    op.create_index(
        "ix_waves_judged_to", "waves", ["judged_to"], sqlite_where=is_set, postgresql_where=is_set
    )


def downgrade() -> None:
    op.drop_index("ix_waves_judged_to", "waves")
    with op.batch_alter_table("waves") as waves:
        waves.drop_column("judged_to")
