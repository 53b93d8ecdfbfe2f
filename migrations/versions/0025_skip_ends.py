"""The moment at which a skip ends, so that it is a gate of time like the others."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from migrations.types import MOMENT

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.add_column("skips", sa.Column("free_at", MOMENT, nullable=True))
    connection = op.get_bind()
    skips = sa.table("skips", sa.column("until_on", sa.Date()), sa.column("free_at", MOMENT))
    zone = ZoneInfo(connection.scalar(sa.text("SELECT time_zone FROM installation")) or "UTC")
    for day in connection.scalars(sa.select(skips.c.until_on).distinct()).all():
        end = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        connection.execute(sa.update(skips).where(skips.c.until_on == day).values(free_at=end))


def downgrade() -> None:
    op.drop_column("skips", "free_at")
