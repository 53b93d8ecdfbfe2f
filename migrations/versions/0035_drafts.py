"""Versions of surveys that are still being written."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    with op.batch_alter_table("survey_versions") as table:
        table.add_column(sa.Column("is_draft", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("survey_versions") as table:
        table.alter_column("is_draft", server_default=None)


def downgrade() -> None:
    """Drafts go: the older program would ask with them."""
    versions = sa.table("survey_versions", sa.column("id"), sa.column("is_draft", sa.Boolean))
    questions = sa.table("questions", sa.column("version_id"))
    drafts = sa.select(versions.c.id).where(versions.c.is_draft)
    op.execute(sa.delete(questions).where(questions.c.version_id.in_(drafts)))
    op.execute(sa.delete(versions).where(versions.c.is_draft))
    with op.batch_alter_table("survey_versions") as table:
        table.drop_column("is_draft")
