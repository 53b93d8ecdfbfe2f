"""Favours that colleagues ask, whether a reference may be quoted, and when it was last called upon."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
KINDS = ("reference", "review", "referral", "case_study", "talk", "beta")
CHECKS = (("favours", "ck_favours_favourkind"), ("favour_offers", "ck_favour_offers_offer_kind"))


def limit(kinds: tuple[str, ...]) -> None:
    for table, name in CHECKS:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(name), type_="check")
            batch.create_check_constraint(op.f(name), sa.column("kind").in_(kinds))


def upgrade() -> None:
    limit((*KINDS, "upsell"))
    with op.batch_alter_table("favours") as table:
        table.add_column(sa.Column("may_quote", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("last_used_on", sa.Date(), nullable=True))
    with op.batch_alter_table("favours") as table:
        table.alter_column("may_quote", existing_type=sa.Boolean(), server_default=None)


def downgrade() -> None:
    """Favours of the kind that the older program does not know go."""
    for table, _name in CHECKS:
        op.execute(sa.text(f"DELETE FROM {table} WHERE kind = 'upsell'"))  # noqa: S608 fixed names
    with op.batch_alter_table("favours") as table:
        table.drop_column("last_used_on")
        table.drop_column("may_quote")
    limit(KINDS)
