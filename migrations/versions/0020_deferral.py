"""Until when it is still worth asking somebody whom a wave had to leave out for a while."""

import sqlalchemy as sa
from alembic import op

from migrations.types import MOMENT

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    with op.batch_alter_table("invitations") as table:
        table.add_column(sa.Column("deferred_until", MOMENT, nullable=True))
    op.create_index("ix_invitations_deferred", "invitations", ["deferred_until", "free_at"])


def downgrade() -> None:
    op.drop_index("ix_invitations_deferred", "invitations")
    with op.batch_alter_table("invitations") as table:
        table.drop_column("deferred_until")
