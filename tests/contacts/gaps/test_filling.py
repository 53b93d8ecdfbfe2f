"""Language and time zone of many at once: counted, set by account, country or domain, and noted who did it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from app.contacts.gaps import filling
from app.contacts.gaps.filling import Missing, Trait
from app.contacts.models import Contact, ContactStatus
from app.core.audit import AuditEvent
from tests import make
from tests.make import NOW


def values(session) -> set[tuple]:
    session.expire_all()
    return set(session.execute(sa.select(Contact.language, Contact.time_zone)).all())


def test_what_is_missing_is_counted_with_what_holds_instead(session):
    zoned = make.account(time_zone="Asia/Tokyo")
    make.contact(account=zoned, language=None)
    make.contact(language="en", time_zone="Europe/Berlin")
    make.contact(language=None)
    make.contact(language=None, status=ContactStatus.LEFT, left_on=NOW.date())
    assert filling.missing(session) == Missing(people=3, language=2, zone=2, zone_of_account=1)
    only = sa.select(Contact.id).where(Contact.account_id == zoned.id)
    assert filling.missing(session, only) == Missing(1, 1, 1, 1)


@pytest.mark.parametrize(
    ("trait", "key"), [(Trait.COUNTRY, "DE"), (Trait.DOMAIN, "acme.example"), (Trait.ACCOUNT, None)]
)
def test_groups_that_lack_something_are_filled_and_what_is_known_stays(session, trait, key):
    account = make.account(name="Acme")
    for number, language in enumerate((None, None, "fr")):
        address = f"p{number}@acme.example"
        make.contact(account=account, email=address, country="DE", language=language)
    make.contact(email="else@other.example", country="AT", language=None)
    found = {group.key: group for group in filling.groups(session, trait)}
    wanted = key or str(account.id)
    assert (found[wanted].people, found[wanted].language, found[wanted].zone) == (3, 2, 3)
    given = {"language": "de", "time_zone": "Europe/Berlin", "now": NOW}
    done = filling.fill(session, trait, [wanted], with_known=False, **given)
    assert done == {"language": 2, "time_zone": 3}
    assert values(session) == {("de", "Europe/Berlin"), ("fr", "Europe/Berlin"), (None, None)}
    assert filling.fill(session, trait, [wanted], with_known=True, **given) == {"language": 1, "time_zone": 0}
    assert wanted not in {group.key for group in filling.groups(session, trait)}


def test_a_csm_sets_them_on_the_page_and_the_trail_says_so(app, session, sign_in):
    app.config["WTF_CSRF_ENABLED"] = False
    person = make.contact(language=None, country="DE")
    csm = sign_in("csm")
    page = csm.get("/contacts/gaps?by=country").text
    assert "Without a language" in page
    assert 'value="DE"' in page
    answer = csm.post(
        "/contacts/gaps?by=country", data={"group": "DE", "language": "de"}, follow_redirects=True
    )
    assert "Language set for 1 person." in answer.text
    session.refresh(person)
    assert (person.language, person.time_zone) == ("de", None)
    event = session.scalars(sa.select(AuditEvent).filter_by(action="contacts.filled")).one()
    assert event.details["people"] == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"group": "DE"}, "Choose a language or a time zone."),
        ({"language": "de"}, "Choose whose it is to be."),
        ({"group": "DE", "time_zone": "Mars/Crater"}, "Mars/Crater"),
    ],
)
def test_what_cannot_be_done_is_said_and_the_choice_stays(app, session, sign_in, given, said):
    app.config["WTF_CSRF_ENABLED"] = False
    make.contact(language=None, country="DE")
    answer = sign_in("csm").post("/contacts/gaps?by=country", data=given)
    assert answer.status_code == 400
    assert said in answer.text
    assert ('value="DE" checked' in answer.text) == ("group" in given)


def test_a_viewer_does_not_come_here(session, sign_in):
    assert sign_in("viewer").get("/contacts/gaps").status_code == 403
