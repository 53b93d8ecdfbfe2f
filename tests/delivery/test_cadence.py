"""The gates: each by table, the SQL of a wave against the pure oracle by property, and why one person is not asked."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from app.contacts.models import AskKind, Contact, ContactStatus, NotAskable
from app.core import tokens
from app.delivery import cadence
from app.delivery.asking import caps, gates, moments
from app.delivery.asking.gates import PastAsk, Person, Reason
from app.delivery.models import Invitation, InvitationState, Purpose, Reminder, Skip, Suppression
from app.delivery.sending import windows
from app.surveys import rules
from app.surveys.models import ProgramKind
from app.surveys.rules import Rules
from tests import make
from tests.make import NOW

TODAY = NOW.date()
BERLIN = ZoneInfo("Europe/Berlin")
SENT, DECLINED = InvitationState.SENT, InvitationState.DECLINED


def days(count: float) -> timedelta:
    return timedelta(days=count)


def asked(ago: timedelta, state=InvitationState.ANSWERED, **more) -> PastAsk:
    sent_at = NOW - ago
    return PastAsk(state, sent_at=sent_at, closes_at=sent_at + days(21), **more)


def judged(
    *asks: PastAsk, purpose=Purpose.PROGRAM, rules=Rules(), kind=AskKind.GENERAL, **person
) -> gates.Verdict:
    someone = Person(id=1, email_key="a@customer.example", asks=asks)
    someone = someone if not person else Person(**(someone.__dict__ | person))
    return gates.judge([someone], rules, at=NOW, today=TODAY, purpose=purpose, kind=kind)[1]


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        ({}, None),
        *[({"not_askable": kind}, Reason(kind.value)) for kind in NotAskable],
        ({"has_account": False}, Reason.NO_ACCOUNT),
        ({"status": ContactStatus.ERASED}, Reason.ERASED),
        ({"status": ContactStatus.BOUNCED}, Reason.BOUNCED),
        ({"is_suppressed": True}, Reason.SUPPRESSED_ADDRESS),
        ({"email_key": None}, Reason.NO_ADDRESS),
        ({"status": ContactStatus.UNSUBSCRIBED}, Reason.UNSUBSCRIBED),
        ({"unsubscribed_at": NOW}, Reason.UNSUBSCRIBED),
        ({"unsubscribed_at": NOW, "is_suppressed": True}, Reason.UNSUBSCRIBED),
        ({"status": ContactStatus.LEFT}, Reason.LEFT),
        ({"left_on": TODAY}, Reason.LEFT),
        ({"left_on": TODAY + days(1)}, None),
        ({"unwanted_kind": AskKind.GENERAL}, Reason.UNWANTED_KIND),
        ({"unwanted_kind": AskKind.EVENTS}, None),
    ],
)
def test_a_lasting_gate_never_opens_by_waiting(person, reason):
    assert judged(**person) == gates.Verdict(reason)


@pytest.mark.parametrize(
    ("asks", "reason", "free_in"),
    [
        ([asked(timedelta(hours=23))], Reason.FLOOR, days(90) - timedelta(hours=23)),
        ([asked(days(89))], Reason.QUARANTINE, days(1)),
        ([asked(days(90))], None, None),
        ([asked(days(179), is_same_survey=True)], Reason.QUARANTINE_SAME_SURVEY, days(1)),
        ([asked(days(180), is_same_survey=True)], None, None),
        ([asked(days(40), DECLINED, declined_at=NOW - days(29))], Reason.QUARANTINE_AFTER_DECLINE, days(1)),
        ([asked(days(40), DECLINED, declined_at=NOW - days(30))], None, None),
        (
            [asked(days(40), DECLINED, declined_at=NOW - days(35), is_same_survey=True)],
            Reason.QUARANTINE_SAME_SURVEY,
            days(140),
        ),
        ([asked(days(40), InvitationState.BOUNCED)], None, None),
        ([asked(timedelta(hours=1), InvitationState.BOUNCED)], Reason.FLOOR, timedelta(hours=23)),
        ([asked(days(10), InvitationState.IN_DOUBT)], Reason.QUARANTINE, days(80)),
        ([PastAsk(InvitationState.PLANNED)], Reason.OPEN_ASK, None),
        ([PastAsk(InvitationState.CANCELLED)], None, None),
        ([asked(days(1), is_rehearsal=True), asked(days(1), purpose=Purpose.TEST)], None, None),
    ],
)
def test_a_gate_of_time_opens_on_its_day(asks, reason, free_in):
    assert judged(*asks) == gates.Verdict(reason, NOW + free_in if free_in else None)


@pytest.mark.parametrize(
    ("past", "free_in"),
    [
        (asked(days(181)), days(1)),
        (asked(days(182)), None),
        (asked(days(181), DECLINED, declined_at=NOW - days(180)), days(1)),
        (asked(days(100), InvitationState.CANCELLED), days(82)),
        (asked(days(100), InvitationState.BOUNCED), None),
    ],
)
def test_somebody_who_wants_to_be_asked_less_often_rests_longer_whoever_asks(past, free_in):
    for purpose in (Purpose.PROGRAM, Purpose.SINGLE, Purpose.RECOVERY):
        found = judged(past, purpose=purpose, rest_days=182)
        reason = Reason.LESS_OFTEN if free_in else None
        assert found == gates.Verdict(reason, NOW + free_in if free_in else None)


def test_what_a_program_asks_about_follows_from_its_kind_and_the_purpose():
    kinds = {kind: gates.kind_of(kind, Purpose.PROGRAM) for kind in ProgramKind}
    assert [kind for kind in kinds if kinds[kind] is AskKind.EVENTS] == [ProgramKind.TRANSACTIONAL]
    assert gates.kind_of(ProgramKind.MANUAL, Purpose.RECOVERY) is AskKind.EVENTS
    assert judged(kind=AskKind.EVENTS, unwanted_kind=AskKind.EVENTS).reason is Reason.UNWANTED_KIND


def test_without_quarantine_an_open_ask_still_stands_in_the_way():
    loose = Rules(any_days=0, same_survey_days=0)
    assert judged(asked(days(2), SENT), rules=loose) == gates.Verdict(Reason.OPEN_ASK, NOW + days(19))
    assert judged(asked(days(2)), rules=loose).reason is None


def test_recovery_is_exempt_from_quarantine_but_not_from_the_floor_or_the_lasting_gates():
    recovery = Purpose.RECOVERY
    assert judged(asked(days(20), is_same_survey=True), purpose=recovery).reason is None
    assert judged(asked(timedelta(hours=20)), purpose=recovery).reason == Reason.FLOOR
    assert judged(purpose=recovery, unsubscribed_at=NOW).reason == Reason.UNSUBSCRIBED


def test_a_skip_holds_for_programs_only():
    skipped = {"skipped_until": NOW + days(9)}
    assert judged(**skipped) == gates.Verdict(Reason.SKIPPED, NOW + days(9))
    assert judged(asked(days(30)), **skipped) == gates.Verdict(Reason.SKIPPED, NOW + days(60))
    assert judged(skipped_until=NOW).reason is None
    assert judged(purpose=Purpose.SINGLE, **skipped).reason is None
    assert judged(purpose=Purpose.RECOVERY, **skipped).reason is None


def test_one_mailbox_is_asked_once_through_whoever_may_be_asked():
    left = Person(id=1, email_key="a@customer.example", status=ContactStatus.LEFT)
    first, second = (Person(id=number, email_key="a@customer.example") for number in (2, 3))
    found = gates.judge([second, first, left], Rules(), at=NOW, today=TODAY)
    assert [found[number].reason for number in (1, 2, 3)] == [Reason.LEFT, None, Reason.DUPLICATE_ADDRESS]


def test_every_reason_has_words_and_those_of_time_are_told_apart():
    assert all(str(reason.words) for reason in Reason)
    assert {reason for reason in Reason if reason.is_of_time} == set(list(Reason)[-9:])


AGO = [days(d) + timedelta(milliseconds=ms) for d in (1, 5, 21, 30, 90, 180) for ms in (-1, 0, 1)]
MAILBOXES = ["a@customer.example", "b@customer.example"]
ASKS, PEOPLE = 5, 4
some = st.sampled_from
ZONES = ["", "Pacific/Tongatapu", "America/Los_Angeles", "Asia/Kolkata"]
plain_person = st.fixed_dictionaries(
    {"email_key": some(MAILBOXES)},
    optional={"time_zone": some([None, *ZONES]), "rest_days": some([1, 60, 200])},
)
odd_person = st.one_of(  # One oddity at a time, or they would hide one another.
    *[
        st.fixed_dictionaries({"email_key": some(MAILBOXES)} | {name: some(values)})
        for name, values in {
            "email_key": [None],
            "status": list(ContactStatus),
            "not_askable": list(NotAskable),
            "left_on": [TODAY - days(1), TODAY, TODAY + days(1)],
            "unsubscribed_at": [NOW],
            "rest_days": [1, 91, 365],
            "unwanted_kind": list(AskKind),
            "skipped_until": [NOW - days(1), NOW, NOW + days(1), NOW + days(200)],
        }.items()
    ],
    st.fixed_dictionaries(
        {
            "email_key": some(MAILBOXES),
            "status": some(list(ContactStatus)),
            "not_askable": some(list(NotAskable)),
        }
    ),
)
plain_ask = st.fixed_dictionaries(
    {
        "of": st.integers(0, PEOPLE - 1),
        "asked_as": some(MAILBOXES),
        "state": some([InvitationState.ANSWERED, InvitationState.SENT, InvitationState.DECLINED]),
        "is_same": st.booleans(),
        "sent_at": some(AGO).map(lambda ago: NOW - ago),
        "declined_after": some([days(0), days(5)]),
        "reminded_after": some([None, None, days(0.5)]),
    }
)
odd_ask = st.fixed_dictionaries(
    {
        "of": st.integers(0, PEOPLE - 1),
        "asked_as": some([None, *MAILBOXES]),
        "state": some(list(InvitationState)),
        "purpose": some(list(Purpose)),
        "is_rehearsal": st.booleans(),
        "is_same": st.booleans(),
        "sent_at": some(AGO).map(lambda ago: NOW - ago),
        "declined_after": some([days(0), days(5)]),
        "reminded_after": some([None, None, days(0.5)]),
        "due_in": some([None, days(-1), days(0), days(1)]),
    }
)
drawings = st.fixed_dictionaries(
    {
        "people": st.lists(st.one_of(plain_person, plain_person, odd_person), min_size=1, max_size=PEOPLE),
        "asks": st.lists(st.one_of(plain_ask, plain_ask, odd_ask), max_size=ASKS),
        "suppressed": some([(), (), ("b@customer.example",)]),
        "purpose": some([Purpose.PROGRAM, Purpose.SINGLE, Purpose.RECOVERY]),
        "kind": some(list(AskKind)),
        "rules": some(
            [
                Rules(),
                Rules(any_days=0, same_survey_days=0, account_per_day=1),
                Rules(any_days=30, same_survey_days=5, account_per_day=2, account_most=2, account_days=30),
                Rules(any_days=0, same_survey_days=0, account_per_day=0, account_most=1),
            ]
        ),
        "accounts": some([PEOPLE, PEOPLE, 2, 1]),
        "waits_for_window": st.booleans(),
        "from": some([NOW, NOW + days(2)]),
        "beside": st.booleans(),
    }
)


@pytest.fixture
def ground(session):
    """What drawn rows stand on: accounts, and waves of the survey that is asked and of another one."""
    programs = {True: make.program(), False: make.program()}
    waves = {is_same: [make.wave(program=p) for _ in range(ASKS)] for is_same, p in programs.items()}
    found = {
        "survey_id": programs[True].survey_id,
        "accounts": [make.account().id for _ in range(PEOPLE)],
        "waves": {
            is_same: [(wave.id, wave.version_id) for wave in found] for is_same, found in waves.items()
        },
    }
    session.commit()
    return found


def store(session, drawn, ground) -> list[int]:
    """Put the drawn rows into the database; the ids of the contacts."""
    for key in drawn["suppressed"]:
        session.execute(sa.insert(Suppression).values(email_key=key, reason="complaint", at=NOW))
    places = [ground["accounts"][number % drawn["accounts"]] for number in range(PEOPLE)]
    ids, taken = [], set()
    for person, account in zip(drawn["people"], places, strict=False):
        if (account, person["email_key"]) in taken:  # A mailbox is known once at an account.
            person = person | {"email_key": f"{len(ids)}@customer.example"}
        taken.add((account, person["email_key"]))
        row = contact_row(person, account)
        skipped_until = row.pop("skipped_until", None)
        ids.append(session.scalar(sa.insert(Contact).returning(Contact.id).values(**row)))
        if skipped_until:
            skip_of(session, ids[-1], skipped_until)
    for number, ask in enumerate(drawn["asks"]):
        place = ask["of"] % len(ids)
        wave_id, version_id = ground["waves"][ask["is_same"]][number]
        row = {"wave_id": wave_id, "version_id": version_id, "account_id": places[place]} | invitation_row(
            ask
        )
        written = sa.insert(Invitation).returning(Invitation.id).values(contact_id=ids[place], **row)
        asked, after = session.scalar(written), ask["reminded_after"]
        if after is not None:
            reminder = {"number": 1, "queued_at": NOW, "sent_at": ask["sent_at"] + after}
            session.execute(sa.insert(Reminder).values(invitation_id=asked, **reminder))
    return ids


def skip_of(session, contact_id: int, until) -> None:
    """A skip that holds, and one that was ended before."""
    for free_at, ended_at in ((until, None), (until + days(50), NOW)):
        given = {"staff_name": "Ana", "reason": "x", "until_on": TODAY, "made_at": NOW}
        session.execute(
            sa.insert(Skip).values(contact_id=contact_id, free_at=free_at, ended_at=ended_at, **given)
        )


def contact_row(person, account_id) -> dict:
    status = person.get("status", ContactStatus.ACTIVE)
    left_on = person.get("left_on") or (TODAY if status == ContactStatus.LEFT else None)
    return person | {"account_id": account_id, "status": status, "left_on": left_on}


def invitation_row(ask) -> dict:
    moment = ask["sent_at"]
    was_sent = ask["state"] in gates.HEARD | {InvitationState.BOUNCED}
    return {
        "state": ask["state"],
        "asked_as": ask["asked_as"],
        "purpose": ask.get("purpose", Purpose.PROGRAM),
        "is_rehearsal": ask.get("is_rehearsal", False),
        "nonce": tokens.new_nonce(),
        "language": "en",
        "sent_at": moment if was_sent else None,
        "due_at": NOW + ask["due_in"] if ask.get("due_in") is not None else None,
        "closes_at": moment + days(21) if was_sent else None,
        "answered_at": moment,
        "silent_at": moment,
        "declined_at": moment + ask["declined_after"],
        "suppressed_reason": "floor",
    }


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@for_all(drawn=drawings)
def test_the_sql_of_a_wave_says_what_the_gates_say(app, session, ground, drawn):
    ids = store(session, drawn, ground)
    rules, people = drawn["rules"], sa.select(Contact.id)
    window = windows.first_sends(rules) if drawn["waits_for_window"] else None
    ask = cadence.Ask(
        ground["survey_id"],
        rules,
        drawn["from"],
        drawn["from"].date(),
        drawn["purpose"],
        drawn["kind"],
        dues=moments.dues(session, people, lambda _zone: drawn["from"], window, BERLIN),
        beside=ground["waves"][True][0][0] if drawn["beside"] else None,
        is_capped=drawn["purpose"] == Purpose.PROGRAM,
    )
    planned = cadence.plan(people, ask)
    found = {row.contact_id: row for row in session.execute(sa.select(planned))}
    verdicts = {
        n: gates.Verdict(Reason(row.reason) if row.reason else None, row.free_at) for n, row in found.items()
    }
    persons = [cadence.person_of(session, session.get_one(Contact, number), ask) for number in ids]
    expected = expected_of(session, persons, ask)
    counted = cadence.left_out(session, people, ask)
    in_parts = {} if drawn["beside"] else verdicts_in_parts(session, people, ask)
    session.rollback()
    session.expunge_all()
    assert verdicts == expected
    assert {n: row.due_at for n, row in found.items()} == {p.id: ask.due_of(p.zone).at for p in persons}
    assert sum(counted.values()) == len(ids)
    assert in_parts.items() <= verdicts.items()


def verdicts_in_parts(session, people, ask) -> dict[int, gates.Verdict]:
    """The same, where the first and the second half of the accounts are judged one after the other."""
    accounts = sorted(
        session.scalars(sa.select(Contact.account_id).where(Contact.account_id.is_not(None)).distinct())
    )
    found = {}
    for part in (accounts[: len(accounts) // 2], accounts[len(accounts) // 2 :]):
        some = people.where(Contact.account_id.in_(part))
        for row in session.execute(sa.select(cadence.plan(some, ask, whole=people))):
            reason = Reason(row.reason) if row.reason else None
            found[row.contact_id] = gates.Verdict(reason, row.free_at)
    assert len(found) == session.scalar(sa.select(sa.func.count(Contact.account_id)))
    return found


def expected_of(session, persons, ask) -> dict[int, gates.Verdict]:
    """What the gates and the caps say in Python."""
    found = gates.judge_each(
        persons,
        ask.rules,
        at=lambda p: ask.due_of(p.zone).at,
        today=ask.today,
        purpose=ask.purpose,
        kind=ask.kind,
    )
    if not ask.is_capped:
        return found
    loads = {p.account_id: caps.load_of(session, p.account_id, beside=ask.beside) for p in persons}
    return caps.judge(found, persons, ask.rules, due=lambda p: ask.due_of(p.zone), loads=loads)


def test_only_the_audience_is_planned_and_counted_by_reason(session):
    program = make.program(audience={"tiers": [1]})
    there = make.account(tier=1)
    make.contact(account=there)
    make.contact(account=there, status=ContactStatus.BOUNCED)
    make.contact(account=make.account(tier=2))
    ask = cadence.ask_of(session, program, at=NOW)
    assert cadence.left_out(session, cadence.people_of(program), ask) == {None: 1, Reason.BOUNCED: 1}


def test_why_a_person_was_not_asked_names_the_gate_and_the_day_it_opens(session):
    program = make.program()
    person = make.contact()
    make.invitation(contact=person, wave=make.wave(program=program), sent_at=NOW - days(10), state=SENT)
    found = {gate.reason: gate for gate in cadence.why_not(session, person, program, now=NOW)}
    shut = {reason: gate.free_at for reason, gate in found.items() if gate.is_shut}
    assert shut == {
        Reason.QUARANTINE: NOW + days(80),
        Reason.QUARANTINE_SAME_SURVEY: NOW + days(170),
        Reason.OPEN_ASK: NOW + days(11),
    }
    assert list(found) == [reason for reason in Reason if reason != Reason.DUPLICATE_ADDRESS]


def test_a_program_s_own_rules_decide(session):
    program = make.program(quarantine={"any_days": 5, "same_survey_days": 5}, cadence={"open_days": 3})
    person = make.contact()
    make.invitation(
        contact=person, wave=make.wave(program=program), sent_at=NOW - days(6), closes_at=NOW - days(3)
    )
    assert not [gate for gate in cadence.why_not(session, person, program, now=NOW) if gate.is_shut]
    assert rules.of(program).any_days == 5


def test_a_large_ledger_is_planned_with_indexes_alone(session, database_kind):
    """The plan of a single ask must not read the whole ledger."""
    person = make.contact()
    ask = cadence.ask_of(session, make.program(), at=NOW)
    planned = cadence.plan(sa.select(Contact.id).where(Contact.id == person.id), ask)
    if database_kind == "sqlite":
        statement = sa.select(planned).compile(session.connection(), compile_kwargs={"literal_binds": True})
        steps = [row.detail for row in session.execute(sa.text(f"EXPLAIN QUERY PLAN {statement}"))]
        assert not [step for step in steps if step.startswith("SCAN invitations")], steps
    assert session.execute(sa.select(planned)).one().reason is None


def test_accounts_without_owner_are_counted_once(session):
    lonely = make.account(owner=None)
    make.contact(account=lonely)
    make.contact(account=lonely)
    make.contact(account=make.account(owner=make.staff()))
    assert cadence.without_owner(session, sa.select(Contact.id)) == 1
