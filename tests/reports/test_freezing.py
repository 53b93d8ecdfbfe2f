"""Frozen reports: what is kept, and why it is otherwise later, adding up exactly."""

from __future__ import annotations

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import journey
from app.core import audit
from app.core.audit import AuditEvent
from app.delivery.models import InvitationState
from app.extensions import db
from app.followups.models import TaskState
from app.reports.freezing import document, keeping, rolls, withholding
from app.reports.freezing.counting.counted import Standpoint
from app.reports.freezing.document import Document, Figure, Row, Table
from app.reports.freezing.models import FrozenLink
from app.reports.freezing.rolls import Cause, Caused
from app.responses.models import Response
from tests import make
from tests.conftest import NOW
from tests.reports.test_why import two_periods  # noqa: F401 a fixture

DAYS = {"from": (NOW.date() - timedelta(days=179)).isoformat(), "to": NOW.date().isoformat()}
LATER = NOW + timedelta(days=2)
PATHS = {"overview": "", "hot_spots": "/hot-spots"}
BY = audit.Actor("staff", None, "Ana")
states = st.dictionaries(st.integers(1, 30), st.sampled_from(["9|1|1", "3|1|1", "7|2|1"]), max_size=20)


def standpoint(now=NOW) -> Standpoint:
    return Standpoint(
        now.date(), now, ZoneInfo("UTC"), lambda dim: lambda of, key: key, lambda days, every: str(days.start)
    )


def frozen(kind: str, **more: str):
    report = keeping.freeze(db.session, kind, "Board", DAYS | more, standpoint(), by=BY)
    db.session.commit()
    return report


def now_of(report):
    db.session.expire_all()
    found = keeping.then_and_now(db.session, report, standpoint(LATER))
    for account in found.accounts:
        assert sum(one.net for one in account.tallies) == account.difference, account
    return found, {
        account.name: {one.cause: (one.came, one.gone, one.changed) for one in account.tallies}
        for account in found.accounts
        if account.tallies
    }


@given(states, states)
def test_causes_add_up_whatever_they_are(then, now):
    changes = rolls.differences(then, now)
    found = rolls.tallies(
        [Caused(change, list(Cause)[change.id % len(Cause)]) for change in changes], lambda s: s[0]
    )
    assert sum(one.net for one in found) == len(now) - len(then)
    for kind in "937":
        more = sum(s[0] == kind for s in now.values()) - sum(s[0] == kind for s in then.values())
        assert sum(one.classes.get(kind, 0) for one in found) == more
    assert rolls.unpack(rolls.pack({"people": then})) == {"people": then}


def test_too_much_is_not_kept_one_by_one(monkeypatch):
    monkeypatch.setattr(rolls, "MOST_KEPT", 1)
    assert rolls.pack({"people": {1: "9", 2: "3"}}) is None


def said(person, score, days_ago, **more):
    ask = make.invitation(contact=person, sent_at=NOW - timedelta(days=days_ago + 1))
    return make.answer(score, now=NOW - timedelta(days=days_ago), invitation=ask, **more)


@pytest.fixture
def people(app):
    """Six people of two accounts who answered, a seventh row of one of them, and an answer that waits for a review."""
    acme, beta = make.account(name="Acme", tier=1), make.account(name="Beta", tier=3)
    found = {name: make.contact(account=acme if name < "f" else beta) for name in "abcdefgh"}
    for name, score in zip("abcdef", (9, 10, 3, 8, 2, 9), strict=True):
        said(found[name], score, 30, comment=f"Words of {name}.")
    said(found["g"], 9, 40)
    said(found["h"], 10, 20, is_automatic=True)
    db.session.commit()
    return found


def answer_of(person) -> Response:
    return db.session.scalars(
        db.select(Response).where(Response.contact_id == person.id).order_by(Response.id)
    ).first()


def everything_happens(people):
    """A late answer, one that takes the place of another, an edit, two reviews, a merge, and a move of segment."""
    late = make.invitation(contact=make.contact(account=people["a"].account), sent_at=NOW - timedelta(days=9))
    make.answer(0, now=NOW + timedelta(hours=1), invitation=late)
    again = make.invitation(contact=people["b"], sent_at=NOW - timedelta(days=3))
    make.answer(4, now=NOW + timedelta(hours=2), invitation=again)
    make.answer(10, now=NOW + timedelta(hours=3), invitation=answer_of(people["c"]).invitation)
    db.session.flush()
    journey.answer_reviewed(
        db.session, answer_of(people["h"]), is_person=True, actor=BY, now=NOW + timedelta(hours=4)
    )
    journey.people_merged(db.session, people["g"].id, people["f"].id, now=NOW + timedelta(hours=5), actor=BY)
    moved = answer_of(people["d"])
    moved.dims = moved.dims | {"tier": "3"}
    db.session.commit()


