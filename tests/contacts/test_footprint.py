"""Whom we know against whom we should know."""

from __future__ import annotations

from app.contacts.footprint import footprint
from app.contacts.models import ContactRole

TIER_2 = {"decision_maker": 1, "champion": 1, "admin": 1, "power_user": 5}


def test_three_of_five_power_users_fill_three_quarters_and_two_are_missing():
    found = footprint(["decision_maker", "champion", "admin", *["power_user"] * 3], TIER_2)
    assert found.share == 0.75
    assert [(role.role, role.missing) for role in found.missing] == [(ContactRole.POWER_USER, 2)]


def test_a_second_decision_maker_fills_nobody_elses_place():
    found = footprint(["decision_maker"] * 8 + ["user", "other"], TIER_2)
    assert (found.known, found.expected) == (1, 8)
    assert found.roles[0].known == 8


def test_a_full_template_misses_nobody_and_an_empty_one_has_no_share():
    assert footprint(["champion"], {"champion": 1, "admin": 0}).missing == ()
    assert footprint(["champion"], {}).share is None
