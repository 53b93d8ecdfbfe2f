"""A no that another system repeats, and a person who has wished here since to be asked again."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from app import journey
from app.contacts.importers.reading import read_contacts
from app.contacts.importers.report import Report
from app.contacts.importing.contacts import import_contacts
from app.contacts.models import Contact, ContactStatus, OptOutElsewhere
from app.contacts.wishes import Wishes, elsewhere
from app.core.clock import day_of
from app.core.database import transactions
from app.delivery import suppressions
from app.delivery.models import Suppression
from app.extensions import db
from app.public.leaving_routes import RESPONDENT

HEAD = "External ID,Email,First Name,Account Name,Unsubscribed,Unsubscribed On\n"
HUBSPOT = "Record ID,Email,First Name,Company Name,Unsubscribed from all email\n"
SALESFORCE = "Contact ID,Email,First Name,Account Name,Email Opt Out\n"
KIM = "kim@acme.example"
DAY = timedelta(days=1)
NO, NOTHING = "c1,kim@acme.example,Kim,Acme,yes,\n", "c1,kim@acme.example,Kim,Acme,,\n"
YES = "c1,kim@acme.example,Kim,Acme,no,\n"


@pytest.fixture
def bring(app, session):
    """`bring(csv, at)` imports a text at that moment, with all that follows from it, and returns the report."""

    def run(source: str, at: datetime, *, dry_run: bool = False) -> Report:
        reading = read_contacts(io.BytesIO(source.encode()), name="people.csv")
        report = Report.of(reading, is_dry_run=dry_run)
        given = {
            "now": at,
            "today": at.date(),
            "suppressed": lambda keys: suppressions.reasons(db.session, keys),
        }
        for touched in import_contacts(db.session, reading, report, **given):
            if not dry_run:
                journey.rows_imported(db.session, touched, now=at)
                db.session.commit()
        transactions.write(db.session)
        return report

    return run


@pytest.fixture
def wishes(session):
    """`wishes(at)`: Kim presses "Ask me again" on the page behind the link; `off=True` for the opposite."""

    def told(at: datetime, *, off: bool = False) -> None:
        wanted = Wishes(is_unsubscribed=off)
        journey.wishes_told(session, kim(), wanted, now=at, actor=RESPONDENT)
        session.commit()
        transactions.write(session)

    return told


def kim() -> Contact:
    db.session.expire_all()
    return db.session.scalars(sa.select(Contact).where(Contact.email_key == KIM).order_by(Contact.id)).first()


def is_off() -> bool:
    return kim().status is ContactStatus.UNSUBSCRIBED


def test_a_flag_that_is_only_repeated_does_not_undo_what_the_person_wished_since(bring, wishes, now):
    bring(HEAD + NO, now)
    assert is_off()
    wishes(now + DAY)
    for later in (2 * DAY, 3 * DAY):
        assert bring(HEAD + NO, now + later, dry_run=True).not_askable == {}
        report = bring(HEAD + NO, now + later)
        assert not is_off()
        assert (report.askable, report.unchanged, report.updated) == (1, 1, 0)
        (issue,) = report.issues
        assert (issue.column, day_of(now + DAY, ZoneInfo("UTC")).isoformat() in issue.reason) == (
            "Unsubscribed",
            True,
        )
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Suppression)) == 0


def test_a_flag_that_was_lifted_and_set_again_counts(bring, wishes, now):
    bring(HEAD + NO, now)
    wishes(now + DAY)
    bring(HEAD + NOTHING, now + 2 * DAY)
    bring(HEAD + NO, now + 3 * DAY)
    assert not is_off(), "an empty cell says nothing"
    bring(HEAD + YES, now + 4 * DAY)
    assert bring(HEAD + NO, now + 5 * DAY).not_askable == {"unsubscribed": 1}
    assert is_off()
    assert db.session.get(Suppression, KIM).reason == "unsubscribed"


def test_a_flag_of_which_nothing_tells_its_age_counts(bring, wishes, now):
    """Somebody may have said no to a colleague yesterday; a no is never lost by guessing."""
    bring(HEAD + NOTHING, now)
    wishes(now + DAY, off=True)
    wishes(now + 2 * DAY)
    bring(HEAD + NO, now + 3 * DAY)
    assert is_off()
    wishes(now + 4 * DAY)
    bring(HEAD + NO, now + 5 * DAY)
    assert not is_off()


@pytest.mark.parametrize(
    ("dated", "expected"),
    [("2026-02-28", False), ("2026-03-04", True), ("2026-03-05", True), ("2031-01-01", True), ("soon", True)],
)
def test_a_dated_flag_counts_unless_it_is_older_than_the_wish(bring, wishes, now, dated, expected):
    assert now.date() == date(2026, 3, 4)
    bring(HEAD + NOTHING, now - 9 * DAY)
    wishes(now - 8 * DAY, off=True)
    wishes(now)
    bring(HEAD + f"c1,{KIM},Kim,Acme,yes,{dated}\n", now + 3 * DAY)
    assert is_off() is expected


def test_a_day_alone_is_a_no_and_a_day_beside_a_plain_yes_is_past(bring, now):
    bring(HEAD + f"c1,{KIM},Kim,Acme,no,2026-01-01\n", now)
    assert not is_off()
    bring(HEAD + f"c1,{KIM},Kim,Acme,,2026-01-01\n", now)
    assert is_off()


def test_each_system_repeats_its_own_flag(bring, wishes, now):
    bring(HUBSPOT + f"h1,{KIM},Kim,Acme,true\n", now)
    bring(SALESFORCE + f"0035g00000AbCdE,{KIM},Kim,Acme,0\n", now)
    wishes(now + DAY)
    for later in (2 * DAY, 3 * DAY):
        bring(SALESFORCE + f"0035g00000AbCdE,{KIM},Kim,Acme,0\n", now + later)
        bring(HUBSPOT + f"h1,{KIM},Kim,Acme,true\n", now + later)
        assert not is_off()
    bring(SALESFORCE + f"0035g00000AbCdE,{KIM},Kim,Acme,1\n", now + 4 * DAY)
    assert is_off()


def test_no_file_takes_back_a_no(bring, wishes, now):
    bring(HEAD + NO, now)
    bring(HEAD + YES, now + DAY)
    assert is_off()
    wishes(now + 2 * DAY)
    wishes(now + 3 * DAY, off=True)
    bring(HEAD + NO, now + 4 * DAY)
    bring(HEAD + YES, now + 5 * DAY)
    assert is_off()


def test_a_list_that_contradicts_itself_says_no_once(bring, wishes, now):
    both = HEAD + YES + NO
    bring(both, now)
    assert is_off()
    wishes(now + DAY)
    bring(both, now + 2 * DAY)
    assert not is_off()


def test_a_no_that_is_repeated_at_one_account_leaves_the_mailbox_open_at_the_other(bring, wishes, now):
    two = HEAD + NO + f"c2,{KIM},Kim,Other,,\n"
    bring(two, now)
    wishes(now + DAY)
    bring(two, now + 2 * DAY)
    statuses = db.session.scalars(sa.select(Contact.status).where(Contact.email_key == KIM)).all()
    assert statuses == [ContactStatus.ACTIVE] * 2


def test_who_merely_wants_to_be_asked_less_often_has_spoken_too(bring, session, now):
    bring(HEAD + NO, now)
    journey.wishes_told(session, kim(), Wishes(rest_days=365), now=now + DAY, actor=RESPONDENT)
    session.commit()
    transactions.write(session)
    bring(HEAD + NO, now + 2 * DAY)
    assert (is_off(), kim().rest_days) == (False, 365)


def test_what_staff_or_a_merge_opened_is_no_word_of_the_person(bring, session, now):
    """Only the person's own word is later than a flag."""
    bring(HEAD + NO, now)
    kim().resubscribe()
    session.commit()
    transactions.write(session)
    bring(HEAD + NO, now + DAY)
    assert is_off()


def test_an_import_of_many_looks_nothing_up_for_files_without_flags(bring, now):
    bring("Email,First Name,Account Name\n" + f"{KIM},Kim,Acme\n", now)
    bring(HEAD + NOTHING, now)
    assert db.session.scalars(sa.select(OptOutElsewhere)).all() == []


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_since_when_a_no_has_stood(database_kind):
    """A table by hand: the zone decides which day it is; nothing moves what is known but a later day."""
    zone = ZoneInfo("Pacific/Auckland")
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)  # The fifth there.
    first = datetime(2026, 3, 1, 12, tzinfo=UTC)  # The second there.

    def since(known, on):
        return elsewhere.since(known, on and date(2026, 3, on), now=now, zone=zone)

    assert since(None, None) == now
    assert since(first, None) == first
    assert since(first, 2) == first
    assert since(first, 3) == datetime(2026, 3, 3, 11, tzinfo=UTC)
    assert since(None, 5) == now
    assert since(first, 6) == first
    assert not elsewhere.is_taken_back(first, first)
