"""Promises to be in touch with a person who asked for it: who, by when, to whom."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT, choice

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "promises",
        sa.Column("id", ID, nullable=False),
        sa.Column("response_id", ID, nullable=False),
        sa.Column("task_id", ID),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("staff_id", ID),
        sa.Column("staff_name", sa.String(200), nullable=False),
        sa.Column("way", choice("phone", "mail", name="way"), nullable=False),
        sa.Column("phone", sa.String(60), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("until_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_promises_{column}_{table}"), ondelete=then
            )
            for column, table, then in (
                ("response_id", "responses", "CASCADE"),
                ("task_id", "tasks", "SET NULL"),
                ("contact_id", "contacts", "CASCADE"),
                ("account_id", "accounts", "CASCADE"),
                ("staff_id", "staff", "SET NULL"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
        sa.UniqueConstraint("response_id", name=op.f("uq_promises_response_id")),
    )
    for column in ("task_id", "contact_id", "account_id", "staff_id", "asked_at"):
        op.create_index(op.f(f"ix_promises_{column}"), "promises", [column])


def downgrade() -> None:
    op.drop_table("promises")
