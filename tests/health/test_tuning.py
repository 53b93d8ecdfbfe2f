"""The parameters of the formulas: each in its range, a version for each change, past days as they were."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from app.contacts.models import ContactRole
from app.core import clock
from app.core.audit import Actor, AuditEvent
from app.core.errors import Invalid, Refused
from app.extensions import db
from app.health import snapshots
from app.health.formula import score_account
from app.health.gathering import gather
from app.health.jobs import refresh_due_scores
from app.health.models import Colour, FormulaVersion
from app.health.parameters import V1, FormulaSet
from app.health.tuning import preview, versions
from app.health.tuning.knobs import GROUPS, KNOBS, changed, problems, read
from tests import make
from tests.conftest import NOW

TODAY, DAY, UTC = NOW.date(), timedelta(days=1), ZoneInfo("UTC")
INES = Actor("staff", None, "Ines Vogel")


def numbers(stored, path="") -> set[str]:
    """Every number in a stored set, by path."""
    entries = stored.items() if isinstance(stored, dict) else enumerate(stored)
    found = set()
    for key, entry in entries:
        here = f"{path}.{key}" if path else str(key)
        if isinstance(entry, dict | list):
            found |= numbers(entry, here)
        elif isinstance(entry, int | float) and not isinstance(entry, bool):
            found.add(here)
    return found


def test_every_parameter_is_on_the_page_within_its_range_and_may_be_as_it_ships():
    elsewhere = {
        f"templates.{n}.{role}.{kind}"
        for n in (1, 3)
        for role in V1.template(2)
        for kind in ("weight", "value_weight")
    }
    fixed = {"usual_tier", "other_role.people"}
    assert numbers(V1.as_json()) - elsewhere - fixed == {knob.path for knob in KNOBS}
    assert problems(V1) == {}
    assert all(str(knob.label) and str(group.why) for group in GROUPS for knob in group.knobs)
    assert changed(V1, {knob.path: knob.usual for knob in KNOBS}) == V1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"sentiment_half_life": 0}, "sentiment_half_life"),
        ({"value_weights.goal": 1e300}, "value_weights.goal"),
        ({"relationship_weights.recency": 0.2}, "relationship_weights.followup"),
        ({"stages.renewal.value": 0.5}, "stages.renewal.value"),
        ({"ltr_points.7": 20}, "ltr_points.7"),
        ({"colours.green_lost_below": 71}, "colours.first_green"),
        ({"ceilings.unasked": 101}, "ceilings.unasked"),
        ({"templates.2.champion.weight": float("nan")}, "templates.2.champion.weight"),
    ],
)
def test_what_cannot_be_is_refused_at_its_parameter(values, field):
    assert field in problems(changed(V1, values))


def test_what_a_role_weighs_is_the_same_in_every_tier():
    heavy = changed(V1, {"templates.2.champion.weight": 5, "templates.1.champion.people": 4})
    assert [heavy.template(tier)["champion"].weight for tier in (1, 2, 3)] == [5, 5, 5]
    assert [heavy.template(tier)["champion"].people for tier in (1, 2, 3)] == [4, 1, 1]


def test_a_change_is_a_new_version_and_past_days_keep_theirs(app):
    account = make.account()
    buyer = make.contact(account=account, role=ContactRole.DECISION_MAKER)
    make.answer(9, invitation=make.invitation(contact=buyer))
    db.session.commit()
    refresh_due_scores(NOW)
    kept = snapshots.on_day(db.session, account.id, TODAY)
    wanted = changed(V1, {"ceilings.single_thread": 20, "recency_half_life": 30})
    later = NOW + DAY
    row = versions.change(db.session, wanted, based_on="v1", reason="Yearly asks.", now=later, by=INES)
    db.session.commit()
    assert (row.version, row.staff_name, row.reason) == ("v1.1", "Ines Vogel", "Yearly asks.")
    assert refresh_due_scores(later) == 1
    now = snapshots.on_day(db.session, account.id, later.date())
    assert (now.version, now.score("relationship") < kept.score("relationship")) == ("v1.1", True)
    again = snapshots.on_day(db.session, account.id, TODAY)
    facts = gather(db.session, [account.id], as_of=TODAY, zone=UTC)[account.id]
    of_then = versions.of_version(db.session, again.version)
    assert (again.scores, again.version) == (kept.scores, "v1")
    assert score_account(facts, of_then).relationship.score == kept.score("relationship")
    ((_row, changes), (_first, none)) = versions.history(db.session)
    assert {change.knob.path: (change.before, change.after) for change in changes} == {
        "ceilings.single_thread": (50, 20),
        "recency_half_life": (90, 30),
    }
    assert none == []
    (event,) = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "scores.parameters"))
    assert event.details["changes"]["recency_half_life"] == [90, 30]


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_nobody_changes_what_another_has_changed_meanwhile_and_nothing_is_no_version(app):
    def change(wanted, based_on="v1", reason="x"):
        return versions.change(db.session, wanted, based_on=based_on, reason=reason, now=NOW, by=INES)

    assert change(V1) is None
    other = changed(V1, {"threads": 4})
    with pytest.raises(Invalid):
        change(other, reason=" ")
    for number in range(10):
        other = changed(V1, {"threads": 4 + number})
        former = versions.present(db.session).version
        assert change(other, based_on=former).version == f"v1.{number + 1}"
    assert versions.present(db.session) == FormulaSet.from_json(other.as_json() | {"version": "v1.10"})
    with pytest.raises(Refused):
        change(V1)


def test_a_preview_counts_whose_colour_would_be_another_and_by_how_much(app):
    accounts = [make.account(name=f"Company {n}") for n in range(3)]
    for account, score in zip(accounts, (10, 10, 0), strict=True):
        for role in (ContactRole.DECISION_MAKER, ContactRole.CHAMPION, ContactRole.ADMIN):
            make.answer(score, invitation=make.invitation(contact=make.contact(account=account, role=role)))
    db.session.commit()
    today = {"today": TODAY, "zone": UTC}
    same = preview.preview(db.session, V1, V1, **today).scores["relationship"]
    assert (same.recoloured, same.mean, len(same.points)) == ([], 0, 3)
    strict = changed(
        V1, {"colours.first_green": 100, "colours.green_from": 100, "colours.green_lost_below": 100}
    )
    seen = preview.preview(db.session, V1, strict, **today)
    moved = seen.scores["relationship"]
    assert moved.ways == [(Colour.GREEN, Colour.YELLOW, 2)]
    assert ({seen.accounts[one.account_id].name for one in moved.shown}, moved.mean) == (
        {"Company 0", "Company 1"},
        0,
    )
    low = preview.preview(db.session, V1, changed(V1, {"ltr_points.10": 85}), **today).scores["relationship"]
    assert low.least < 0 == low.most
    assert db.session.scalar(sa.select(sa.func.count(FormulaVersion.version))) == 1


def sent(client, url, **fields):
    """The form as the page shows it, with some fields changed."""
    page = client.get("/settings/scores").text
    filled = dict(re.findall(r'<input[^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', page))
    filled |= {
        name: value for value, name in re.findall(r'<input[^>]*?value="([^"]*)"[^>]*?name="([^"]+)"', page)
    }
    return client.post(url, data=filled | fields)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_page_shows_previews_and_saves(app, sign_in):
    account = make.account(name="Wells <b>")
    ask = make.invitation(contact=make.contact(account=account), sent_at=clock.now())
    make.answer(10, invitation=ask, now=clock.now())
    db.session.commit()
    manager = sign_in("manager")
    seen = sent(manager, "/settings/scores/preview", threads="1")
    assert seen.status_code == 200
    assert "1 parameter is different" in seen.text
    assert sent(manager, "/settings/scores/preview", threads="0").status_code == 400
    assert "Nothing is different" in sent(manager, "/settings/scores/preview").text
    assert sent(manager, "/settings/scores", threads="2").status_code == 400
    assert sent(manager, "/settings/scores", threads="2", reason="Small <b>teams</b>").status_code == 303
    page = manager.get("/settings/scores").text
    assert "Small &lt;b&gt;teams&lt;/b&gt;" in page
    assert "holds now" in page
    assert read(versions.present(db.session).as_json(), "threads") == 2
    assert sent(manager, "/settings/scores", based_on="v1", reason="x", threads="5").status_code == 409
    assert sign_in("csm").get("/settings/scores").status_code == 403
