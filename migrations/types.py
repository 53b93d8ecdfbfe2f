"""The column types of migrations, spelled once and frozen: they must not change with the application's own."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def choice(*values: str, name: str) -> sa.Enum:
    """A short string limited by CHECK to `values`."""
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
