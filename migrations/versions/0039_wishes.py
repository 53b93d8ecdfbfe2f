"""How large a wish is: what would make it a 9 for somebody who gave a 7 or an 8."""

import sqlalchemy as sa
from alembic import op

from migrations.types import choice

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    with op.batch_alter_table("tasks") as table:
        table.add_column(sa.Column("wish", choice("small", "large", name="wish")))


def downgrade() -> None:
    with op.batch_alter_table("tasks") as table:
        table.drop_constraint(op.f("ck_tasks_wish"), type_="check")
        table.drop_column("wish")
