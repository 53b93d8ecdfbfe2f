"""Colleagues are told of alerts that nobody follows up, too."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID

revision = "0070"
down_revision = "0069"
TABLE = "notices"
CHECK = "ck_notices_noticekind"
KINDS = ("key_detractor", "reply", "escalated", "overdue", "handed_over", "trial")


def limit(kinds: tuple[str, ...]) -> None:
    with op.batch_alter_table(TABLE) as table:
        table.drop_constraint(op.f(CHECK), type_="check")
        table.create_check_constraint(op.f(CHECK), sa.column("kind").in_(kinds))


def upgrade() -> None:
    limit((*KINDS, "alert"))
    with op.batch_alter_table(TABLE) as table:
        table.add_column(sa.Column("alert_id", ID))
        table.create_foreign_key(
            op.f("fk_notices_alert_id_alerts"), "alerts", ["alert_id"], ["id"], ondelete="CASCADE"
        )
    op.create_index(op.f("ix_notices_alert_id"), TABLE, ["alert_id"])


def downgrade() -> None:
    """Notices of the kind that the older program does not know go."""
    op.execute(sa.text("DELETE FROM notices WHERE kind = 'alert'"))
    op.drop_index(op.f("ix_notices_alert_id"), TABLE)
    with op.batch_alter_table(TABLE) as table:
        table.drop_constraint(op.f("fk_notices_alert_id_alerts"), type_="foreignkey")
        table.drop_column("alert_id")
    limit(KINDS)
