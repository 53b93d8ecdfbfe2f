"""Responses, answers, their history and readings."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "responses",
        sa.Column("id", ID, nullable=False),
        sa.Column("invitation_id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("score", sa.SmallInteger(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("value_overall", sa.SmallInteger(), nullable=True),
        sa.Column("value_goal", sa.SmallInteger(), nullable=True),
        sa.Column("value_ease", sa.SmallInteger(), nullable=True),
        sa.Column("value_points", sa.Double(), nullable=True),
        sa.Column("goal_id", ID, nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("submitted_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.String(length=64), nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("is_maybe_automatic", sa.Boolean(), nullable=False),
        sa.Column("reviewed_at", MOMENT, nullable=True),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False),
        sa.Column("dims", JSON, nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 10", name=op.f("ck_responses_score")),
        sa.CheckConstraint("value_ease BETWEEN 1 AND 7", name=op.f("ck_responses_value_ease")),
        sa.CheckConstraint("value_goal BETWEEN 0 AND 4", name=op.f("ck_responses_value_goal")),
        sa.CheckConstraint("value_overall BETWEEN 0 AND 10", name=op.f("ck_responses_value_overall")),
        sa.CheckConstraint("value_points BETWEEN 0 AND 100", name=op.f("ck_responses_value_points")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_responses_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_responses_contact_id_contacts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["goal_id"],
            ["account_goals.id"],
            name=op.f("fk_responses_goal_id_account_goals"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_responses_invitation_id_invitations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
        sa.UniqueConstraint("invitation_id", name=op.f("uq_responses_invitation_id")),
    )
    op.create_index(op.f("ix_responses_account_submitted"), "responses", ["account_id", "submitted_at"])
    op.create_index(op.f("ix_responses_contact_submitted"), "responses", ["contact_id", "submitted_at"])
    op.create_index(op.f("ix_responses_day"), "responses", ["day"])
    op.create_index(op.f("ix_responses_submitted_at"), "responses", ["submitted_at"])
    op.create_index(op.f("ix_responses_updated_at"), "responses", ["updated_at"])
    op.create_table(
        "answers",
        sa.Column("id", ID, nullable=False),
        sa.Column("response_id", ID, nullable=False),
        sa.Column("question_id", ID, nullable=False),
        sa.Column("number", sa.Double(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["question_id"],
            ["questions.id"],
            name=op.f("fk_answers_question_id_questions"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["responses.id"],
            name=op.f("fk_answers_response_id_responses"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("response_id", "question_id", name=op.f("uq_answers_response_id_question_id")),
    )
    op.create_table(
        "response_revisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("response_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("said", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["responses.id"],
            name=op.f("fk_response_revisions_response_id_responses"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_response_revisions")),
        sa.UniqueConstraint("response_id", "number", name=op.f("uq_response_revisions_response_id_number")),
    )
    op.create_table(
        "readings",
        sa.Column("id", ID, nullable=False),
        sa.Column("response_id", ID, nullable=False),
        sa.Column("engine", sa.String(length=32), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("polarity", sa.Double(), nullable=True),
        sa.Column(
            "label",
            choice("negative", "neutral", "mixed", "positive", "unknown", name="label"),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("read_at", MOMENT, nullable=False),
        sa.CheckConstraint("polarity BETWEEN -1 AND 1", name=op.f("ck_readings_polarity")),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["responses.id"],
            name=op.f("fk_readings_response_id_responses"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
        sa.UniqueConstraint(
            "response_id", "engine", "version", name=op.f("uq_readings_response_id_engine_version")
        ),
    )


def downgrade() -> None:
    op.drop_table("readings")
    op.drop_table("response_revisions")
    op.drop_table("answers")
    op.drop_table("responses")
