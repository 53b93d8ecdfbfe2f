"""The jobs of the scores: kept anew where something happened and once a day, colours followed, alerts raised (a door)."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.core.clock import day_of
from app.core.installation import installation
from app.core.processes.timetable import every, stopping
from app.extensions import db
from app.followups.advocacy import neglect
from app.health import due, snapshots
from app.health.alerting import raising, settings
from app.health.moving import moves
from app.passes import committed
from app.reports.sums import placing


@every(seconds=2)
def refresh_due_scores(now: datetime) -> int:
    """Compute the scores of accounts where something happened, and let their answers follow to other segments."""
    zone, done = installation(db.session).zone, 0
    while not stopping.is_set() and (marks := due.marks(db.session, limit=snapshots.CHUNK)):
        for account_id, since in marks:
            placing.follow(db.session, account_id, now=now)
            snapshots.refresh(db.session, [account_id], today=day_of(now, zone), zone=zone, now=now)
            due.settle(db.session, account_id, since)
            db.session.commit()
            done += 1
    return done


@every(seconds=600)
def keep_daily_scores(now: datetime) -> int:
    """Keep one snapshot a day of every account."""
    zone, done = installation(db.session).zone, 0
    today = day_of(now, zone)
    while not stopping.is_set() and (missing := snapshots.without_snapshot(db.session, today)):
        done += len(snapshots.refresh(db.session, missing, today=today, zone=zone, now=now))
        db.session.commit()
    return done


@every(seconds=60)
def raise_alerts(now: datetime) -> int:
    """Look by the rules of early warning at the accounts of which the scores were computed."""
    return committed(raising.look_at_due(db.session, now=now))


@every(seconds=1800)
def follow_colours(now: datetime) -> int:
    """Follow up on accounts of which the colour got worse since the day before, or keep why nobody has to."""
    rule = settings.present(db.session)["colour_fell"]
    return committed(moves.follow(db.session, now=now, opens=rule.is_on))


@every(seconds=6 * 3600)
def tell_neglect(now: datetime) -> int:
    """Open an alert about promoters whom nobody has been in touch with for long."""
    rule = settings.present(db.session)["neglected_promoter"]
    if not rule.is_on:
        return 0
    return committed(neglect.alert(db.session, now=now, untouched=timedelta(days=rule.limits["days"])))