def test_nothing_is_otherwise_while_nothing_happens(people):
    for kind, more in (
        ("overview", {"every": "month"}),
        ("why", {"against": "before"}),
        ("hot_spots", {"by": "tier"}),
    ):
        found, _causes = now_of(frozen(kind, **more))
        assert found.is_the_same, kind


def test_every_difference_of_votes_has_its_cause(people):
    reports = [
        frozen("hot_spots", by="tier"),
        frozen("overview", every="month", by="tier"),
        frozen("why", against="before"),
    ]
    everything_happens(people)
    votes = {
        Cause.LATE: (2, 1, 0),
        Cause.EDIT: (0, 0, 1),
        Cause.REVIEW: (1, 0, 0),
        Cause.MERGE: (0, 1, 0),
    }
    for report in reports:
        found, causes = now_of(report)
        segment = {Cause.SEGMENT: (0, 0, 1)} if report.kind == "hot_spots" else {}
        assert causes["people"] == votes | segment, report.kind
        assert Cause.OTHER not in causes["people"]
        then, now = (
            next(f.value for f in one.figures if f.key == "people") for one in (found.then, found.now)
        )
        account = next(one for one in found.accounts if one.name == "people")
        assert (then, now) == (account.then, account.now) == (7, 8)
    figures = {one.key: (one.then, one.now) for one in now_of(reports[2])[0].changed if not one.row}
    assert figures["people"] == (7, 8)


def test_a_machine_and_words_taken_away_are_told_apart(people):
    comments, hot = frozen("themes"), frozen("hot_spots", by="tier")
    db.session.execute(
        db.update(Response).where(Response.id == answer_of(people["a"]).id).values(doubts=["gateway"])
    )
    journey.answer_reviewed(
        db.session, answer_of(people["a"]), is_person=False, actor=BY, now=NOW + timedelta(hours=1)
    )
    journey.person_erased(db.session, people["b"], now=NOW + timedelta(hours=2), actor=BY)
    make.answer(
        3, now=NOW + timedelta(hours=3), invitation=answer_of(people["c"]).invitation, comment="Other."
    )
    db.session.commit()
    assert now_of(hot)[1]["people"] == {Cause.REVIEW: (0, 1, 0)}
    _found, causes = now_of(comments)
    assert causes["comments"][Cause.REVIEW] == (0, 1, 0)
    assert causes["comments"][Cause.ERASURE] == (0, 1, 0)
    assert not {Cause.OTHER, Cause.LATE} & causes["comments"].keys()


def test_what_no_record_explains_is_told_as_such(people):
    report = frozen("hot_spots", by="tier")
    answer_of(people["a"]).score = 2
    db.session.commit()
    assert now_of(report)[1]["people"] == {Cause.OTHER: (0, 0, 1)}
    db.session.execute(db.delete(Response).where(Response.id == answer_of(people["d"]).id))
    db.session.commit()
    assert now_of(report)[1]["people"][Cause.ERASURE] == (0, 1, 0)


def test_moves_promises_and_follow_ups_have_causes_of_their_own(people):
    said(people["a"], 3, 8)
    silent = make.invitation(
        contact=people["b"],
        sent_at=NOW - timedelta(days=28),
        state=InvitationState.SILENT,
        silent_at=NOW - timedelta(days=7),
        closed_at=NOW - timedelta(days=7),
    )
    db.session.commit()
    moves, loops = frozen("movers"), frozen("loops")
    make.answer(6, now=NOW + timedelta(hours=1), invitation=silent)
    task = db.session.scalars(db.select(make.Task).where(make.Task.response_id.is_not(None))).first()
    task.first_touched_at, task.outcome = LATER, "resolved"
    task.move(TaskState.CLOSED, now=LATER, by="Ana")
    db.session.commit()
    assert now_of(moves)[1]["moves"].keys() == {Cause.LATE}
    assert now_of(loops)[1]["follow_ups"] == {Cause.LATE: (1, 0, 0), Cause.WORK: (0, 0, 1)}


