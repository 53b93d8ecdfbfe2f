"""Webhooks: addresses of other programs that are told what happens, and which events each of them wants."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT, choice

revision = "0071"
down_revision = "0070"
EVENTS = (
    "response.received",
    "response.changed",
    "task.opened",
    "task.closed",
    "task.reopened",
    "alert.opened",
    "alert.ended",
    "wave.finished",
    "contact.unsubscribed",
    "contact.erased",
)


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", ID, nullable=False),
        sa.Column("url", sa.String(2000), nullable=False),
        sa.Column("description", sa.String(200), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("former_sealed", sa.LargeBinary()),
        sa.Column("former_until", MOMENT),
        sa.Column("off_reason", choice("hand", "gone", "failing", name="offreason")),
        sa.Column("off_at", MOMENT),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", MOMENT),
        sa.Column("fault", sa.Text()),
        sa.Column("paused_until", MOMENT),
        sa.Column("well_at", MOMENT),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_webhooks_failures")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index(op.f("ix_webhooks_updated_at"), "webhooks", ["updated_at"])
    op.create_table(
        "webhook_wishes",
        sa.Column("webhook_id", ID, nullable=False),
        sa.Column("event", choice(*EVENTS, name="eventkind"), nullable=False),
        sa.Column("since_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT),
        sa.Column("swept_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhooks.id"],
            name=op.f("fk_webhook_wishes_webhook_id_webhooks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("webhook_id", "event", name=op.f("pk_webhook_wishes")),
    )


def downgrade() -> None:
    """What waits for other programs goes with their addresses."""
    op.execute(sa.text("DELETE FROM outbox WHERE kind = 'webhook'"))
    op.drop_table("webhook_wishes")
    op.drop_table("webhooks")
