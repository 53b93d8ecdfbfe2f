"""Days on which members of staff are away, and who stands in; from whom a follow-up was handed over."""

import sqlalchemy as sa
from alembic import op

from migrations.types import ID, MOMENT

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.create_table(
        "absences",
        sa.Column("id", ID, nullable=False),
        sa.Column("staff_id", ID, nullable=False),
        sa.Column("cover_id", ID, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_absences_days")),
        sa.CheckConstraint("cover_id <> staff_id", name=op.f("ck_absences_cover")),
        *[
            sa.ForeignKeyConstraint(
                [f"{one}_id"], ["staff.id"], name=op.f(f"fk_absences_{one}_id_staff"), ondelete="CASCADE"
            )
            for one in ("staff", "cover")
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    for column in ("staff_id", "cover_id"):
        op.create_index(op.f(f"ix_absences_{column}"), "absences", [column])
    op.create_index("ix_absences_to_on", "absences", ["to_on"])
    with op.batch_alter_table("task_steps") as table:
        table.add_column(sa.Column("former_owner_id", ID))
        name = op.f("fk_task_steps_former_owner_id_staff")
        table.create_foreign_key(name, "staff", ["former_owner_id"], ["id"], ondelete="SET NULL")


def downgrade() -> None:
    with op.batch_alter_table("task_steps") as table:
        table.drop_constraint(op.f("fk_task_steps_former_owner_id_staff"), type_="foreignkey")
        table.drop_column("former_owner_id")
    op.drop_table("absences")
