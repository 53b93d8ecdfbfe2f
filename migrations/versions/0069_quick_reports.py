"""Indexes from which reports count: what came of the asks of some days, and the answers that wait for review."""

import sqlalchemy as sa
from alembic import op

revision = "0069"
down_revision = "0068"
ASKS, ANSWERS = "ix_invitations_sent", "ix_responses_to_review"
IS_SENT = sa.text("sent_at IS NOT NULL")
WAITS = "({} OR doubts IS NOT NULL) AND reviewed_at IS NULL AND dismissed_at IS NULL"
WAITS_HERE, WAITS_THERE = (
    sa.text(WAITS.format("is_maybe_automatic = 1")),
    sa.text(WAITS.format("is_maybe_automatic")),
)
SENT = ["sent_at", "state", "version_id", "is_rehearsal", "is_auto_reply"]


def upgrade() -> None:
    index_asks(SENT)
    op.create_index(
        ANSWERS, "responses", ["submitted_at", "id"], sqlite_where=WAITS_HERE, postgresql_where=WAITS_THERE
    )


def downgrade() -> None:
    op.drop_index(ANSWERS, "responses")
    index_asks(SENT[:1])


def index_asks(columns: list[str]) -> None:
    op.drop_index(ASKS, "invitations")
    op.create_index(ASKS, "invitations", columns, sqlite_where=IS_SENT, postgresql_where=IS_SENT)
