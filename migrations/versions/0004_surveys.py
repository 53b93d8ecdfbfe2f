"""Surveys with versions and questions, programs."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "surveys",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("template", sa.String(length=32), nullable=False),
        sa.Column("archived_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
        sa.UniqueConstraint("key", name=op.f("uq_surveys_key")),
    )
    op.create_index(op.f("ix_surveys_updated_at"), "surveys", ["updated_at"])
    op.create_table(
        "survey_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("survey_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("words", JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_id"],
            ["surveys.id"],
            name=op.f("fk_survey_versions_survey_id_surveys"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_versions")),
        sa.UniqueConstraint("survey_id", "number", name=op.f("uq_survey_versions_survey_id_number")),
    )
    op.create_table(
        "questions",
        sa.Column("id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            choice("nps", "value_overall", "value_goal", "value_ease", "comment", name="questionkind"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("words", JSON, nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["survey_versions.id"],
            name=op.f("fk_questions_version_id_survey_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("version_id", "name", name=op.f("uq_questions_version_id_name")),
        sa.UniqueConstraint("version_id", "position", name=op.f("uq_questions_version_id_position")),
    )
    op.create_table(
        "programs",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("survey_id", ID, nullable=False),
        sa.Column(
            "kind", choice("relationship", "transactional", "manual", name="programkind"), nullable=False
        ),
        sa.Column(
            "status", choice("draft", "active", "paused", "archived", name="programstatus"), nullable=False
        ),
        sa.Column("audience", JSON, nullable=False),
        sa.Column("cadence", JSON, nullable=False),
        sa.Column("reminders", JSON, nullable=False),
        sa.Column("window", JSON, nullable=False),
        sa.Column("quarantine", JSON, nullable=False),
        sa.Column("mail", JSON, nullable=False),
        sa.Column("sender_id", ID, nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["staff.id"], name=op.f("fk_programs_sender_id_staff"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["surveys.id"], name=op.f("fk_programs_survey_id_surveys"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programs")),
        sa.UniqueConstraint("name", name=op.f("uq_programs_name")),
    )
    op.create_index(op.f("ix_programs_sender_id"), "programs", ["sender_id"])
    op.create_index(op.f("ix_programs_survey_id"), "programs", ["survey_id"])
    op.create_index(op.f("ix_programs_updated_at"), "programs", ["updated_at"])


def downgrade() -> None:
    op.drop_table("programs")
    op.drop_table("questions")
    op.drop_table("survey_versions")
    op.drop_table("surveys")
