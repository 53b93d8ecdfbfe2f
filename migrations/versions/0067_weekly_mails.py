"""Whether somebody wants the mail of the week (nobody has said: as usual for their role), and when the last was written."""

import sqlalchemy as sa
from alembic import op

revision = "0067"
down_revision = "0066"
TABLE = "notice_choices"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("mail_weekly", sa.Boolean(), nullable=True))
    op.add_column(TABLE, sa.Column("weekly_on", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table(TABLE) as table:
        table.drop_column("weekly_on")
        table.drop_column("mail_weekly")
