"""Mails that colleagues write to people on the pages of follow-ups."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.create_table(
        "case_mails",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("staff_id", ID),
        sa.Column("staff_name", sa.String(200), nullable=False),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("pressed_at", MOMENT, nullable=False),
        sa.Column("leaves_at", MOMENT, nullable=False),
        sa.Column("taken_back_at", MOMENT),
        sa.Column("sent_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("came_back_at", MOMENT),
        sa.Column("reason", sa.Text()),
        *[
            sa.ForeignKeyConstraint(
                [f"{one}_id"],
                [f"{table}.id"],
                name=op.f(f"fk_case_mails_{one}_id_{table}"),
                ondelete=rule,
            )
            for one, table, rule in (
                ("task", "tasks", "CASCADE"),
                ("contact", "contacts", "CASCADE"),
                ("staff", "staff", "SET NULL"),
            )
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_mails")),
    )
    for column in ("task_id", "contact_id"):
        op.create_index(op.f(f"ix_case_mails_{column}"), "case_mails", [column])


def downgrade() -> None:
    op.drop_table("case_mails")
