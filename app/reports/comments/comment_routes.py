"""The staff pages of comments: what was written and how it sounds, the word of a colleague on it, and how often the
engine is wrong (a door)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

from flask import Response as Answer
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session

from app.auth import access
from app.auth.models import RoleName
from app.core import audit, clock
from app.core.errors import Invalid, NotFound
from app.core.files.downloads import Table, download, in_one_reading
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.core.web.paging import Page
from app.extensions import db
from app.followups.unfit import judging
from app.reports.comments import mistakes, rows, words
from app.reports.comments.rows import PAGE_SIZE, Chosen, Comment
from app.reports.lists import CSV_CHUNK
from app.reports.routes import asked, blueprint, today
from app.sentiment import better
from app.sentiment.again import rereading
from app.sentiment.judging.marking import marked
from app.sentiment.judging.mismatch import KINDS
from app.sentiment.models import Label, StoredReading
from app.sentiment.themes import dictionary
from app.surveys import wording
from app.surveys.scales import Band, band

LOT_DAYS = 365
TRAINING_HEAD = ("text", "label", "heard", "polarity", "lang", "engine", "version", "intent", "drawn")
CSV_HEAD = (
    "response",
    "day",
    "account",
    "contact",
    "score",
    "band",
    "comment",
    "question",
    "intent",
    "language",
    "label",
    "polarity",
    "engine_label",
    "engine",
    "corrected",
    "mismatch",
    "themes",
    "counted",
)


def chosen_comments() -> Chosen:
    """The comments that the address asks for; unknown values are passed over."""
    days, given = asked(), request.args
    return Chosen(
        start=days.start,
        end=days.end,
        label=Label(given["label"]) if given.get("label") in set(Label) else None,
        band=Band(given["band"]) if given.get("band") in set(Band) else None,
        mismatch=given["mismatch"] if given.get("mismatch") in KINDS else "",
        language=given.get("lang", "").replace("\x00", "")[:16],
        check=given["check"] if given.get("check") in rows.CHECKS else "",
        words=given.get("q", "").replace("\x00", "").strip()[:100],
        theme=theme_in(given.get("theme", "")),
        question=given["question"] if given.get("question") in rows.QUESTIONS else "",
    )


def theme_in(given: str) -> str:
    """The id of a theme, or the word for none of them."""
    is_number = given.isascii() and given.isdecimal() and len(given) < 10
    return given if is_number or given == rows.NO_THEME else ""


def address_of(chosen: Chosen, **more: object) -> dict[str, str]:
    """The parameters by which an address carries a choice."""
    given = {"from": chosen.start.isoformat(), "to": chosen.last.isoformat(), "label": chosen.label}
    given |= {"band": chosen.band, "mismatch": chosen.mismatch, "lang": chosen.language}
    given |= {"check": chosen.check, "q": chosen.words, "theme": chosen.theme}
    given |= {"question": chosen.question} | more
    return {name: str(value) for name, value in given.items() if value}


@blueprint.get("/comments")
@access.viewer
@kept_page()
def comments():
    chosen = chosen_comments()
    tally = rows.tally(db.session, chosen)
    page = Page.asked_after(PAGE_SIZE, tally.n)
    found = rows.comments(db.session, chosen, after=page.after)
    shown = found[:PAGE_SIZE]
    days = Chosen(chosen.start, chosen.end)
    whole = rows.tally(db.session, days) if chosen.is_narrowed else tally
    return render_template(
        "reports/comments.html",
        chosen=chosen,
        found=shown,
        marked={one.reading.id: marked(one.words, one.reading.evidence) for one in shown},
        asked={one.reading.id: asked_as(one) for one in shown},
        tally=tally,
        all=whole,
        page=page,
        address=address_of(chosen),
        unfiltered=address_of(days),
        following=found[PAGE_SIZE - 1].reading.id if len(found) > PAGE_SIZE else None,
        languages=[("", _("All")), *((code, words.language(code)) for code in whole.languages)],
        themes={one.id: one.name for one in dictionary.themes(db.session)},
        words=words,
        has_further=bool(chosen.question) or rows.has_further(db.session),
        band=band,
        may_correct=current_user.may(RoleName.CSM),
    )


@download(blueprint, "/comments")
@access.viewer
def comments_file():
    chosen = chosen_comments()
    found = in_one_reading(db.engine, lambda session: comment_lines(session, chosen))
    return Table("comments", CSV_HEAD, found)


def comment_lines(session: Session, chosen: Chosen) -> Iterator[tuple]:
    """The comments chosen; `counted` summed is the figure over the list."""
    names = {one.id: one.name for one in dictionary.themes(session)}
    after: int | None = None
    while True:
        found = rows.comments(session, chosen, after=after, size=CSV_CHUNK)
        page = found[:CSV_CHUNK]
        yield from [comment_row(one, names) for one in page]
        if len(found) <= CSV_CHUNK:
            return
        after = page[-1].reading.id
        session.expunge_all()


def comment_row(one: Comment, names: dict[int, str]) -> tuple:
    response, reading = one.response, one.reading
    return (
        response.id,
        response.day,
        response.account.name,
        response.contact.name,
        reading.score,
        "" if response.score is None else band(response.score).value,
        one.words,
        "comment" if one.question is None else one.question.name,
        reading.intent.value,
        reading.language or response.language,
        reading.said.value,
        "" if reading.polarity is None else reading.polarity,
        reading.label.value,
        f"{reading.engine} {reading.version}",
        int(reading.corrected is not None and reading.corrected is not reading.label),
        int(one.is_mismatch),
        "; ".join(names[of.theme_id] for of in one.mentions if of.theme_id in names),
        1,
    )


def asked_as(one: Comment) -> str:
    """The further question to which words were given, in the reader's language; "" for the comment."""
    if one.question is None:
        return ""
    return wording.item(
        one.question, this_installation().language, wording.names(this_installation())
    ).question