def test_whom_we_know_and_reach_differs_by_causes_of_its_own(people):
    asked = make.invitation(
        contact=make.contact(account=people["a"].account), sent_at=NOW - timedelta(days=9)
    )
    db.session.commit()
    coverage, levels = frozen("coverage"), frozen("control", every="month", level="10")
    make.answer(8, now=NOW + timedelta(hours=1), invitation=asked)
    make.contact(account=people["a"].account, created_at=LATER)
    people["a"].role = make.ContactRole.CHAMPION
    journey.person_erased(db.session, people["b"], now=NOW + timedelta(hours=2), actor=BY)
    journey.people_merged(db.session, people["g"].id, people["f"].id, now=NOW + timedelta(hours=5), actor=BY)
    db.session.commit()
    _found, causes = now_of(coverage)
    assert causes["contacts"] == {
        Cause.LATE: (1, 0, 1),
        Cause.MERGE: (0, 1, 0),
        Cause.ERASURE: (0, 1, 0),
        Cause.PLACE: (0, 0, 1),
    }
    assert now_of(levels)[1]["asks"] == {Cause.LATE: (1, 0, 0)}


def test_two_sides_are_kept_with_their_groups(people):
    report = frozen("compare", what="groups", by="tier", key="1", key2="3")
    kept = document.from_json(report.document)
    assert [row.values[0] for row in kept.tables[0].rows] == [5, 2]
    moved = answer_of(people["d"])
    moved.dims = moved.dims | {"tier": "3"}
    db.session.commit()
    found, causes = now_of(report)
    assert causes == {"people": {Cause.SEGMENT: (0, 0, 1)}}
    assert [(one.row, one.then, one.now) for one in found.cells if one.key == "n"][:2] == [
        ("1", 5, 4),
        ("3", 2, 3),
    ]


def test_of_fewer_than_five_no_points_and_no_nps_are_frozen(two_periods):  # noqa: F811
    kinds = frozen("why", against="before"), frozen("hot_spots", by="tier")
    why, spots = (document.from_json(one.document) for one in kinds)
    parts, _bands, accounts, _themes = why.tables
    assert [row.values for row in parts.rows] == [(None, 1), (None, 1), (None, 1)]
    assert {row.values[0] for row in accounts.rows} == {None}
    by_key = {one.key: one.value for one in spots.figures}
    assert (by_key["people"], by_key["mean"], by_key["p_overall"]) == (2, None, None)


def test_who_is_erased_is_named_in_no_frozen_report(people):
    person, account = people["a"], people["a"].account
    person.first_name, person.last_name, account.name = "Ada", "Lo", "Practice of ada  LO"
    said(person, 1, 250)
    db.session.commit()
    report = keeping.freeze(
        db.session, "why", "Ada Lovelace and Ada Lo", DAYS | {"against": "before"}, standpoint(), by=BY
    )
    other = keeping.freeze(db.session, "movers", "Adam Lo", DAYS, standpoint(), by=BY)
    before = document.from_json(report.document)
    db.session.commit()
    assert "Practice of ada  LO" in str(report.document)
    journey.person_erased(db.session, person, now=LATER, actor=BY)
    db.session.commit()
    assert (report.name, other.name) == ("Ada Lovelace and Erased person", "Adam Lo")
    assert "Practice of Erased person" in str(report.document)
    assert document.from_json(report.document).figures == before.figures


def test_outsiders_see_no_small_group_nor_what_would_give_it_away():
    rows = tuple(Row(str(n), f"Group {n}", (n, 10.0)) for n in (40, 12, 3, 0))
    table = Table("groups", "Groups", "Group", ("n", "nps"), rows, "n")
    names = Table(
        "accounts",
        "Accounts",
        "Account",
        ("people_behind",),
        (Row("1", "Acme", (9,)),),
        "people_behind",
        True,
    )
    full = Document(
        (Figure("nps", 20.0, 55), Figure("nps_before", 5.0, 4)), (table, names), (("Few.", 3), ("All.", 55))
    )
    shown = withholding.withheld(full, has_names=False)
    assert [row.key for row in shown.tables[0].rows] == ["40", "0"]
    assert [one.name for one in shown.tables] == ["groups"]
    assert [one.value for one in shown.figures] == [20.0, None]
    assert shown.sentences == (("All.", 55),)
    assert withholding.left_out(full, shown) == {"groups": 2}
    assert len(withholding.withheld(full, has_names=True).tables) == 2
    assert document.from_json(full.as_json()) == full


