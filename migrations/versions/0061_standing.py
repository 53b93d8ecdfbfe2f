"""Where an open task stands in the queue, kept with it, and the indexes by which a page of the queue is read."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
OPEN = sa.text("closed_at IS NULL")
INDEXES = {"ix_tasks_standing_owner": ["owner_id", "standing"], "ix_tasks_standing": ["standing"]}
FILL = """
UPDATE tasks SET standing = priority + CASE WHEN replied_at IS NULL THEN 0 ELSE 1000 END
"""


def upgrade() -> None:
    with op.batch_alter_table("tasks") as table:
        table.add_column(sa.Column("standing", sa.Integer(), nullable=True))
    op.execute(FILL)
    with op.batch_alter_table("tasks") as table:
        table.alter_column("standing", existing_type=sa.Integer(), nullable=False)
    for name, columns in INDEXES.items():
        op.create_index(name, "tasks", columns, sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, "tasks")
    with op.batch_alter_table("tasks") as table:
        table.drop_column("standing")
