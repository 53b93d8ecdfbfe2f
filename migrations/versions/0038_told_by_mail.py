"""What we did is told by mail too, and to the people of a segment alone."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    with op.batch_alter_table("improvements") as table:
        table.add_column(sa.Column("segment_id", ID))
        name = op.f("fk_improvements_segment_id_segments")
        table.create_foreign_key(name, "segments", ["segment_id"], ["id"], ondelete="RESTRICT")
    op.create_index(op.f("ix_improvements_segment_id"), "improvements", ["segment_id"])
    op.create_table(
        "improvement_mailings",
        sa.Column("id", ID, nullable=False),
        sa.Column("improvement_id", ID, nullable=False),
        sa.Column("staff_id", ID),
        sa.Column("staff_name", sa.String(200), nullable=False),
        sa.Column("pressed_at", MOMENT, nullable=False),
        sa.Column("undo_until", MOMENT, nullable=False),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["improvement_id"],
            ["improvements.id"],
            name=op.f("fk_improvement_mailings_improvement_id_improvements"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
            name=op.f("fk_improvement_mailings_staff_id_staff"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_improvement_mailings")),
    )
    op.create_index(
        op.f("ix_improvement_mailings_improvement_id"), "improvement_mailings", ["improvement_id"]
    )
    op.create_table(
        "improvement_tellings",
        sa.Column("id", ID, nullable=False),
        sa.Column("improvement_id", ID, nullable=False),
        sa.Column("mailing_id", ID, nullable=False),
        sa.Column("contact_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("invitation_id", ID, nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("told_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("reason", sa.Text()),
        *[
            sa.ForeignKeyConstraint(
                [f"{one}_id"],
                [f"{table}.id"],
                name=op.f(f"fk_improvement_tellings_{one}_id_{table}"),
                ondelete="CASCADE",
            )
            for one, table in (
                ("improvement", "improvements"),
                ("mailing", "improvement_mailings"),
                ("contact", "contacts"),
                ("account", "accounts"),
                ("invitation", "invitations"),
            )
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_improvement_tellings")),
        sa.UniqueConstraint(
            "improvement_id", "contact_id", name=op.f("uq_improvement_tellings_improvement_id_contact_id")
        ),
    )
    for column in ("mailing_id", "contact_id", "account_id", "invitation_id"):
        op.create_index(op.f(f"ix_improvement_tellings_{column}"), "improvement_tellings", [column])


def downgrade() -> None:
    op.drop_table("improvement_tellings")
    op.drop_table("improvement_mailings")
    op.drop_index(op.f("ix_improvements_segment_id"), "improvements")
    with op.batch_alter_table("improvements") as table:
        table.drop_constraint(op.f("fk_improvements_segment_id_segments"), type_="foreignkey")
        table.drop_column("segment_id")
