"""One reading for each comment, how sure it is, and what people say who know better."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT, choice

revision = "0042"
down_revision = "0041"

LABELS = ("negative", "neutral", "mixed", "positive", "unknown")
FORMER = "uq_readings_response_id_engine_version"


def upgrade() -> None:
    readings = sa.table("readings", sa.column("id"), sa.column("response_id"))
    newest = sa.select(sa.func.max(readings.c.id)).group_by(readings.c.response_id)
    op.execute(sa.delete(readings).where(readings.c.id.not_in(newest)))
    with op.batch_alter_table("readings") as table:
        table.drop_constraint(op.f(FORMER), type_="unique")
        table.create_unique_constraint(op.f("uq_readings_response_id"), ["response_id"])
        table.add_column(sa.Column("corrected", choice(*LABELS, name="corrected")))
        table.add_column(sa.Column("confidence", sa.Double()))
    op.create_index("ix_readings_engine_version", "readings", ["engine", "version"])
    op.create_table(
        "reading_corrections",
        sa.Column("id", ID, nullable=False),
        sa.Column("response_id", ID, nullable=False),
        sa.Column("reading_id", ID, nullable=True),
        sa.Column("engine", sa.String(32), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("language", sa.String(16), nullable=True),
        sa.Column("heard", choice(*LABELS, name="heard"), nullable=False),
        sa.Column("was", choice(*LABELS, name="was"), nullable=False),
        sa.Column("label", choice(*LABELS, name="judged"), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("is_drawn", sa.Boolean(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by", sa.String(200), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{table}.id"],
                name=op.f(f"fk_reading_corrections_{column}_{table}"),
                ondelete=then,
            )
            for column, table, then in (
                ("response_id", "responses", "CASCADE"),
                ("reading_id", "readings", "SET NULL"),
                ("by_id", "staff", "SET NULL"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_corrections")),
    )
    op.create_index("ix_reading_corrections_response", "reading_corrections", ["response_id", "at"])
    op.create_index(op.f("ix_reading_corrections_reading_id"), "reading_corrections", ["reading_id"])


def downgrade() -> None:
    op.drop_table("reading_corrections")
    op.drop_index("ix_readings_engine_version", table_name="readings")
    with op.batch_alter_table("readings") as table:
        table.drop_column("confidence")
        table.drop_constraint(op.f("ck_readings_corrected"), type_="check")
        table.drop_column("corrected")
        table.drop_constraint(op.f("uq_readings_response_id"), type_="unique")
        table.create_unique_constraint(op.f(FORMER), ["response_id", "engine", "version"])
