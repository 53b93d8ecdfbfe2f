"""How the installation faces customers: forms of address, corrected words, reviews of translations, colour and logo."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    with op.batch_alter_table("installation") as table:
        table.add_column(sa.Column("informal", JSON, nullable=False, server_default="[]"))
        table.add_column(sa.Column("accent", sa.String(7), nullable=True))
        table.add_column(sa.Column("logo", sa.String(32), nullable=True))
        table.add_column(sa.Column("face_version", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("installation") as table:
        for name in ("informal", "face_version"):
            table.alter_column(name, server_default=None)
    op.create_table(
        "corrections",
        sa.Column("id", ID, nullable=False),
        sa.Column("language", sa.String(24), nullable=False),
        sa.Column("original", sa.Text(), nullable=False),
        sa.Column("form", sa.SmallInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("written_by", sa.String(200), nullable=False),
        sa.Column("written_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_corrections"),
    )
    op.create_index("ix_corrections_language", "corrections", ["language"])
    op.create_table(
        "translation_reviews",
        sa.Column("language", sa.String(24), nullable=False),
        sa.Column("reviewer", sa.String(200), nullable=False),
        sa.Column("approved_by", sa.String(200), nullable=False),
        sa.Column("approved_at", MOMENT, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("language", name="pk_translation_reviews"),
    )
    op.create_table(
        "logos",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("media_type", sa.String(32), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_logos"),
    )


def downgrade() -> None:
    op.drop_table("logos")
    op.drop_table("translation_reviews")
    op.drop_index("ix_corrections_language", "corrections")
    op.drop_table("corrections")
    with op.batch_alter_table("installation") as table:
        for name in ("face_version", "logo", "accent", "informal"):
            table.drop_column(name)
