"""Our own judgement of accounts: pulses, and scores set by hand beside the computed ones."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT, choice

revision = "0058"
down_revision = "0057"

LEVELS = ("great", "good", "mixed", "worrying", "losing")
NAMES = ("relationship", "value", "health")


def upgrade() -> None:
    op.create_table(
        "pulses",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("level", choice(*LEVELS, name="level"), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *said_by("pulses"),
    )
    op.create_index("ix_pulses_account_at", "pulses", ["account_id", "at"])
    op.create_table(
        "score_overrides",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("name", choice(*NAMES, name="setname"), nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_at", MOMENT, nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by", sa.String(200)),
        *said_by("score_overrides"),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_score_overrides_score")),
    )
    op.create_index("ix_score_overrides_account", "score_overrides", ["account_id", "until_on"])


def said_by(table: str) -> list:
    """Who said so, and the keys of a table."""
    return [
        sa.Column("staff_id", ID),
        sa.Column("staff_name", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f(f"fk_{table}_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f(f"fk_{table}_staff_id_staff"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def downgrade() -> None:
    op.drop_table("score_overrides")
    op.drop_table("pulses")
