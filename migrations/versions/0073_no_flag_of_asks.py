"""An ask carries no flag of machines of its own: its answer says whether it may be one's, its looks which of them were."""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
TABLE, NAME = "invitations", "is_maybe_automatic"


def upgrade() -> None:
    op.drop_column(TABLE, NAME)


def downgrade() -> None:
    op.add_column(TABLE, sa.Column(NAME, sa.Boolean(), nullable=False, server_default=sa.false()))
