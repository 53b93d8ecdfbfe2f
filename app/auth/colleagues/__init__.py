"""Who works here, for the lists that pages offer: names and what each may do, read as rows."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from app.auth.models import Role, RoleName, Staff, staff_roles
from app.core.database.prepared import Prepared


class Colleague(NamedTuple):
    """A member of staff as lists name them."""

    id: int
    display_name: str
    role: RoleName

    def may(self, role: RoleName) -> bool:
        return self.role.rank >= role.rank


ACTIVE = Prepared(
    sa.select(Staff.id, Staff.name, Staff.email, Role.name.label("role"))
    .outerjoin(staff_roles, staff_roles.c.staff_id == Staff.id)
    .outerjoin(Role, Role.id == staff_roles.c.role_id)
    .where(Staff.active)
    .order_by(Staff.name, Staff.email)
)


def colleagues(connection: Connection) -> list[Colleague]:
    """Everybody who may sign in, by name, with the highest of their roles."""
    found: dict[int, Colleague] = {}
    for row in ACTIVE.rows(connection):
        role = RoleName(row.role) if row.role else RoleName.VIEWER
        if row.id not in found or role.rank > found[row.id].role.rank:
            found[row.id] = Colleague(row.id, row.name or row.email, role)
    return list(found.values())
