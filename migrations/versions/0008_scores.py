"""Snapshots, due marks, Adoption, rollups."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "formula_versions",
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("parameters", JSON, nullable=False),
        sa.Column("active_from", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_formula_versions")),
    )
    op.create_table(
        "snapshots",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("relationship", sa.Double(), nullable=True),
        sa.Column("adoption", sa.Double(), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("health", sa.Double(), nullable=True),
        sa.Column(
            "relationship_colour",
            choice("green", "yellow", "red", "grey", name="relationship_colour"),
            nullable=False,
        ),
        sa.Column(
            "adoption_colour",
            choice("green", "yellow", "red", "grey", name="adoption_colour"),
            nullable=False,
        ),
        sa.Column(
            "value_colour", choice("green", "yellow", "red", "grey", name="value_colour"), nullable=False
        ),
        sa.Column(
            "health_colour", choice("green", "yellow", "red", "grey", name="health_colour"), nullable=False
        ),
        sa.Column("memory", JSON, nullable=False),
        sa.Column("explanation", JSON, nullable=False),
        sa.Column("computed_at", MOMENT, nullable=False),
        sa.CheckConstraint("adoption BETWEEN 0 AND 100", name=op.f("ck_snapshots_adoption")),
        sa.CheckConstraint("health BETWEEN 0 AND 100", name=op.f("ck_snapshots_health")),
        sa.CheckConstraint("relationship BETWEEN 0 AND 100", name=op.f("ck_snapshots_relationship")),
        sa.CheckConstraint("value BETWEEN 0 AND 100", name=op.f("ck_snapshots_value")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_snapshots_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["formula_versions.version"], name=op.f("fk_snapshots_version_formula_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("account_id", "on", name=op.f("uq_snapshots_account_id_on")),
    )
    op.create_index(op.f("ix_snapshots_on"), "snapshots", ["on"])
    op.create_table(
        "score_due",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_score_due_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_score_due")),
    )
    op.create_index(op.f("ix_score_due_since"), "score_due", ["since"])
    op.create_table(
        "adoption_scores",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_adoption_scores_score")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_adoption_scores_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adoption_scores")),
        sa.UniqueConstraint("account_id", "as_of", name=op.f("uq_adoption_scores_account_id_as_of")),
    )
    op.create_table(
        "rollup_deltas",
        sa.Column("id", ID, nullable=False),
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("response_id", ID, nullable=True),
        sa.Column("dims", JSON, nullable=False),
        sa.Column("promoters", sa.Integer(), nullable=False),
        sa.Column("passives", sa.Integer(), nullable=False),
        sa.Column("detractors", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("silent", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollup_deltas")),
    )
    op.create_table(
        "rollup_cells",
        sa.Column("series", sa.String(length=16), nullable=False),
        sa.Column("dim", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("promoters", sa.Integer(), nullable=False),
        sa.Column("passives", sa.Integer(), nullable=False),
        sa.Column("detractors", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("silent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "dim", "key", "day", name=op.f("pk_rollup_cells")),
    )
    op.create_table(
        "fold_cursors",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("last_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_fold_cursors")),
    )
    versions = sa.table(
        "formula_versions",
        sa.column("version"),
        sa.column("parameters", JSON),
        sa.column("active_from", MOMENT),
    )
    op.bulk_insert(
        versions, [{"version": "v1", "parameters": {}, "active_from": datetime(2000, 1, 1, tzinfo=UTC)}]
    )


def downgrade() -> None:
    op.drop_table("fold_cursors")
    op.drop_table("rollup_cells")
    op.drop_table("rollup_deltas")
    op.drop_table("adoption_scores")
    op.drop_table("score_due")
    op.drop_table("snapshots")
    op.drop_table("formula_versions")
