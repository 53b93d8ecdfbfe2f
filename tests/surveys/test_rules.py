"""The rules of programs: defaults, overrides, and what is refused in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.errors import Invalid
from app.surveys import rules
from app.surveys.models import Program

SENT = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)


def test_defaults_are_those_people_of_the_field_expect():
    found = rules.checked()
    assert (found.any_days, found.same_survey_days, found.after_decline_days, found.floor_hours) == (
        90,
        180,
        30,
        24,
    )
    assert (found.open_days, found.late_days, found.reminder_days, found.undo_minutes) == (21, 14, (3, 7), 10)
    assert (found.send_days, found.send_from, found.send_until) == ((1, 2, 3), 8, 11)


def test_a_program_overrides_single_rules_and_keeps_the_other_defaults():
    given = rules.checked(quarantine={"any_days": 30}, cadence={"open_days": 10}, reminders=[2])
    stored = rules.columns(given)
    assert stored == {
        "quarantine": {"any_days": 30},
        "cadence": {"open_days": 10},
        "window": {},
        "reminders": [2],
    }
    assert rules.of(Program(**stored)) == given
    assert given.same_survey_days == 180


def test_no_reminders_is_a_choice_of_its_own():
    assert rules.checked(reminders=[]).reminder_days == ()


def test_the_second_reminder_waits_for_the_first():
    found = rules.checked()
    assert found.remind_at(SENT, 1) == SENT + timedelta(days=3)
    assert found.remind_at(SENT, 2, reminded_at=SENT + timedelta(days=3)) == SENT + timedelta(days=7)
    assert found.remind_at(SENT, 2, reminded_at=SENT + timedelta(days=6)) == SENT + timedelta(days=9)
    assert found.remind_at(SENT, 3) is None


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"quarantine": {"any_days": -1}}, "quarantine.any_days"),
        ({"quarantine": {"any_days": True}}, "quarantine.any_days"),
        ({"quarantine": {"any_days": "90"}}, "quarantine.any_days"),
        ({"quarantine": {"floor_hours": 0}}, "quarantine.floor_hours"),
        ({"quarantine": {"speed": 1}}, "quarantine.speed"),
        ({"quarantine": [1]}, "quarantine"),
        ({"cadence": {"open_days": 2}}, "cadence.open_days"),
        ({"reminders": "3"}, "reminders"),
        ({"reminders": [7, 3]}, "reminders"),
        ({"reminders": [3, 3]}, "reminders"),
        ({"reminders": [0]}, "reminders"),
        ({"reminders": [1, 2, 3, 4, 5, 6]}, "reminders"),
        ({"reminders": [21]}, "reminders"),
        ({"window": {"send_days": []}}, "window.send_days"),
        ({"window": {"send_days": [7]}}, "window.send_days"),
        ({"window": {"send_days": [1, 1]}}, "window.send_days"),
        ({"window": {"send_days": 1}}, "window.send_days"),
        ({"window": {"send_from": 12}}, "window.send_until"),
    ],
)
def test_what_cannot_be_used_is_named_at_its_field(given, field):
    with pytest.raises(Invalid) as refused:
        rules.checked(**given)
    assert list(refused.value.errors) == [field]
    assert refused.value.errors[field]
