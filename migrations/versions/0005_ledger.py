"""Waves and the ledger of asks."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT, choice

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "waves",
        sa.Column("id", ID, nullable=False),
        sa.Column("program_id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("purpose", choice("program", "single", "recovery", "test", name="purpose"), nullable=False),
        sa.Column(
            "state",
            choice("waiting", "sending", "paused", "finished", "cancelled", name="wavestate"),
            nullable=False,
        ),
        sa.Column("launch_key", sa.String(length=64), nullable=False),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("launched_at", MOMENT, nullable=False),
        sa.Column("launched_by_id", ID, nullable=True),
        sa.Column("launched_by", sa.String(length=200), nullable=False),
        sa.Column("send_at", MOMENT, nullable=False),
        sa.Column("undo_until", MOMENT, nullable=True),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["launched_by_id"], ["staff.id"], name=op.f("fk_waves_launched_by_id_staff"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["program_id"], ["programs.id"], name=op.f("fk_waves_program_id_programs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["survey_versions.id"],
            name=op.f("fk_waves_version_id_survey_versions"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waves")),
        sa.UniqueConstraint("launch_key", name=op.f("uq_waves_launch_key")),
    )
    op.create_index(op.f("ix_waves_launched_at"), "waves", ["launched_at"])
    op.create_index(op.f("ix_waves_program_id"), "waves", ["program_id"])
    op.create_index(op.f("ix_waves_updated_at"), "waves", ["updated_at"])
    op.create_index(op.f("ix_waves_version_id"), "waves", ["version_id"])
    op.create_table(
        "invitations",
        sa.Column("id", ID, nullable=False),
        sa.Column("wave_id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("version_id", ID, nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("asked_as", sa.String(length=320), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column(
            "purpose", choice("program", "single", "recovery", "test", name="ask_purpose"), nullable=False
        ),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            choice(
                "planned",
                "suppressed",
                "queued",
                "sending",
                "sent",
                "in_doubt",
                "refused",
                "bounced",
                "answered",
                "declined",
                "silent",
                "cancelled",
                name="invitationstate",
            ),
            nullable=False,
        ),
        sa.Column("suppressed_reason", sa.String(length=64), nullable=True),
        sa.Column("free_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.Column("remind_at", MOMENT, nullable=True),
        sa.Column("reminders_left", sa.SmallInteger(), nullable=False),
        sa.Column("closes_at", MOMENT, nullable=True),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("declined_at", MOMENT, nullable=True),
        sa.Column("silent_at", MOMENT, nullable=True),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("is_auto_reply", sa.Boolean(), nullable=False),
        sa.Column("is_maybe_automatic", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "state <> 'answered' OR answered_at IS NOT NULL", name=op.f("ck_invitations_answered_at")
        ),
        sa.CheckConstraint(
            "state <> 'silent' OR silent_at IS NOT NULL", name=op.f("ck_invitations_silent_at")
        ),
        sa.CheckConstraint(
            "state <> 'suppressed' OR suppressed_reason IS NOT NULL",
            name=op.f("ck_invitations_suppressed_reason"),
        ),
        sa.CheckConstraint("sent_at IS NULL OR closes_at IS NOT NULL", name=op.f("ck_invitations_closes_at")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["accounts.id"],
            name=op.f("fk_invitations_account_id_accounts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
            name=op.f("fk_invitations_contact_id_contacts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["survey_versions.id"],
            name=op.f("fk_invitations_version_id_survey_versions"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["waves.id"], name=op.f("fk_invitations_wave_id_waves"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("nonce", name=op.f("uq_invitations_nonce")),
        sa.UniqueConstraint("wave_id", "asked_as", name=op.f("uq_invitations_wave_id_asked_as")),
        sa.UniqueConstraint("wave_id", "contact_id", name=op.f("uq_invitations_wave_id_contact_id")),
    )
    op.create_index(op.f("ix_invitations_account_id"), "invitations", ["account_id"])
    op.create_index(op.f("ix_invitations_asked_as"), "invitations", ["asked_as", "sent_at"])
    op.create_index(op.f("ix_invitations_contact_sent"), "invitations", ["contact_id", "sent_at"])
    op.create_index(op.f("ix_invitations_remind"), "invitations", ["remind_at"])
    op.create_index(op.f("ix_invitations_sent"), "invitations", ["sent_at"])
    op.create_index(op.f("ix_invitations_state_closes"), "invitations", ["state", "closes_at"])
    op.create_index(op.f("ix_invitations_updated_at"), "invitations", ["updated_at"])
    op.create_index(op.f("ix_invitations_wave_state"), "invitations", ["wave_id", "state"])
    op.create_table(
        "invitation_states",
        sa.Column("id", ID, nullable=False),
        sa.Column("invitation_id", ID, nullable=False),
        sa.Column(
            "from_state",
            choice(
                "planned",
                "suppressed",
                "queued",
                "sending",
                "sent",
                "in_doubt",
                "refused",
                "bounced",
                "answered",
                "declined",
                "silent",
                "cancelled",
                name="from_state",
            ),
            nullable=True,
        ),
        sa.Column(
            "state",
            choice(
                "planned",
                "suppressed",
                "queued",
                "sending",
                "sent",
                "in_doubt",
                "refused",
                "bounced",
                "answered",
                "declined",
                "silent",
                "cancelled",
                name="to_state",
            ),
            nullable=False,
        ),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_invitation_states_invitation_id_invitations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation_states")),
    )
    op.create_index(op.f("ix_invitation_states_invitation_at"), "invitation_states", ["invitation_id", "at"])
    op.create_table(
        "reminders",
        sa.Column("id", ID, nullable=False),
        sa.Column("invitation_id", ID, nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("queued_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("ck_reminders_number")),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_reminders_invitation_id_invitations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.UniqueConstraint("invitation_id", "number", name=op.f("uq_reminders_invitation_id_number")),
    )
    op.create_table(
        "visits",
        sa.Column("id", ID, nullable=False),
        sa.Column("invitation_id", ID, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("page", sa.String(length=16), nullable=False),
        sa.Column("is_machine", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitations.id"],
            name=op.f("fk_visits_invitation_id_invitations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    op.create_index(op.f("ix_visits_invitation_id"), "visits", ["invitation_id"])
    op.create_table(
        "suppressions",
        sa.Column("email_key", sa.String(length=320), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("email_key", name=op.f("pk_suppressions")),
    )


def downgrade() -> None:
    op.drop_table("suppressions")
    op.drop_table("visits")
    op.drop_table("reminders")
    op.drop_table("invitation_states")
    op.drop_table("invitations")
    op.drop_table("waves")
