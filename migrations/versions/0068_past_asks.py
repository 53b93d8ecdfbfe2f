"""Files of past asks can be uploaded beside those of accounts and people."""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
TABLE = "import_files"
NAME = "ck_import_files_import_kind"


def upgrade() -> None:
    replace("kind IN ('contacts', 'accounts', 'history')")


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM import_files WHERE kind = 'history'"))
    replace("kind IN ('contacts', 'accounts')")


def replace(condition: str) -> None:
    with op.batch_alter_table(TABLE) as table:
        table.drop_constraint(op.f(NAME), type_="check")
        table.create_check_constraint(op.f(NAME), condition)
