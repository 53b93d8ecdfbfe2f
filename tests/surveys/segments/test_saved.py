"""Saved segments: named filters that programs and lists use, and follow when they change."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.core.audit import SYSTEM
from app.core.errors import Invalid, Refused
from app.journey import accounts_merged
from app.surveys import audience, templates
from app.surveys.models import Program, Segment, Survey
from app.surveys.segments import saved
from tests import make
from tests.make import NOW


def named_by(session, given) -> set[int]:
    return set(session.scalars(audience.people(given)))


def test_a_program_asks_the_people_of_any_of_its_segments_and_follows_their_change(session):
    first, second, third = (make.contact(account=make.account(tier=tier)) for tier in (1, 2, 3))
    large = saved.save(session, None, name="Large", filter={"tiers": [1]})
    small = saved.save(session, None, name="Small", filter={"tiers": [3]})
    given = saved.bound(session, audience.checked({"segments": [large.id, str(small.id)]}))
    program = make.program(audience=given)
    assert named_by(session, program.audience) == {first.id, third.id}
    saved.save(session, large, name="Medium", filter={"tiers": [2]})
    assert named_by(session, program.audience) == {second.id, third.id}
    assert ("Saved segment", "Medium, Small") in audience.described(session, program.audience)
    assert audience.checked(program.audience) == {"segments": [large.id, small.id]}


def test_other_filters_narrow_what_segments_name(session):
    account = make.account(tier=1)
    german = make.contact(account=account, language="de")
    make.contact(account=account, language="en")
    large = saved.save(session, None, name="Large", filter={"tiers": [1]})
    given = saved.bound(session, audience.checked({"segments": [large.id], "languages": ["de"]}))
    assert named_by(session, given) == {german.id}


@pytest.mark.parametrize(("name", "filter"), [("large", {"tiers": [2]}), ("New", {})])
def test_a_segment_needs_a_name_of_its_own_and_a_filter(session, name, filter):
    saved.save(session, None, name="Large", filter={"tiers": [1]})
    with pytest.raises(Invalid):
        saved.save(session, None, name=name, filter=filter)


def test_an_unknown_segment_is_refused(session):
    with pytest.raises(Invalid):
        saved.bound(session, {"segments": [99]})


def test_a_segment_in_use_cannot_be_taken_away(session):
    large = saved.save(session, None, name="Large", filter={"tiers": [1]})
    program = make.program(audience=saved.bound(session, {"segments": [large.id]}))
    with pytest.raises(Refused):
        saved.remove(session, large)
    program.audience = {}
    session.flush()
    saved.remove(session, large)
    assert session.scalars(sa.select(Segment)).all() == []


def test_merged_accounts_are_renamed_in_segments_and_their_copies(session):
    one, other = make.account(), make.account()
    segment = saved.save(session, None, name="Few", filter={"accounts": [one.id]})
    program = make.program(audience=saved.bound(session, {"segments": [segment.id]}))
    to_id = other.id
    accounts_merged(session, one, other, now=NOW, actor=SYSTEM)
    assert segment.filter == {"accounts": [to_id]}
    assert program.audience["segments"][0]["filter"] == {"accounts": [to_id]}


def test_a_long_list_of_segments_goes_on_over_the_page(session, sign_in):
    make.contact(account=make.account(tier=1))
    for number in range(23):
        saved.save(session, None, name=f"Segment {number:02}", filter={"tiers": [1 + number % 3]})
    viewer = sign_in("viewer")
    first, rest = viewer.get("/segments").text, viewer.get("/segments?after=Segment+19").text
    assert "Segment 19" in first
    assert "Segment 20" not in first
    assert "after=Segment+19" in first
    assert "Segment 19" not in rest.replace("after=Segment+19", "")
    assert "Segment 22" in rest


def test_each_segment_counts_its_people(session):
    account = make.account(tier=1)
    make.contact(account=account, language="de")
    make.contact(account=account, language="en")
    large = saved.save(session, None, name="Large", filter={"tiers": [1]})
    german = saved.save(session, None, name="German", filter={"tiers": [1], "languages": ["de"]})
    nobody = saved.save(session, None, name="Small", filter={"tiers": [3]})
    assert saved.sizes(session, [large, german, nobody]) == [2, 1, 0]
    assert saved.sizes(session, []) == []


def test_a_page_of_segments_that_look_for_very_many_values_is_counted(session):
    make.contact(account=make.account(tier=1, segment={"a0": "v999"}))
    many = {"segment": {f"a{name}": [f"v{value}" for value in range(1000)] for name in range(30)}}
    rows = [Segment(name=f"Many {number}", filter=many) for number in range(9)]
    rows.insert(4, Segment(name="Large", filter={"tiers": [1]}))
    assert saved.sizes(session, rows) == [0] * 4 + [1] + [0] * 5


def test_a_manager_makes_a_segment_uses_it_and_lists_its_people(app, session, sign_in):
    app.config["WTF_CSRF_ENABLED"] = False
    templates.ensure(session, now=NOW)
    nps = session.scalars(sa.select(Survey).filter_by(key="nps")).one()
    inside = make.contact(account=make.account(tier=1), last_name="Inside")
    make.contact(account=make.account(tier=3), last_name="Outside")
    manager = sign_in("manager")
    assert "No segment yet" in manager.get("/segments").text
    assert manager.post("/segments", data={"name": "Large"}).status_code == 400
    assert manager.post("/segments", data={"name": "Large", "tiers": ["1"]}).status_code == 303
    segment = session.scalars(sa.select(Segment)).one()
    assert "Large" in manager.get("/programs/new").text
    program = make.program(name="Uses it", survey=nps)
    session.commit()
    page = manager.get(f"/contacts?segment={segment.id}").text
    assert inside.name in page
    assert "Outside" not in page
    changed = manager.post(f"/segments/{segment.id}/edit", data={"name": "Larger", "tiers": ["1", "2"]})
    assert changed.status_code == 303
    assert "Larger" in manager.get("/segments").text
    assert manager.post(f"/segments/{segment.id}/removal").status_code == 303
    assert session.get(Program, program.id) is not None


@pytest.mark.parametrize("others", [{}, {"tiers": [1]}])
def test_a_segment_that_names_another_is_refused_and_stays_what_it_was(session, others):
    first = saved.save(session, None, name="Large", filter={"tiers": [1]})
    for segment in (None, first):
        with pytest.raises(Invalid, match="names no other segment"):
            saved.save(session, segment, name="Nested", filter={"segments": [first.id], **others})
    assert (first.name, first.filter) == ("Large", {"tiers": [1]})


def test_as_many_languages_as_are_taken_can_be_looked_for(session):
    make.contact(language="l99")
    given = audience.checked({"languages": [f"l{number}" for number in range(100)]})
    assert len(named_by(session, given)) == 1
    with pytest.raises(Invalid, match="audience"):
        audience.checked({"languages": [f"l{number}" for number in range(101)]})
