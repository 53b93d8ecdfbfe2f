"""Themes: the dictionary, the mentions found by it, and phrases it does not know."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0045"
down_revision = "0044"

LABELS = ("negative", "neutral", "mixed", "positive", "unknown")


def upgrade() -> None:
    with op.batch_alter_table("readings") as table:
        table.add_column(sa.Column("edition", sa.Integer(), nullable=False, server_default="0"))
        table.create_index(op.f("ix_readings_edition"), ["edition"])
    op.create_table(
        "themes",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(40), nullable=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column(
            "department", choice("product", "support", "sales", "accounts", name="department"), nullable=True
        ),
        sa.Column("phrases", JSON, nullable=False),
        sa.Column("exclusions", JSON, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_themes")),
        sa.UniqueConstraint("key", name=op.f("uq_themes_key")),
    )
    op.create_index(op.f("ix_themes_updated_at"), "themes", ["updated_at"])
    op.create_table(
        "theme_editions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("is_seeded", sa.Boolean(), nullable=False),
        sa.Column("suggested_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theme_editions")),
    )
    op.create_table(
        "theme_mentions",
        sa.Column("id", ID, nullable=False),
        sa.Column("theme_id", ID, nullable=False),
        sa.Column("response_id", ID, nullable=False),
        sa.Column("polarity", sa.Double(), nullable=True),
        sa.Column("label", choice(*LABELS, name="mentioned"), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_theme_mentions_{column}_{table}"),
                ondelete="CASCADE",
            )
            for column, table in (("theme_id", "themes"), ("response_id", "responses"))
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theme_mentions")),
        sa.UniqueConstraint("theme_id", "response_id", name=op.f("uq_theme_mentions_theme_id_response_id")),
    )
    op.create_index(op.f("ix_theme_mentions_response_id"), "theme_mentions", ["response_id"])
    op.create_table(
        "theme_suggestions",
        sa.Column("id", ID, nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("phrase", sa.String(80), nullable=False),
        sa.Column("ground", choice("detractors", "rising", "frequent", name="ground"), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("n", "before", "detractors", "promoters")
        ),
        sa.Column("log_odds", sa.Double(), nullable=False),
        sa.Column("dismissed_at", MOMENT, nullable=True),
        sa.Column("dismissed_by", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_theme_suggestions")),
        sa.UniqueConstraint("language", "phrase", name=op.f("uq_theme_suggestions_language_phrase")),
    )


def downgrade() -> None:
    for table in ("theme_suggestions", "theme_mentions", "theme_editions", "themes"):
        op.drop_table(table)
    with op.batch_alter_table("readings") as table:
        table.drop_index(op.f("ix_readings_edition"))
        table.drop_column("edition")
