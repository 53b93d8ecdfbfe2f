"""How an ask was declined, and what people said who are not the ones to answer."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT, choice

revision = "0029"
down_revision = "0028"
SAID = ("not_now", "not_me", "left")


def upgrade() -> None:
    with op.batch_alter_table("invitations") as table:
        table.add_column(sa.Column("declined_as", choice(*SAID, name="decline")))
    op.create_table(
        "handovers",
        sa.Column("id", ID, nullable=False),
        sa.Column("invitation_id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("said", choice(*SAID, name="handover_said"), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(320)),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT),
        sa.Column("decided_by", sa.String(200), nullable=False),
        sa.Column("is_approved", sa.Boolean()),
        sa.Column("successor_id", ID),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_handovers_invitation_id_invitations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_handovers_contact_id_contacts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_handovers_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"],
            ["contacts.id"],
            name=op.f("fk_handovers_successor_id_contacts"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_handovers_invitation_id")),
    )
    for column in ("contact_id", "account_id", "said_at", "successor_id"):
        op.create_index(op.f(f"ix_handovers_{column}"), "handovers", [column])


def downgrade() -> None:
    op.drop_table("handovers")
    with op.batch_alter_table("invitations") as table:
        table.drop_constraint(op.f("ck_invitations_decline"), type_="check")
        table.drop_column("declined_as")
