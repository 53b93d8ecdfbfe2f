"""Favours asked of content people, with their dated states, and which ones the company asks for."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0031"
down_revision = "0030"
KINDS = ("reference", "review", "referral", "case_study", "talk", "beta")
STATES = ("offered", "accepted", "declined", "fulfilled")
FROM_THE_START = ("reference", "referral")


def upgrade() -> None:
    op.create_table(
        "favours",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", choice(*KINDS, name="favourkind"), nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("response_id", ID),
        sa.Column("state", choice(*STATES, name="favourstate"), nullable=False),
        sa.Column("offered_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_favours_{column}_{table}"), ondelete="CASCADE"
            )
            for column, table in (
                ("contact_id", "contacts"),
                ("account_id", "accounts"),
                ("response_id", "responses"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favours")),
        sa.UniqueConstraint("response_id", name=op.f("uq_favours_response_id")),
    )
    op.create_index("ix_favours_contact_offered", "favours", ["contact_id", "offered_at"])
    op.create_index(op.f("ix_favours_account_id"), "favours", ["account_id"])
    op.create_index(op.f("ix_favours_offered_at"), "favours", ["offered_at"])
    op.create_table(
        "favour_states",
        sa.Column("id", ID, nullable=False),
        sa.Column("favour_id", ID, nullable=False),
        sa.Column("state", choice(*STATES, name="favour_state"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["favour_id"], ["favours.id"], name=op.f("fk_favour_states_favour_id_favours"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_favour_states")),
    )
    op.create_index(op.f("ix_favour_states_favour_id"), "favour_states", ["favour_id"])
    offers = op.create_table(
        "favour_offers",
        sa.Column("kind", choice(*KINDS, name="offer_kind"), nullable=False),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.Column("link", sa.String(500), nullable=False),
        sa.Column("words", JSON, nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_favour_offers")),
    )
    op.bulk_insert(
        offers, [{"kind": k, "is_offered": k in FROM_THE_START, "link": "", "words": {}} for k in KINDS]
    )


def downgrade() -> None:
    op.drop_table("favour_offers")
    op.drop_table("favour_states")
    op.drop_table("favours")
