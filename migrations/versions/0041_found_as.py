"""What a search looks through, ready for it: names and addresses in small letters without accents."""

import sqlalchemy as sa
from alembic import op

from app.core.database.finding import folded

revision = "0041"
down_revision = "0040"

SEARCHED = {"accounts": ("name",), "contacts": ("first_name", "last_name", "email")}


def upgrade() -> None:
    for name, columns in SEARCHED.items():
        op.add_column(name, sa.Column("found_as", sa.Text()))
        table = sa.table(name, *[sa.column(column, sa.Text) for column in (*columns, "found_as")])
        together = sa.func.coalesce(table.c[columns[0]], "")
        for column in columns[1:]:
            together = together + " " + sa.func.coalesce(table.c[column], "")
        op.execute(sa.update(table).values(found_as=folded(together)))


def downgrade() -> None:
    for name in SEARCHED:
        op.drop_column(name, "found_as")
