"""Who set the parameters of a version of the formulas, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0063"
TABLE = "formula_versions"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("staff_name", sa.String(200), nullable=False, server_default=""))
    op.add_column(TABLE, sa.Column("reason", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.drop_column("reason")
        table.drop_column("staff_name")
