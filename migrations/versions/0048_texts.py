"""Readings of every text of an answer, and what pages count by beside them, in one index each."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, choice

revision = "0048"
down_revision = "0047"

IS_COMMENT = sa.text("question_id IS NULL")
FILL = """
UPDATE readings SET (account_id, day, score, is_counted, intent) = (
    SELECT account_id, day, score,
        NOT is_rehearsal AND (NOT is_maybe_automatic OR reviewed_at IS NOT NULL) AND comment <> '',
        CASE WHEN score IS NULL THEN 'why' WHEN score >= 9 THEN 'like' ELSE 'improve' END
    FROM responses WHERE responses.id = readings.response_id)
"""
LANGUAGE = """
UPDATE readings SET language = (SELECT responses.language FROM responses WHERE responses.id = readings.response_id)
WHERE language IS NULL
"""
THEMED = """
UPDATE readings SET is_themed = EXISTS (
    SELECT 1 FROM theme_mentions JOIN themes ON themes.id = theme_mentions.theme_id
    WHERE themes.is_active AND theme_mentions.response_id = readings.response_id)
WHERE edition > 0
"""
# Joined, not looked up row by row: PostgreSQL uses no index that was made in the same transaction over changed rows.
MENTIONED = """
UPDATE theme_mentions SET reading_id = found.id, account_id = found.account_id, day = found.day,
    score = found.score, is_counted = found.is_counted
FROM readings AS found WHERE found.response_id = theme_mentions.response_id
"""
FACTS = (
    ("account_id", ID),
    ("day", sa.Date()),
    ("score", sa.SmallInteger()),
    ("is_counted", sa.Boolean()),
)
READINGS = ("day", "response_id", "id", "is_counted", "label", "corrected", "language", "score")
READINGS = (*READINGS, "question_id", "account_id", "is_themed")
MENTIONS = ("theme_id", "day", "is_counted", "label", "score", "account_id")
TEXT = ("response_id", "question_id")


def upgrade() -> None:
    with op.batch_alter_table("readings") as table:
        table.add_column(sa.Column("question_id", ID, nullable=True))
        for name, kind in FACTS:
            table.add_column(sa.Column(name, kind, nullable=True))
        table.add_column(sa.Column("intent", sa.String(32), nullable=True))
        table.add_column(sa.Column("is_themed", sa.Boolean(), nullable=True))
    with op.batch_alter_table("reading_corrections") as table:
        table.add_column(sa.Column("question_id", ID, nullable=True))
        table.create_foreign_key(
            op.f("fk_reading_corrections_question_id_questions"),
            "questions",
            ["question_id"],
            ["id"],
            ondelete="RESTRICT",
        )
    for statement in (FILL, LANGUAGE, THEMED):
        op.execute(statement)
    with op.batch_alter_table("readings") as table:
        for name, kind in FACTS:
            if name != "score":
                table.alter_column(name, existing_type=kind, nullable=False)
        table.alter_column(
            "intent",
            existing_type=sa.String(32),
            type_=choice("why", "improve", "like", name="intent"),
            nullable=False,
        )
        table.drop_constraint(op.f("uq_readings_response_id"), type_="unique")
        table.create_unique_constraint(op.f("uq_readings_response_id_question_id"), list(TEXT))
        table.create_foreign_key(
            op.f("fk_readings_question_id_questions"),
            "questions",
            ["question_id"],
            ["id"],
            ondelete="RESTRICT",
        )
    once = {"unique": True, "sqlite_where": IS_COMMENT, "postgresql_where": IS_COMMENT}
    op.create_index("uq_readings_comment", "readings", ["response_id"], **once)
    op.create_index("ix_readings_counting", "readings", list(READINGS))
    upgrade_mentions()


def upgrade_mentions() -> None:
    with op.batch_alter_table("theme_mentions") as table:
        for name, kind in (("reading_id", ID), *FACTS):
            table.add_column(sa.Column(name, kind, nullable=True))
    op.execute(MENTIONED)
    op.execute("DELETE FROM theme_mentions WHERE reading_id IS NULL")
    with op.batch_alter_table("theme_mentions") as table:
        for name, kind in (("reading_id", ID), *FACTS):
            if name != "score":
                table.alter_column(name, existing_type=kind, nullable=False)
        table.drop_constraint(op.f("uq_theme_mentions_theme_id_response_id"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_theme_mentions_reading_id_theme_id"), ["reading_id", "theme_id"]
        )
        table.create_foreign_key(
            op.f("fk_theme_mentions_reading_id_readings"),
            "readings",
            ["reading_id"],
            ["id"],
            ondelete="CASCADE",
        )
    op.create_index("ix_theme_mentions_counting", "theme_mentions", list(MENTIONS))


def downgrade() -> None:
    op.execute(
        "DELETE FROM theme_mentions WHERE reading_id IN (SELECT id FROM readings WHERE question_id IS NOT NULL)"
    )
    op.execute("DELETE FROM reading_corrections WHERE question_id IS NOT NULL")
    op.execute("DELETE FROM readings WHERE question_id IS NOT NULL")
    op.drop_index("ix_theme_mentions_counting", "theme_mentions")
    with op.batch_alter_table("theme_mentions") as table:
        table.drop_constraint(op.f("fk_theme_mentions_reading_id_readings"), type_="foreignkey")
        table.drop_constraint(op.f("uq_theme_mentions_reading_id_theme_id"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_theme_mentions_theme_id_response_id"), ["theme_id", "response_id"]
        )
        for name in ("reading_id", *(name for name, _kind in FACTS)):
            table.drop_column(name)
    op.drop_index("ix_readings_counting", "readings")
    op.drop_index("uq_readings_comment", "readings")
    with op.batch_alter_table("reading_corrections") as table:
        table.drop_constraint(op.f("fk_reading_corrections_question_id_questions"), type_="foreignkey")
        table.drop_column("question_id")
    with op.batch_alter_table("readings") as table:
        table.drop_constraint(op.f("fk_readings_question_id_questions"), type_="foreignkey")
        table.drop_constraint(op.f("ck_readings_intent"), type_="check")
        table.drop_constraint(op.f("uq_readings_response_id_question_id"), type_="unique")
        table.create_unique_constraint(op.f("uq_readings_response_id"), ["response_id"])
        for name in ("question_id", *(name for name, _kind in FACTS), "intent", "is_themed"):
            table.drop_column(name)
