"""What colleagues are told, by which ways each of them wants it, and how far the search for news has come."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT, choice

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    op.create_table(
        "notice_choices",
        sa.Column("staff_id", ID, autoincrement=False, nullable=False),
        sa.Column("mail_at_once", sa.Boolean(), nullable=False),
        sa.Column("mail_daily", sa.Boolean(), nullable=False),
        sa.Column("daily_hour", sa.Integer(), nullable=False),
        sa.Column("digested_on", sa.Date()),
        sa.Column("chat_kind", choice("slack", "teams", name="chatkind")),
        sa.Column("chat_scope", choice("urgent", "all", name="chatscope"), nullable=False),
        sa.Column("chat_sealed", sa.LargeBinary()),
        sa.Column("chat_host", sa.String(255), nullable=False),
        sa.Column("chat_fault", sa.Text()),
        sa.Column("chat_fault_at", MOMENT),
        sa.Column("chat_well_at", MOMENT),
        sa.CheckConstraint("daily_hour BETWEEN 0 AND 23", name=op.f("ck_notice_choices_daily_hour")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_notice_choices_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_notice_choices")),
    )
    kinds = ("key_detractor", "reply", "escalated", "overdue", "handed_over", "trial")
    op.create_table(
        "notices",
        sa.Column("id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("for_staff_id", ID),
        sa.Column("task_id", ID),
        sa.Column("kind", choice(*kinds, name="noticekind"), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("looked_at", MOMENT),
        *[
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_notices_{column}_{table}"), ondelete=rule
            )
            for column, table, rule in (
                ("staff_id", "staff", "CASCADE"),
                ("for_staff_id", "staff", "SET NULL"),
                ("task_id", "tasks", "CASCADE"),
            )
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("staff_id", "key", name=op.f("uq_notices_staff_id_key")),
    )
    op.create_index("ix_notices_looked_at", "notices", ["looked_at"])
    op.create_index("ix_notices_staff_at", "notices", ["staff_id", "at"])
    op.create_index(op.f("ix_notices_task_id"), "notices", ["task_id"])
    op.create_table(
        "news_cursors",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("seen_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_news_cursors")),
    )


def downgrade() -> None:
    for table in ("news_cursors", "notices", "notice_choices"):
        op.drop_table(table)
