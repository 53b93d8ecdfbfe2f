"""What webhooks send of a row: the very JSON that the API gives of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.api import alerts, contacts, responses, tasks, waves
from app.api.protocol.frame import Listing, Resource
from app.extensions import db

RESOURCES: Mapping[str, Resource] = {
    "contact": contacts.resource,
    "wave": waves.resource,
    "response": responses.resource,
    "task": tasks.resource,
    "alert": alerts.resource,
}


def describe(resource: str, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The rows of a resource that are there, by id, as lists of the API show them."""
    listing = listing_of(RESOURCES[resource])
    model = listing.of or listing.stamp.class_
    rows = list(db.session.scalars(listing.view({}).where(model.id.in_(ids))))
    numbers = [row.id for row in rows]
    told = listing.told(rows) if listing.told else rows
    return dict(zip(numbers, listing.item(many=True).dump(told), strict=True))


def listing_of(resource: Resource) -> Listing:
    """The list that has the resource's own name."""
    return next(one for one in resource.listings if one.path == f"/{resource.title}")
