"""Accounts, contacts, dated roles, stages and goals."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, JSON, MOMENT, choice

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("tier", sa.SmallInteger(), nullable=True),
        sa.Column("segment", JSON, nullable=False),
        sa.Column("stage", choice("onboarding", "steady", "renewal", "lost", name="stage"), nullable=False),
        sa.Column("arr", sa.Numeric(precision=14, scale=2), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("owner_id", ID, nullable=True),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("renewal_on", sa.Date(), nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("arr IS NULL OR arr >= 0", name=op.f("ck_accounts_arr")),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_accounts_name")),
        sa.CheckConstraint("tier IS NULL OR tier BETWEEN 1 AND 3", name=op.f("ck_accounts_tier")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["staff.id"], name=op.f("fk_accounts_owner_id_staff"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("external_id", name=op.f("uq_accounts_external_id")),
    )
    op.create_index(op.f("ix_accounts_name"), "accounts", ["name"])
    op.create_index(op.f("ix_accounts_owner_id"), "accounts", ["owner_id"])
    op.create_index(op.f("ix_accounts_updated_at"), "accounts", ["updated_at"])
    op.create_table(
        "account_domains",
        sa.Column("account_id", ID, nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_account_domains_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "domain", name=op.f("pk_account_domains")),
    )
    op.create_index(op.f("ix_account_domains_domain"), "account_domains", ["domain"])
    op.create_table(
        "account_stages",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column(
            "stage", choice("onboarding", "steady", "renewal", "lost", name="dated_stage"), nullable=False
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_account_stages_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_stages")),
    )
    op.create_index(op.f("ix_account_stages_account_from"), "account_stages", ["account_id", "from_on"])
    op.create_table(
        "account_keys",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("system", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_account_keys_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_keys")),
        sa.UniqueConstraint("system", "key", name=op.f("uq_account_keys_system_key")),
    )
    op.create_index(op.f("ix_account_keys_account_id"), "account_keys", ["account_id"])
    op.create_table(
        "account_goals",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_account_goals_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_goals")),
    )
    op.create_index(op.f("ix_account_goals_account_id"), "account_goals", ["account_id"])
    op.create_table(
        "contacts",
        sa.Column("id", ID, nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("email_key", sa.String(length=320), nullable=True),
        sa.Column("first_name", sa.String(length=120), nullable=False),
        sa.Column("last_name", sa.String(length=120), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column(
            "role",
            choice("decision_maker", "champion", "admin", "power_user", "user", "other", name="contactrole"),
            nullable=False,
        ),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("country", sa.String(length=64), nullable=True),
        sa.Column(
            "status",
            choice("active", "left", "bounced", "unsubscribed", "erased", name="contactstatus"),
            nullable=False,
        ),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column(
            "not_askable",
            choice(
                "lifecycle", "own_domain", "role_mailbox", "invalid_email", "no_account", name="notaskable"
            ),
            nullable=True,
        ),
        sa.Column("unsubscribed_at", MOMENT, nullable=True),
        sa.Column("bounced_at", MOMENT, nullable=True),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("status <> 'left' OR left_on IS NOT NULL", name=op.f("ck_contacts_left_on")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_contacts_account_id_accounts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("account_id", "email_key", name=op.f("uq_contacts_account_id_email_key")),
        sa.UniqueConstraint("external_id", name=op.f("uq_contacts_external_id")),
    )
    op.create_index(op.f("ix_contacts_email_key"), "contacts", ["email_key"])
    op.create_index(op.f("ix_contacts_updated_at"), "contacts", ["updated_at"])
    op.create_table(
        "contact_roles",
        sa.Column("id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column(
            "role",
            choice("decision_maker", "champion", "admin", "power_user", "user", "other", name="dated_role"),
            nullable=False,
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
            name=op.f("fk_contact_roles_contact_id_contacts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_roles")),
    )
    op.create_index(op.f("ix_contact_roles_contact_from"), "contact_roles", ["contact_id", "from_on"])
    op.create_table(
        "contact_keys",
        sa.Column("id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("system", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
            name=op.f("fk_contact_keys_contact_id_contacts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_keys")),
        sa.UniqueConstraint("system", "key", name=op.f("uq_contact_keys_system_key")),
    )
    op.create_index(op.f("ix_contact_keys_contact_id"), "contact_keys", ["contact_id"])
    op.create_table(
        "owner_matches",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_owner_matches_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_owner_matches")),
    )
    op.create_index(op.f("ix_owner_matches_staff_id"), "owner_matches", ["staff_id"])


def downgrade() -> None:
    op.drop_table("owner_matches")
    op.drop_table("contact_keys")
    op.drop_table("contact_roles")
    op.drop_table("contacts")
    op.drop_table("account_goals")
    op.drop_table("account_keys")
    op.drop_table("account_stages")
    op.drop_table("account_domains")
    op.drop_table("accounts")
