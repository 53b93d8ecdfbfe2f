"""Schemas that wait until they are used."""

from __future__ import annotations

from copy import deepcopy

import marshmallow as ma
import pytest

from app.api.protocol.fields import Given, Shown


@pytest.mark.parametrize("kind", [Given, Shown])
def test_a_schema_binds_its_fields_at_first_use(kind):
    class Thing(kind):
        name = ma.fields.String(required=True)
        size = ma.fields.Integer()

    declared = deepcopy(Thing(only=["name"]))
    assert "fields" not in vars(declared)
    assert declared.load({"name": "Kim"}) == {"name": "Kim"}
    assert list(declared.fields) == ["name"]
    assert list(Thing().fields) == ["name", "size"]
    with pytest.raises(AttributeError):
        _ = declared.no_such_thing