def test_a_report_is_frozen_read_and_thrown_away(app, people, sign_in):
    app.config["WTF_CSRF_ENABLED"] = False
    manager, viewer = sign_in("manager"), sign_in("viewer")
    days = {"from": DAYS["from"], "to": DAYS["to"]}
    assert viewer.post("/reports/frozen", query_string=days | {"kind": "why"}).status_code == 403
    assert manager.get("/reports/frozen/new?kind=elsewhere").status_code == 404
    assert "Nothing is frozen yet" in viewer.get("/reports/frozen").text
    for kind in (
        "overview",
        "why",
        "hot_spots",
        "movers",
        "loops",
        "themes",
        "value",
        "coverage",
        "compare",
        "control",
    ):
        report = manager.get(f"/reports{PATHS.get(kind, '/' + kind)}", query_string=days).text
        assert f"/reports/frozen/new?kind={kind}&amp;from={days['from']}" in report
        asked = manager.get("/reports/frozen/new", query_string=days | {"kind": kind})
        assert "Freeze it" in asked.text
        made = manager.post(
            "/reports/frozen", query_string=days | {"kind": kind}, data={"name": f"<b>{kind}"}
        )
        assert made.status_code == 303
        page = viewer.get(made.location)
        assert page.status_code == 200
        assert "Nothing has changed." in page.text
        assert f"&lt;b&gt;{kind}" in page.text
    db.session.expire_all()
    everything_happens(people)
    db.session.execute(
        db.update(AuditEvent).values(at=db.func.now())
    )  # The pages froze by the clock of today.
    changed = viewer.get("/reports/frozen/3").text
    assert "Together" in changed
    assert "Came in later" in changed
    assert manager.post("/reports/frozen/3/removal").status_code == 303
    assert viewer.get("/reports/frozen/3").status_code == 404
    actions = db.session.scalars(db.select(AuditEvent.action).where(AuditEvent.subject == "report:3")).all()
    assert actions == ["report.freeze", "report.throw_away"]


def test_outsiders_read_by_a_link_until_it_ends(app, people, sign_in):
    app.config["WTF_CSRF_ENABLED"] = False
    manager, viewer, outside = sign_in("manager"), sign_in("viewer"), app.test_client()
    kept = "/reports/frozen/1"
    manager.post("/reports/frozen", query_string=DAYS | {"kind": "hot_spots"}, data={"name": "Board"})
    assert viewer.post(f"{kept}/links").status_code == 403
    for wanted in ({}, {"names": "1", "comments": "1"}):
        assert manager.post(f"{kept}/links", data=wanted).status_code == 303
    full, bare = re.findall(r'value="http://[^"]+(/shared/[^"]+)"', manager.get(kept).text)
    assert "/shared/" not in viewer.get(kept).text
    page = outside.get(bare)
    assert (page.status_code, outside.head(bare).status_code) == (200, 200)
    assert not page.headers.getlist("Set-Cookie")
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.headers["Cache-Control"] == "no-store"
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert "<dd>7</dd>" in page.text
    assert "2 groups, of fewer than five" in page.text
    openings = [outside.get(full).text for _again in range(3)]
    for name in ("Acme", "Words of", "Kim", "Frozen by "):
        assert name not in page.text
        assert all(name in opened for opened in openings)
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", manager.get(kept).text))
    assert "Opened 3 times." in told
    assert "Opened 1 time." in told
    stored = str(db.session.execute(db.select(FrozenLink.__table__)).all())
    assert bare.rpartition("/")[2] not in stored
    assert outside.get(bare[:-1] + ("A" if bare[-1] != "A" else "B")).status_code == 404
    assert manager.post("/reports/frozen/2/links/2/revocation").status_code == 404
    manager.post(f"{kept}/links/1/revocation")
    withdrawn = outside.get(bare)
    assert (withdrawn.status_code, "was withdrawn" in withdrawn.text) == (410, True)
    db.session.execute(db.update(FrozenLink).values(expires_at=FrozenLink.made_at))
    expired = outside.get(full)
    assert (expired.status_code, "has expired" in expired.text, "Acme" in expired.text) == (410, True, False)
    assert "Revoked" in manager.get(kept).text
    manager.post(f"{kept}/removal")
    assert outside.get(full).status_code == 404
