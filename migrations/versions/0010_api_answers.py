"""Answers of the API that are kept for requests sent again."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "api_answers",
        sa.Column("api_key_id", ID, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["api_key_id"],
            ["api_keys.id"],
            name=op.f("fk_api_answers_api_key_id_api_keys"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("api_key_id", "key", name=op.f("pk_api_answers")),
    )
    op.create_index(op.f("ix_api_answers_created_at"), "api_answers", ["created_at"])


def downgrade() -> None:
    op.drop_table("api_answers")
