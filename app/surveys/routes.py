"""The pages of programs and surveys: who is asked what, by which rules, in which words (a door)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import format_date, format_decimal
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from app.auth import access
from app.contacts.models import Contact
from app.core import audit, clock
from app.core.errors import Invalid, NotFound
from app.core.language.words import addressing
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.delivery import cadence, progress, words
from app.delivery.asking import preview
from app.delivery.models import Purpose, Wave
from app.delivery.programs import drip, occasions
from app.delivery.waves import NEWEST_FIRST
from app.extensions import db
from app.surveys import audience, forms, hours, rules, saving, wording
from app.surveys.building.length import length_of
from app.surveys.models import Program, ProgramKind, ProgramStatus, Survey, SurveyVersion
from app.surveys.plans import schedules, telling
from app.surveys.plans.schedules import Schedule
from app.surveys.words import translating

blueprint = Blueprint("surveys", __name__)
SHOWN_WAVES = 8
MOST_AT_ONCE = 5_000  # People judged while somebody waits for the page; more are judged after it has come.
SHOWN_DAYS = 10


@blueprint.get("/programs")
@access.viewer
@kept_page()
def programs():
    """All programs with their audience and newest wave; archived ones on request."""
    is_archive = request.args.get("state") == "archived"
    archived = Program.status == ProgramStatus.ARCHIVED
    kept = archived if is_archive else sa.not_(archived)
    query = sa.select(Program).where(kept).options(joinedload(Program.survey))
    found = db.session.scalars(query.order_by(Program.kind == ProgramKind.MANUAL, Program.name)).all()
    newest = newest_waves([program.id for program in found])
    named = audience.named(db.session, [program.audience for program in found])
    return render_template(
        "surveys/programs.html",
        programs=found,
        is_archive=is_archive,
        has_archive=is_archive or db.session.scalar(sa.select(sa.exists().where(archived))),
        newest=newest,
        counts=progress.counts_of(db.session, [wave.id for wave in newest.values()]),
        described={p.id: audience.described(db.session, p.audience, named) for p in found},
        progress=progress,
        whens={p.id: telling.told(schedules.of(p)) if p.schedule else "" for p in found},
        forms=forms,
        words=words,
        now=clock.now(),
    )


def newest_waves(program_ids: list[int]) -> dict[int, Wave]:
    """The newest wave of each program."""
    ours = (Wave.program_id.in_(program_ids), Wave.purpose == Purpose.PROGRAM)
    ids = sa.select(sa.func.max(Wave.id)).where(*ours).group_by(Wave.program_id)
    return {wave.program_id: wave for wave in db.session.scalars(sa.select(Wave).where(Wave.id.in_(ids)))}


@blueprint.get("/programs/<int:program_id>")
@access.viewer
def program(program_id: int):
    """One program: its audience, its rules, what it would do now, and its waves."""
    found, now = the_program(program_id), clock.now()
    is_counted = found.kind != ProgramKind.MANUAL and not is_large(found)
    ours = sa.select(Wave).where(Wave.program_id == found.id).order_by(*NEWEST_FIRST).limit(SHOWN_WAVES)
    waves, schedule = db.session.scalars(ours).all(), schedules.of(found)
    return render_template(
        "surveys/program.html",
        program=found,
        size=size_of(found, now) if is_counted else None,
        described=audience.described(db.session, found.audience),
        rules=rules.of(found),
        defaults=rules.DEFAULTS,
        hours=hours,
        spoken=[wording.language_name(tag) for tag in found.mail],
        waves=waves,
        counts=progress.counts_of(db.session, [wave.id for wave in waves]),
        progress=progress,
        schedule=schedule,
        format_date=format_date,
        format_decimal=format_decimal,
        when=telling.told(schedule),
        **({"is_later": True} if is_drip(schedule) and not is_counted else days_ahead(found, schedule, now)),
        forms=forms,
        words=words,
        now=now,
    )


@blueprint.get("/programs/<int:program_id>/size")
@access.viewer
def program_size(program_id: int):
    """What a launch would come to: a fragment that the page of a program with a large audience asks for."""
    found = the_program(program_id)
    return render_template("surveys/size.html", program=found, size=size_of(found, clock.now()))


@blueprint.get("/programs/<int:program_id>/ahead")
@access.viewer
def program_ahead(program_id: int):
    """The days to come of a drip: a fragment that the page of a program with a large audience asks for."""
    found, now = the_program(program_id), clock.now()
    schedule = schedules.of(found)
    if not is_drip(schedule):
        raise NotFound(_("This program has no days ahead."))
    return render_template(
        "surveys/drip_ahead.html",
        program=found,
        schedule=schedule,
        format_date=format_date,
        format_decimal=format_decimal,
        now=now,
        **days_ahead(found, schedule, now),
    )


def is_drip(schedule: Schedule | None) -> bool:
    return schedule is not None and schedule.kind == schedules.DRIP


def size_of(found: Program, now: datetime) -> preview.Size:
    return preview.size(db.session, found, cadence.launch_of(db.session, found, at=now))


def is_large(found: Program) -> bool:
    """Whether to judge everybody in the audience takes longer than one likes to wait for a page."""
    some = cadence.people_of(found).limit(MOST_AT_ONCE + 1).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(some)) > MOST_AT_ONCE


def days_ahead(found: Program, schedule: Schedule | None, now: datetime) -> dict:
    """What a program that asks by itself will do: the days of a drip, or the occasions to come."""
    if schedule is None:
        return {}
    if is_drip(schedule):
        return {"outlook": drip.outlook(db.session, found, schedule, now=now, days=SHOWN_DAYS)}
    today = clock.day_of(now, this_installation().zone)
    return {
        "coming": occasions.ahead(db.session, found, schedule, today=today),
        "met": occasions.met_since(db.session, found, now - occasions.LATEST),
    }


@blueprint.get("/programs/new")
@access.manager
def new_program():
    form = forms.program_form(db.session)
    forms.wait_for_stage(form, request.args.get("stage", ""))
    return render_program_form(form)


@blueprint.post("/programs")
@access.manager
def add_program():
    return save_program(forms.program_form(db.session), None)


@blueprint.get("/programs/<int:program_id>/edit")
@access.manager
def edit_program(program_id: int):
    found = the_program(program_id)
    return render_program_form(forms.program_form(db.session, found), found)


@blueprint.post("/programs/<int:program_id>/edit")
@access.manager
def change_program(program_id: int):
    found = the_program(program_id)
    return save_program(forms.program_form(db.session, found), found)


def save_program(form: forms.ProgramForm, found: Program | None):
    """Save what was submitted, or show it again with what is wrong."""
    is_new = found is None
    today = clock.day_of(clock.now(), this_installation().zone)
    saved = saving.save(db.session, form, found, today=today) if form.validate() else None
    if saved is None:
        db.session.rollback()
        return render_program_form(form, the_program(found.id) if found else None), 400
    action = "program.added" if is_new else "program.changed"
    audit.note(
        db.session, access.actor(), action, subject=f"program:{saved.id}", now=clock.now(), name=saved.name
    )
    db.session.commit()
    flash(_("%(name)s is saved.", name=saved.name), "success")
    return redirect(url_for("surveys.program", program_id=saved.id), 303)


def render_program_form(form: forms.ProgramForm, found: Program | None = None):
    surveys = db.session.scalars(sa.select(Survey).order_by(Survey.id)).all()
    own = {found.id: found.current for found in surveys if found.versions}
    shown = own.get(form.survey.data) or next(iter(own.values()), None)
    for tag, (subject, opening) in form.mail_fields.items():
        own_words = wording.pick(shown.words, tag) if shown else {}
        subject.render_kw = (subject.render_kw or {}) | {"placeholder": own_words.get("subject", "")}
        opening.render_kw = (opening.render_kw or {}) | {"placeholder": own_words.get("opening", "")}
    return render_template(
        "surveys/program_form.html",
        form=form,
        program=found,
        language_name=wording.language_name,
    )


@blueprint.get("/programs/audience")
@access.manager
def count_audience():
    """How many people the filters of the open form name: a fragment that the form asks for as one chooses."""
    form = forms.program_form(db.session)
    form.process(request.args)
    try:
        chosen = saving.chosen_audience(db.session, form)
    except Invalid as refused:
        return render_template("surveys/audience_count.html", problem=" ".join(refused.errors.values()))
    people = audience.people(chosen).subquery()
    query = sa.select(sa.func.count(), sa.func.count(Contact.account_id.distinct()))
    count, accounts = db.session.execute(query.join(people, people.c.id == Contact.id)).one()
    return render_template("surveys/audience_count.html", count=count, accounts=accounts)


@blueprint.get("/surveys", endpoint="surveys")
@access.viewer
@kept_page()
def survey_list():
    """What can be asked."""
    is_archive = request.args.get("state") == "archived"
    archived = Survey.archived_at.is_not(None)
    kept = archived if is_archive else sa.not_(archived)
    found = db.session.scalars(sa.select(Survey).where(kept).order_by(Survey.id)).all()
    users = dict(
        map(
            tuple,
            db.session.execute(sa.select(Program.survey_id, sa.func.count()).group_by(Program.survey_id)),
        )
    )
    return render_template(
        "surveys/surveys.html",
        surveys=found,
        users=users,
        wording=wording,
        is_archive=is_archive,
        has_archive=is_archive or db.session.scalar(sa.select(sa.exists().where(archived))),
        length_of=length_of,
    )


@blueprint.get("/surveys/<int:survey_id>")
@access.viewer
@kept_page()
def survey(survey_id: int):
    """The questions of a survey in one of its languages, beside the page that respondents see."""
    found = the_survey(survey_id)
    version, offered = found.current, wording.languages(found.current)
    language = wording.best(request.args.get("language"), offered, this_installation().language)
    named = wording.names(this_installation())
    return render_template(
        "surveys/survey.html",
        survey=found,
        version=version,
        language=language,
        offered=offered,
        items=wording.asked(version, language, named, {q.name for q in version.questions}),
        length=length_of(version),
        prompt=wording.comment_prompt(version, language, named),
        mail={k: wording.fill(v, named) for k, v in wording.pick(version.words, language).items()},
        page=answer_page(found, language, None),
        is_added=language in translating.offered(found),
        wording=wording,
    )


@blueprint.get("/surveys/<int:survey_id>/preview")
@access.viewer
def preview_page(survey_id: int):
    """The page that respondents see, on which nothing can be sent. The links of test mails lead here."""
    found = the_survey(survey_id)
    offered = wording.languages(found.current)
    language = wording.best(request.args.get("language"), offered, this_installation().language)
    return answer_page(found, language, request.args.get("score", type=int))


def answer_page(
    found: Survey,
    language: str,
    score: int | None,
    *,
    version: SurveyVersion | None = None,
    which: Collection[str] | None = None,
    **more,
) -> str:
    """The answer page as a respondent of that language sees it, without a link of anybody's.

    `version` is the one that is asked where none is given, `which` names other questions than those of its first page.
    `more` changes what the template is given, for a page that can be tried out.
    """
    version, named = version or found.current, wording.names(this_installation())
    items = wording.asked(version, language, named, which)
    if not items:
        abort(404)
    given = {items[0].name: score} if score is not None and score in items[0].values else {}
    with addressing(language):
        shown = {
            "is_preview": True,
            "lang": language,
            "text_direction": wording.direction(language),
            "company": this_installation().company,
            "items": items,
            "given": given,
            "errors": {},
            "comment_prompt": wording.comment_prompt(version, language, named),
        }
        return render_template("public/answer.html", **shown | more)


def the_program(program_id: int) -> Program:
    found = db.session.get(Program, program_id)
    if found is None:
        raise NotFound(_("There is no such program."))
    return found


def the_survey(survey_id: int) -> Survey:
    found = db.session.get(Survey, survey_id)
    if found is None or not found.versions:
        raise NotFound(_("There is no such survey."))
    return found