@blueprint.post("/comments/<int:reading_id>/label")
@access.csm
def correct_comment(reading_id: int):
    """Say how a text sounds; from the lot, on to the next one."""
    label, is_drawn = given_label(), bool(request.form.get("drawn"))
    given = {"why": request.form.get("why", ""), "is_drawn": is_drawn}
    row = judging.correct(
        db.session, the_reading(reading_id), label, by=access.actor(), now=clock.now(), **given
    )
    db.session.commit()
    if is_drawn:
        return redirect(url_for("reports.check_reading", done=reading_id), 303)
    flash(
        _("Noted as right.") if row.was is label else _("Corrected: %(label)s.", label=words.LABELS[label]),
        "success",
    )
    return back(reading_id)


@blueprint.post("/comments/<int:reading_id>/undo")
@access.csm
def undo_correction(reading_id: int):
    reading = judging.undo(db.session, the_reading(reading_id), by=access.actor(), now=clock.now())
    db.session.commit()
    flash(_("Taken back. It counts as %(label)s again.", label=words.LABELS[reading.said]), "success")
    return back(reading_id)


def the_reading(reading_id: int) -> StoredReading:
    found = db.session.get(StoredReading, reading_id, with_for_update=True)
    if found is None:
        raise NotFound(_("There is no such comment any more."))
    return found


def given_label() -> Label:
    given = request.form.get("label", "")
    if given not in set(Label):
        raise Invalid(_("Say how the comment sounds."))
    return Label(given)


def back(reading_id: int):
    page = url_for("reports.comments")
    return redirect(
        access.own_path(request.form.get("next"), page).partition("#")[0] + f"#comment-{reading_id}", 303
    )


@blueprint.get("/comments/check")
@access.csm
def check_reading():
    """One comment of the lot without its reading, for a colleague to judge."""
    since = today() - timedelta(days=LOT_DAYS)
    skipped = request.args.get("skip", 0, type=int)
    found = mistakes.next_drawn(db.session, since=since, skipped=skipped if 0 < skipped < 2**31 else 0)
    return render_template(
        "reports/check_reading.html",
        text=found,
        left=mistakes.left_to_draw(db.session, since=since),
        total=mistakes.mistakes(db.session).total,
        words=words,
        labels=[label for label in Label if label is not Label.UNKNOWN],
    )


@blueprint.get("/readings")
@access.viewer
def readings():
    """How often the engine is wrong."""
    return render_template(
        "reports/readings.html",
        found=mistakes.mistakes(db.session),
        words=words,
        labels=list(Label),
        again=again_facts(),
        may_check=current_user.may(RoleName.CSM),
        may_read_again=current_user.may(RoleName.ADMIN),
        may_export=current_user.may(RoleName.MANAGER),
    )


def again_facts() -> dict:
    """What is known of readings by an older engine: how many, what reading again would change, how far it is."""
    trial, run = (rereading.last(db.session, is_trial=is_trial) for is_trial in (True, False))
    shown = run if run and (not trial or run.id > trial.id) else trial
    return {
        "versions": rereading.versions(db.session),
        "present": rereading.good_enough(),
        "first": better.DEFAULT,
        "second": better.present() if better.present() is not better.DEFAULT else None,
        "outdated": rereading.how_many_outdated(db.session),
        "run": shown,
        "examples": rereading.told(db.session, shown) if shown else [],
        "sample": rereading.SAMPLE,
    }


@blueprint.get("/readings/progress")
@access.viewer
def reading_progress():
    """How far reading again has come; a part of the page."""
    return render_template("reports/reading_progress.html", again=again_facts(), words=words)


@blueprint.post("/readings/again")
@access.admin
def read_again():
    """Begin to read again, or to look what that would change, or stop it; the worker does it."""
    what, now, by = request.form.get("what", ""), clock.now(), access.actor()
    if what == "stop":
        run = rereading.running(db.session)
        if run is not None:
            rereading.stop(db.session, run, now=now)
    elif what in {"sample", "all", "read"}:
        sample = rereading.SAMPLE if what == "sample" else 0
        rereading.begin(db.session, is_trial=what != "read", sample=sample, by=by.name, now=now)
    else:
        raise Invalid(_("Say whether to look or to read."))
    audit.note(db.session, by, f"readings.{what}", now=now)
    db.session.commit()
    return redirect(url_for("reports.readings", _anchor="again"), 303)


@blueprint.get("/readings/training.jsonl")
@access.manager
def training():
    """The corrections that stand, as examples to learn from."""
    pieces = in_one_reading(db.engine, lambda session: training_jsonl(mistakes.training(session)))
    answer = Answer(pieces, mimetype="application/x-ndjson")
    answer.headers["Content-Disposition"] = "attachment; filename=justask-training.jsonl"
    return answer


@download(blueprint, "/readings/training")
@access.manager
def training_file():
    """The same as a file for spreadsheets."""
    rows = in_one_reading(
        db.engine, lambda session: (tuple(one.values()) for one in mistakes.training(session))
    )
    return Table("training", TRAINING_HEAD, rows)


def training_jsonl(examples: Iterator[dict]) -> Iterator[str]:
    for one in examples:
        yield json.dumps(one, ensure_ascii=False) + "\n"
