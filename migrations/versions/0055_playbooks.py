"""Playbooks: steps by which a kind of follow-up is worked on, and those that were done."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0055"
down_revision = "0054"
KINDS = ("detractor", "passive", "promoter", "silent", "value", "alert", "footprint")


def references(table: str, *targets: tuple[str, str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"), ondelete=then
        )
        for column, target, then in targets
    ]


def upgrade() -> None:
    op.create_table(
        "playbooks",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", choice("reactive", "proactive", name="play_kind"), nullable=False),
        sa.Column("component", choice("relationship", "value", name="component"), nullable=False),
        sa.Column("task_kind", choice(*KINDS, name="play_task_kind")),
        sa.Column("tiers", JSON, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(kind = 'reactive') = (task_kind IS NOT NULL)", name=op.f("ck_playbooks_task_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbooks")),
    )
    op.create_index(op.f("ix_playbooks_updated_at"), "playbooks", ["updated_at"])
    op.create_table(
        "playbook_steps",
        sa.Column("id", ID, nullable=False),
        sa.Column("playbook_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("days", sa.SmallInteger(), nullable=False),
        sa.Column("channel", choice("call", "mail", "meeting", "note", name="channel"), nullable=False),
        sa.Column("title", sa.String(160), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("retired_at", MOMENT),
        sa.CheckConstraint("days BETWEEN 0 AND 90", name=op.f("ck_playbook_steps_days")),
        *references("playbook_steps", ("playbook_id", "playbooks", "CASCADE")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_steps")),
    )
    op.create_index(op.f("ix_playbook_steps_playbook_id"), "playbook_steps", ["playbook_id"])
    op.create_table(
        "playbook_runs",
        sa.Column("task_id", ID, nullable=False),
        sa.Column("playbook_id", ID, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("started_by", sa.String(200), nullable=False),
        *references(
            "playbook_runs", ("task_id", "tasks", "CASCADE"), ("playbook_id", "playbooks", "RESTRICT")
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_playbook_runs")),
    )
    op.create_index(op.f("ix_playbook_runs_playbook_id"), "playbook_runs", ["playbook_id"])
    op.create_table(
        "playbook_ticks",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("step_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        *references(
            "playbook_ticks", ("task_id", "tasks", "CASCADE"), ("step_id", "playbook_steps", "RESTRICT")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook_ticks")),
        sa.UniqueConstraint("task_id", "step_id", name=op.f("uq_playbook_ticks_task_id_step_id")),
    )
    op.create_index(op.f("ix_playbook_ticks_step_id"), "playbook_ticks", ["step_id"])


def downgrade() -> None:
    for table in ("playbook_ticks", "playbook_runs", "playbook_steps", "playbooks"):
        op.drop_table(table)
