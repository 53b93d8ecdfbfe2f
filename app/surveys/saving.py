"""From the submitted form of a program to its row: what was chosen, checked by the domain, refused at its field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.contacts.models import Account
from app.core.errors import Invalid
from app.surveys import audience, placeholders, rules
from app.surveys.forms import NOBODY, OWNER, RULES, WINDOWS, ProgramForm, SegmentForm
from app.surveys.models import Program, ProgramKind, ProgramStatus, Survey
from app.surveys.plans import form_fields, schedules
from app.surveys.segments import lent, saved


def chosen_audience(session: Session, form: ProgramForm | SegmentForm) -> dict[str, Any]:
    """The filter that was chosen; Invalid when it names an account that is not there or not alone."""
    values = {name: form[name].data or [] for name in ("tiers", "stages", "roles", *lent.KNOWN)}
    named = ("owners", "languages", "countries")
    values |= {n: [None if v == NOBODY else v for v in form[n].data or []] for n in named}
    values["segment"] = {name: field.data for name, field in form.attribute_fields.items() if field.data}
    values["accounts"] = accounts_named(session, (form.accounts.data or "").splitlines())
    values["segments"] = form.segments.data or [] if "segments" in form else []
    return saved.bound(session, audience.checked(values))


def accounts_named(session: Session, lines: list[str]) -> list[int]:
    """The ids of accounts by their own id, else by name; Invalid names those that are unknown or several."""
    wanted = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    by_id = dict(
        map(
            tuple,
            session.execute(
                sa.select(Account.external_id, Account.id).where(Account.external_id.in_(wanted))
            ),
        )
    )
    named: dict[str, list[int]] = {}
    lowered = [name.lower() for name in wanted]
    query = sa.select(sa.func.lower(Account.name), Account.id).where(sa.func.lower(Account.name).in_(lowered))
    for name, number in session.execute(query):
        named.setdefault(name, []).append(number)
    unknown = [w for w in wanted if w not in by_id and w.lower() not in named]
    several = [w for w in wanted if w not in by_id and len(named.get(w.lower(), [])) > 1]
    if unknown or several:
        said = [_("There is no account called %(names)s.", names=", ".join(unknown[:5]))] if unknown else []
        said += (
            [_("Several accounts are called %(names)s: use your own ids.", names=", ".join(several[:5]))]
            if several
            else []
        )
        raise Invalid(_("This audience cannot be used."), errors={"accounts": " ".join(said)})
    return [by_id.get(w) or named[w.lower()][0] for w in wanted]


def chosen_rules(form: ProgramForm, program: Program | None) -> dict[str, Any]:
    """The rules that were chosen, as columns of a program; what the form does not offer stays as it is."""
    kept = {column: dict(getattr(program, column)) if program else {} for column in rules.COLUMNS}
    for name in RULES + WINDOWS:
        if name != "reminder_days" and form[name].raw_data:
            column, place, *_limits = (rules.WHOLE | rules.DAYS)[name]
            kept[column][place] = form[name].data
    try:
        days = [int(day) for day in (form.reminder_days.data or "").replace(",", " ").split()]
    except ValueError:
        days = [0]
    return rules.columns(rules.checked(**kept, reminders=days))


def chosen_mail(form: ProgramForm, program: Program | None) -> dict[str, dict[str, str]]:
    """The program's own words by language, empty ones left out; what the form does not offer stays as it is."""
    kept = program.mail if program else {}
    found = {
        tag: kept.get(tag, {}) | {"subject": subject.data or "", "opening": opening.data or ""}
        for tag, (subject, opening) in form.mail_fields.items()
    }
    return {
        tag: {k: v for k, v in own.items() if v} for tag, own in (kept | found).items() if any(own.values())
    }


def save(session: Session, form: ProgramForm, program: Program | None, *, today: date) -> Program | None:
    """Write a valid form into a program, a new one if there is none; None when the form was refused after all."""
    try:
        values = chosen_rules(form, program)
        values["audience"] = chosen_audience(session, form)
        sender = form.sender.data or 0
        values |= {"name": form.name.data, "mail": chosen_mail(form, program)}
        values |= {"sender_id": sender if sender > 0 else None, "is_from_owner": sender == OWNER}
        values |= {"status": ProgramStatus(form.status.data), "kind": ProgramKind(form.kind.data)}
        former = program.schedule if program else None
        given = form_fields.chosen(form)
        values["schedule"] = schedules.checked(given, values["kind"], today=today, former=former)
        values["survey"] = session.get_one(Survey, form.survey.data)
        return write(session, program, values)
    except Invalid as refused:
        show_errors(form, refused)
        return None


def write(session: Session, program: Program | None, values: Mapping[str, Any]) -> Program:
    """Write checked values, by column, into a program, a new one if there is none; Invalid for a name that is taken."""
    found = program or Program()
    placeholders.require_known(values.get("mail", {}))
    name = values.get("name", found.name)
    namesake = sa.select(Program.id).where(sa.func.lower(Program.name) == name.lower())
    if session.scalar(namesake.where(Program.id != (found.id or 0))):
        words = _("There is a program of this name already.")
        raise Invalid(words, errors={"name": words})
    for column, value in values.items():
        setattr(found, column, value)
    session.add(found)
    session.flush()
    return found


def show_errors(form: ProgramForm, refused: Invalid) -> None:
    """Put the refusals of the domain at the fields they are about."""
    places = {f"{c}.{k}": name for name, (c, k, *_limits) in (rules.WHOLE | rules.DAYS).items()} | {
        "reminders": "reminder_days",
        **{
            f"mail.{tag}.{word}": field.name
            for tag, fields in form.mail_fields.items()
            for word, field in zip(("subject", "opening"), fields, strict=True)
        },
        **form_fields.places_of(form),
    }
    for place, said in refused.errors.items():
        name = places.get(place, place.removeprefix("audience."))
        if name in form:
            form[name].errors = [said]
        else:
            form.form_errors.append(said)
