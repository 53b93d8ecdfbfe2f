"""What sending needs of indexes: fewer that it writes anew with each state, and the mails of an account by their moment."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"

GONE = {"ix_outbox_ref": "ref", "ix_outbox_claim": "claim", "ix_outbox_updated_at": "updated_at"}
PARTIAL = {
    "ix_invitations_remind": ["remind_at"],
    "ix_invitations_deferred": ["deferred_until", "free_at"],
    "ix_invitations_sent": ["sent_at"],
}


def upgrade() -> None:
    for name in GONE:
        op.drop_index(name, "outbox")
    op.create_index("ix_invitations_account_sent", "invitations", ["account_id", "sent_at"])
    op.drop_index("ix_invitations_account_id", "invitations")
    for name, columns in PARTIAL.items():
        is_set = sa.text(f"{columns[0]} IS NOT NULL")
        op.drop_index(name, "invitations")
        op.create_index(name, "invitations", columns, sqlite_where=is_set, postgresql_where=is_set)


def downgrade() -> None:
    for name, columns in PARTIAL.items():
        op.drop_index(name, "invitations")
        op.create_index(name, "invitations", columns)
    op.create_index("ix_invitations_account_id", "invitations", ["account_id"])
    op.drop_index("ix_invitations_account_sent", "invitations")
    for name, column in GONE.items():
        op.create_index(name, "outbox", [column])
