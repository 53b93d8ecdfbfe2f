"""Mails that come in, how far their box was read, and on which task a reply lies."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0018"
down_revision = "0017"

KINDS = ("reply", "auto_reply", "hard_bounce", "soft_bounce", "delay", "complaint", "notice")
STANDINGS = ("taken", "unmatched", "set_aside", "dismissed")
MATCHES = ("return_path", "message_id", "link", "sender", "staff")


def upgrade() -> None:
    op.create_table(
        "inbound_mails",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("arrived_at", MOMENT, nullable=False),
        sa.Column("written_at", MOMENT, nullable=True),
        sa.Column("kind", choice(*KINDS, name="inbound_kind"), nullable=True),
        sa.Column("standing", choice(*STANDINGS, name="standing"), nullable=False),
        sa.Column("matched_by", choice(*MATCHES, name="matchedby"), nullable=True),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("about", sa.String(64), nullable=True),
        sa.Column("from_name", sa.String(200), nullable=False),
        sa.Column("from_address", sa.String(320), nullable=False),
        sa.Column("from_key", sa.String(320), nullable=True),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("quoted", sa.Text(), nullable=False),
        sa.Column("attachments", JSON, nullable=False),
        sa.Column("is_cut", sa.Boolean(), nullable=False),
        sa.Column("returns_on", sa.Date(), nullable=True),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("invitation_id", ID, nullable=True),
        sa.Column("contact_id", ID, nullable=True),
        sa.Column("account_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name="fk_inbound_mails_invitation_id_invitations",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name="fk_inbound_mails_contact_id_contacts", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_inbound_mails_account_id_accounts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_inbound_mails"),
        sa.UniqueConstraint("digest", name="uq_inbound_mails_digest"),
    )
    op.create_index("ix_inbound_mails_standing", "inbound_mails", ["standing", "arrived_at"])
    op.create_index("ix_inbound_mails_account", "inbound_mails", ["account_id", "arrived_at"])
    op.create_index("ix_inbound_mails_arrived", "inbound_mails", ["arrived_at"])
    op.create_index("ix_inbound_mails_from_key", "inbound_mails", ["from_key"])
    op.create_index("ix_inbound_mails_invitation_id", "inbound_mails", ["invitation_id"])
    op.create_index("ix_inbound_mails_contact_id", "inbound_mails", ["contact_id"])
    op.create_table(
        "inbound_boxes",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("cursor", JSON, nullable=False),
        sa.Column("looked_at", MOMENT, nullable=False),
        sa.Column("well_at", MOMENT, nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("fault_since", MOMENT, nullable=True),
        sa.Column("fault_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_inbound_boxes"),
    )
    op.create_table(
        "task_mails",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("mail_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name="fk_task_mails_task_id_tasks", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["inbound_mails.id"], name="fk_task_mails_mail_id_inbound_mails", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_task_mails"),
        sa.UniqueConstraint("mail_id", name="uq_task_mails_mail_id"),
    )
    op.create_index("ix_task_mails_task_id", "task_mails", ["task_id"])
    with op.batch_alter_table("tasks") as table:
        table.add_column(sa.Column("replied_at", MOMENT, nullable=True))
        table.create_index("ix_tasks_replied", ["replied_at"])


def downgrade() -> None:
    with op.batch_alter_table("tasks") as table:
        table.drop_index("ix_tasks_replied")
        table.drop_column("replied_at")
    op.drop_table("task_mails")
    op.drop_table("inbound_boxes")
    op.drop_table("inbound_mails")
