"""Alerts beside the scores, the dated settings of the rules that raise them, and when accounts were looked at."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0063"
down_revision = "0062"


def upgrade() -> None:
    op.create_table(
        "alert_looks",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        to("alert_looks", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_alert_looks")),
    )
    op.create_table(
        "alert_rules",
        sa.Column("id", ID, nullable=False),
        sa.Column("rule", sa.String(32), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("opens_task", sa.Boolean(), nullable=False),
        sa.Column("touch_days", sa.SmallInteger(), nullable=False),
        sa.Column("thresholds", JSON, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_at", MOMENT, nullable=False),
        sa.Column("staff_name", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_rules")),
    )
    op.create_index("ix_alert_rules_rule", "alert_rules", ["rule", "from_at"])
    create_alerts()


def create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("contact_id", ID),
        sa.Column("rule", sa.String(32), nullable=False),
        sa.Column("slot", sa.String(96)),
        sa.Column("severity", choice("high", "medium", name="alert_severity"), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("quiet_since", sa.Date()),
        sa.Column("over_on", sa.Date()),
        sa.Column("settled_at", MOMENT),
        sa.Column("settled_by", sa.String(200)),
        sa.Column("snoozed_until", sa.Date()),
        sa.Column("snoozed_by", sa.String(200)),
        sa.Column("task_id", ID),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        to("alerts", "account_id", "accounts"),
        to("alerts", "contact_id", "contacts"),
        to("alerts", "task_id", "tasks", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("slot", name=op.f("uq_alerts_slot")),
    )
    op.create_index("ix_alerts_account", "alerts", ["account_id", "over_on"])
    op.create_index("ix_alerts_raised", "alerts", ["raised_at"])
    op.create_index("ix_alerts_over", "alerts", ["over_on", "raised_at"])
    for column in ("contact_id", "task_id", "updated_at"):
        op.create_index(op.f(f"ix_alerts_{column}"), "alerts", [column])


def to(table: str, column: str, target: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{target}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def downgrade() -> None:
    for table in ("alerts", "alert_rules", "alert_looks"):
        op.drop_table(table)
