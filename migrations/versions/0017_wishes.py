"""How people want to be asked: what holds now beside the person, and a row for each time it was said."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT, choice

revision = "0017"
down_revision = "0016"
HAS_WISHES = sa.text("rest_days IS NOT NULL OR unwanted_kind IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("contacts") as table:
        table.add_column(
            sa.Column("unwanted_kind", choice("general", "events", name="unwanted_kind"), nullable=True)
        )
        table.create_check_constraint(op.f("ck_contacts_rest_days"), "rest_days IS NULL OR rest_days > 0")
    op.create_index(
        "ix_contacts_wishes", "contacts", ["email_key"], sqlite_where=HAS_WISHES, postgresql_where=HAS_WISHES
    )
    op.create_table(
        "contact_wishes",
        sa.Column("id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("told_by", sa.String(length=16), nullable=False),
        sa.Column("is_unsubscribed", sa.Boolean(), nullable=False),
        sa.Column("rest_days", sa.SmallInteger(), nullable=True),
        sa.Column("unwanted_kind", choice("general", "events", name="wished_kind"), nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
            name=op.f("fk_contact_wishes_contact_id_contacts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_wishes")),
    )
    op.create_index("ix_contact_wishes_contact_at", "contact_wishes", ["contact_id", "at"])


def downgrade() -> None:
    op.drop_table("contact_wishes")
    op.drop_index("ix_contacts_wishes", "contacts")
    with op.batch_alter_table("contacts") as table:
        table.drop_constraint(op.f("ck_contacts_rest_days"), type_="check")
        table.drop_column("unwanted_kind")
