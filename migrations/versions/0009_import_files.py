"""Files of accounts and contacts that somebody uploaded."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "import_files",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", choice("contacts", "accounts", name="import_kind"), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("preset", sa.String(length=32), nullable=False),
        sa.Column("mapping", JSON, nullable=False),
        sa.Column("columns", JSON, nullable=False),
        sa.Column("report", JSON, nullable=False),
        sa.Column("staff_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("rows_done", sa.Integer(), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("gone_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_import_files_staff_id_staff"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_files")),
    )
    op.create_index(op.f("ix_import_files_staff_id"), "import_files", ["staff_id"])
    op.create_index(op.f("ix_import_files_created_at"), "import_files", ["created_at"])


def downgrade() -> None:
    op.drop_table("import_files")
