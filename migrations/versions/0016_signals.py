"""Signals from outside, and the occasions for which programs asked somebody."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "signals",
        sa.Column("id", ID, nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=True),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("value", JSON, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        *references("signals", account_id="accounts", contact_id="contacts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signals")),
        sa.UniqueConstraint("external_id", name=op.f("uq_signals_external_id")),
    )
    for column in ("account_id", "contact_id", "updated_at"):
        op.create_index(op.f(f"ix_signals_{column}"), "signals", [column])
    op.create_index("ix_signals_type_at", "signals", ["type", "at"])
    op.create_table(
        "occasions",
        sa.Column("id", ID, nullable=False),
        sa.Column("program_id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("wave_id", ID, nullable=False),
        sa.Column("met_at", MOMENT, nullable=False),
        *references("occasions", program_id="programs", contact_id="contacts", wave_id="waves"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occasions")),
        sa.UniqueConstraint(
            "program_id", "contact_id", "key", name=op.f("uq_occasions_program_id_contact_id_key")
        ),
    )
    for column in ("contact_id", "wave_id"):
        op.create_index(op.f(f"ix_occasions_{column}"), "occasions", [column])
    op.create_index("ix_occasions_program_met", "occasions", ["program_id", "met_at"])


def references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"), ondelete="CASCADE"
        )
        for column, target in columns.items()
    ]


def downgrade() -> None:
    op.drop_table("occasions")
    op.drop_table("signals")
