"""Tasks, their states and activities, touches."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", ID, nullable=False),
        sa.Column(
            "kind",
            choice(
                "detractor", "passive", "promoter", "silent", "value", "alert", "footprint", name="taskkind"
            ),
            nullable=False,
        ),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=True),
        sa.Column("response_id", ID, nullable=True),
        sa.Column("invitation_id", ID, nullable=True),
        sa.Column("owner_id", ID, nullable=True),
        sa.Column(
            "state",
            choice("new", "contacted", "in_progress", "waiting", "closed", "reopened", name="taskstate"),
            nullable=False,
        ),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("first_touch_due_at", MOMENT, nullable=False),
        sa.Column("first_touched_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("snoozed_until", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column(
            "cause",
            choice(
                "product_bug",
                "product_gap",
                "product_usability",
                "product_performance",
                "service_support",
                "service_onboarding",
                "service_csm",
                "commercial_price",
                "commercial_contract",
                "commercial_billing",
                "fit_mismatch",
                "fit_changed_needs",
                "relationship_contact_change",
                "other",
                name="cause",
            ),
            nullable=True,
        ),
        sa.Column("causes_more", JSON, nullable=False),
        sa.Column(
            "outcome",
            choice("resolved", "improved", "no_change", "lost", "no_contact", name="outcome"),
            nullable=True,
        ),
        sa.Column("closing_comment", sa.Text(), nullable=True),
        sa.Column("customer_told", sa.Boolean(), nullable=True),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_tasks_closed_at")),
        sa.CheckConstraint(
            "state <> 'closed' OR outcome IS NOT NULL OR kind IN ('silent', 'alert', 'footprint')",
            name=op.f("ck_tasks_closed_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_tasks_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_tasks_contact_id_contacts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_tasks_invitation_id_invitations"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["staff.id"], name=op.f("fk_tasks_owner_id_staff"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["response_id"], ["responses.id"], name=op.f("fk_tasks_response_id_responses"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("invitation_id", "kind", name=op.f("uq_tasks_invitation_id_kind")),
        sa.UniqueConstraint("response_id", "kind", name=op.f("uq_tasks_response_id_kind")),
    )
    op.create_index(op.f("ix_tasks_account"), "tasks", ["account_id", "state"])
    op.create_index(op.f("ix_tasks_contact_id"), "tasks", ["contact_id"])
    op.create_index(op.f("ix_tasks_owner_state"), "tasks", ["owner_id", "state", "priority"])
    op.create_index(op.f("ix_tasks_updated_at"), "tasks", ["updated_at"])
    op.create_table(
        "task_states",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column(
            "state",
            choice("new", "contacted", "in_progress", "waiting", "closed", "reopened", name="dated_state"),
            nullable=False,
        ),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_states_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_states")),
    )
    op.create_index(op.f("ix_task_states_task_id"), "task_states", ["task_id"])
    op.create_table(
        "activities",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("kind", choice("call", "mail", "meeting", "note", name="activitykind"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("is_two_way", sa.Boolean(), nullable=False),
        sa.Column("staff_id", ID, nullable=True),
        sa.Column("staff_name", sa.String(length=200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_activities_staff_id_staff"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_activities_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
    )
    op.create_index(op.f("ix_activities_task_id"), "activities", ["task_id"])
    op.create_table(
        "touches",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=True),
        sa.Column("kind", choice("call", "mail", "meeting", "note", name="touch_kind"), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("is_two_way", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("activity_id", ID, nullable=True),
        sa.Column("staff_id", ID, nullable=True),
        sa.Column("staff_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_touches_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["activity_id"],
            ["activities.id"],
            name=op.f("fk_touches_activity_id_activities"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_touches_contact_id_contacts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_touches_staff_id_staff"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_touches")),
        sa.UniqueConstraint("activity_id", name=op.f("uq_touches_activity_id")),
    )
    op.create_index(op.f("ix_touches_account_at"), "touches", ["account_id", "at"])
    op.create_index(op.f("ix_touches_contact_id"), "touches", ["contact_id"])


def downgrade() -> None:
    op.drop_table("touches")
    op.drop_table("activities")
    op.drop_table("task_states")
    op.drop_table("tasks")
