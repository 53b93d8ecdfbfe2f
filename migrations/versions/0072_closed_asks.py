"""An index of the asks that closed, of each person by the moment: how the last one ended is looked up, not sorted for."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
NAME, TABLE = "ix_invitations_contact_closed", "invitations"
MOMENT = "coalesce(answered_at, silent_at, declined_at)"
IS_CLOSED = sa.text(f"{MOMENT} IS NOT NULL")


def upgrade() -> None:
    columns = ["contact_id", sa.text(MOMENT)]
    op.create_index(NAME, TABLE, columns, sqlite_where=IS_CLOSED, postgresql_where=IS_CLOSED)


def downgrade() -> None:
    op.drop_index(NAME, TABLE)
