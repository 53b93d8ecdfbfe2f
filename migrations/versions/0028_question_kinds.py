"""Further kinds of questions: what was picked of a list, and kinds that the database need not know."""

import sqlalchemy as sa
from alembic import op

from migrations.types import JSON

revision = "0028"
down_revision = "0027"

KINDS = ("nps", "value_overall", "value_goal", "value_ease", "comment")


def upgrade() -> None:
    with op.batch_alter_table("answers") as table:
        table.add_column(sa.Column("picked", JSON, nullable=True))
    with op.batch_alter_table("questions") as table:
        table.drop_constraint(op.f("ck_questions_questionkind"), type_="check")


def downgrade() -> None:
    """Questions of newer kinds go, with the answers to them: the older program could not read either."""
    questions = sa.table("questions", sa.column("id"), sa.column("kind", sa.String))
    answers = sa.table("answers", sa.column("question_id"))
    newer = sa.select(questions.c.id).where(questions.c.kind.not_in(KINDS))
    op.execute(sa.delete(answers).where(answers.c.question_id.in_(newer)))
    op.execute(sa.delete(questions).where(questions.c.kind.not_in(KINDS)))
    with op.batch_alter_table("questions") as table:
        table.create_check_constraint(op.f("ck_questions_questionkind"), sa.column("kind").in_(KINDS))
    with op.batch_alter_table("answers") as table:
        table.drop_column("picked")
