"""What a preset says about the files of one system: which header means what, and how its words are ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from app.contacts.models import ContactRole
from app.core.files.tables import fold

Headers = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Preset:
    """The conventions of one system.

    `signs` are headers only this system writes; one of them makes `auto` consider it. `contacts` and `accounts` name,
    for each field of ours, the headers that hold it, the best first. `roles` turns the system's words for a buying
    role into ours, `customer_stages` are the lifecycle stages in which a person is a customer (first words count, so
    that `Customer - Direct` is one). `segments` are account columns kept as segment attributes; None keeps every
    column that is not read otherwise. `remarks` warn about columns that look like something they are not.
    """

    name: str
    title: str
    contacts: Headers
    accounts: Headers
    signs: tuple[str, ...] = ()
    roles: Mapping[str, ContactRole] = field(default_factory=dict)
    customer_stages: tuple[str, ...] = ("customer",)
    segments: tuple[str, ...] | None = ()
    remarks: Mapping[str, str] = field(default_factory=dict)
    has_own_ids: bool = True

    @cached_property
    def folded_roles(self) -> dict[str, ContactRole]:
        return {fold(word): role for word, role in self.roles.items()}

    def is_customer(self, stage: str) -> bool:
        """True when a lifecycle stage is a customer's; an empty one says nothing against it."""
        first = stage.casefold().split(" - ")[0].strip()
        return not first or first in self.customer_stages

    def is_signed(self, headers: set[str]) -> bool:
        """True when folded `headers` hold one that only this system writes."""
        return any(fold(sign) in headers for sign in self.signs)
