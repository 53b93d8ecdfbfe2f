"""A company with years of answers to measure on, written by statements that make rows out of rows.

The accounts and people are the same however many answers there are: whoever is asked more often answers more often. Six of
ten asks are answered, three stay silent, one is declined; every fifth answer has a comment. The sums are counted by the product itself.
"""

from __future__ import annotations

import random
import secrets
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from app.contacts.models import Account, Contact, ContactRole, ContactStatus, Stage
from app.core import clock
from app.core.database import finding
from app.core.installation import installation
from app.delivery.models import Wave, WaveState
from app.extensions import db
from app.health import snapshots
from app.reports.sums import recount
from app.surveys.models import Program
from bench import installations

ACCOUNTS, OF_ACCOUNT, YEARS = 2_000, 20, 3
ANSWERED_OF_TEN, AT_ONCE, FEWEST_WAVES = 6, 5_000, 36
BRANCHES = ("Steel", "Retail", "Health", "Energy", "Media", "Travel", "Software", "Food")
TABLES = ("invitations", "responses", "answers", "rollup_cells", "text_readings")


def company(accounts: int = ACCOUNTS) -> None:
    """Accounts of twenty people each, in three tiers, four stages and eight branches."""
    chance = random.Random(1)
    rows = [account(number, chance) for number in range(accounts)]
    made = sa.insert(Account).returning(Account.id, sort_by_parameter_order=True)
    ids = list(db.session.scalars(made, rows))
    people = [person(number, ids[number // OF_ACCOUNT], chance) for number in range(accounts * OF_ACCOUNT)]
    for start in range(0, len(people), AT_ONCE):
        db.session.execute(sa.insert(Contact), people[start : start + AT_ONCE])
    db.session.commit()


def account(number: int, chance: random.Random) -> dict:
    name = f"Customer {number} Ltd"
    facts = {"started_on": date(2020, 1, 1), "stage": chance.choice(list(Stage)[:4]), "tier": 1 + number % 3}
    segment = {"Branch": BRANCHES[number % len(BRANCHES)]}
    return facts | {
        "name": name,
        "found_as": finding.plain(name),
        "arr": chance.randrange(1, 400_000),
        "segment": segment,
    }


def person(number: int, account_id: int, chance: random.Random) -> dict:
    email = f"kim.{number}@customer.example"
    facts = {
        "account_id": account_id,
        "role": chance.choice(list(ContactRole)),
        "status": ContactStatus.ACTIVE,
    }
    names = {
        "first_name": "Kim",
        "last_name": f"Person {number}",
        "email": email,
        "email_key": email,
        "language": "en",
    }
    return names | facts | {"found_as": finding.plain("Kim", f"Person {number}", email)}


def answers(number: int) -> int:
    """So many answers in the last three years, a little more or less; how many. All sums and scores stand afterwards."""
    people = db.session.scalar(sa.select(sa.func.count()).select_from(Contact))
    asks = number * 10 // ANSWERED_OF_TEN
    waves = max(FEWEST_WAVES, -(-asks // people))
    each, days = -(-asks // waves), YEARS * 365 // waves
    for place in range(waves):
        began = clock.now() - timedelta(days=5 + (place + 1) * days)
        one_wave(began, min(days, 60), min(each, asks - place * each))
        db.session.commit()
    counted = recount.recount(db.session, now=clock.now())
    db.session.commit()
    scores()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
    else:
        db.session.execute(sa.text("ANALYZE"))
        db.session.commit()
    return counted


def one_wave(began: datetime, days: int, people: int) -> None:
    """A wave over some days, with what came of it and what was answered."""
    name = installations.program_name("nps")
    program = db.session.scalars(sa.select(Program).where(Program.name == name)).one()
    row = Wave(
        program=program,
        version=program.survey.current,
        name="Wave",
        launch_key=secrets.token_hex(8),
        state=WaveState.FINISHED,
        is_rehearsal=False,
        launched_at=began,
        send_at=began,
    )
    db.session.add(row)
    db.session.flush()
    kind = db.engine.dialect.name
    given = {"wave": row.id, "version": row.version_id, "days": days, "people": people}
    given |= {"program": program.id, "survey": program.survey_id}
    given |= {"began": began.replace(tzinfo=None).isoformat(" ", "seconds")}
    for statement in (ASKS, RESPONSES):
        words = statement
        for place, by in WORDS[kind].items():
            words = words.replace("{" + place + "}", by)
        db.session.execute(sa.text(words), given)


def scores() -> None:
    """A snapshot of every account, as the worker keeps them."""
    zone = installation(db.session).zone
    now = clock.now()
    today = clock.day_of(now, zone)
    while missing := snapshots.without_snapshot(db.session, today):
        snapshots.refresh(db.session, missing, today=today, zone=zone, now=now)
        db.session.commit()


WORDS = {
    "sqlite": {
        "nonce": "lower(hex(randomblob(16)))",
        "sent": "datetime(:began, '+' || (c.id % :days) || ' days', '+' || (c.id * 7 % 86400) || ' seconds') || '.000000'",
        "closes": "datetime(:began, '+' || (c.id % :days + 21) || ' days') || '.000000'",
        "later": "datetime(i.sent_at, '+' || (i.contact_id % 9) || ' days') || '.000000'",
        "day": "date(i.sent_at, '+' || (i.contact_id % 9) || ' days')",
        "dims": "json_object('all', 'all', 'program', CAST(:program AS TEXT), 'survey', CAST(:survey AS TEXT),"
        " 'role', c.role, 'language', 'en', 'tier', CAST(a.tier AS TEXT), 'stage', a.stage,"
        " 'segment.Branch', json_extract(a.segment, '$.Branch'))",
        "no": "0",
        "text": "TEXT",
    },
    "postgresql": {
        "nonce": "md5(random()::text || c.id)",
        "sent": "(CAST(:began AS timestamp) AT TIME ZONE 'UTC')"
        " + make_interval(days => (c.id % :days)::int, secs => (c.id * 7 % 86400)::int)",
        "closes": "(CAST(:began AS timestamp) AT TIME ZONE 'UTC') + make_interval(days => (c.id % :days + 21)::int)",
        "later": "i.sent_at + make_interval(days => (i.contact_id % 9)::int)",
        "day": "((i.sent_at + make_interval(days => (i.contact_id % 9)::int)) AT TIME ZONE 'UTC')::date",
        "dims": "jsonb_build_object('all', 'all', 'program', CAST(:program AS TEXT), 'survey', CAST(:survey AS TEXT),"
        " 'role', c.role, 'language', 'en', 'tier', CAST(a.tier AS TEXT), 'stage', a.stage,"
        " 'segment.Branch', a.segment->>'Branch')",
        "no": "false",
        "text": "TEXT",
    },
}
ASKS = """
INSERT INTO invitations (wave_id, contact_id, account_id, version_id, nonce, asked_as, language, purpose,
    is_rehearsal, state, due_at, sent_at, closes_at, closed_at, answered_at, declined_at, silent_at,
    reminders_left, is_late, is_auto_reply, created_at, updated_at)
SELECT :wave, id, account_id, :version, nonce, email, 'en', 'program', {no}, state, sent_at, sent_at, closes_at, closes_at,
    CASE WHEN state = 'answered' THEN sent_at END, CASE WHEN state = 'declined' THEN sent_at END,
    CASE WHEN state = 'silent' THEN closes_at END, 0, {no}, {no}, sent_at, sent_at
FROM (SELECT c.id, c.account_id, c.email, {nonce} AS nonce, {sent} AS sent_at, {closes} AS closes_at,
        CASE WHEN (c.id * 7919 + :wave * 104729) % 10 < 6 THEN 'answered'
             WHEN (c.id * 7919 + :wave * 104729) % 10 < 9 THEN 'silent' ELSE 'declined' END AS state
      FROM contacts AS c WHERE c.id <= :people) AS asked
"""
RESPONSES = """
INSERT INTO responses (invitation_id, contact_id, account_id, score, comment, language, day, submitted_at,
    updated_at, revision, is_late, is_maybe_automatic, is_partial, is_rehearsal, dims)
SELECT i.id, i.contact_id, i.account_id,
    CASE (i.contact_id * 31 + :wave * 17 + i.account_id) % 10
        WHEN 0 THEN 2 WHEN 1 THEN 5 WHEN 2 THEN 6 WHEN 3 THEN 7 WHEN 4 THEN 8 WHEN 5 THEN 8 WHEN 6 THEN 10 ELSE 9 END,
    CASE WHEN i.contact_id % 5 = 0 THEN 'It does what it should, and the support answers quickly.' ELSE '' END,
    'en', {day}, {later}, {later}, 1, {no}, {no}, {no}, {no}, {dims}
FROM invitations AS i JOIN contacts AS c ON c.id = i.contact_id JOIN accounts AS a ON a.id = i.account_id
WHERE i.wave_id = :wave AND i.state = 'answered'
"""
