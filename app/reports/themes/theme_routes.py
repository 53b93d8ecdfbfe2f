"""The staff pages of themes: what comments are about, one theme over time, the dictionary and what it lacks (a door)."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session

from app.auth import access
from app.auth.models import RoleName
from app.core import audit, clock
from app.core.errors import Invalid, NotFound
from app.core.files.downloads import Table, download, in_one_reading
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.extensions import db
from app.reports import charts
from app.reports.charts import Point, Unit
from app.reports.comments import rows, words
from app.reports.comments.rows import Comment
from app.reports.periods import Every, periods
from app.reports.routes import asked, blueprint, period_words
from app.reports.themes import counts, forms
from app.reports.themes import words as theme_words
from app.sentiment.judging.marking import marked
from app.sentiment.models import Department, Label, Suggestion, Theme
from app.sentiment.themes import dictionary, mentions
from app.surveys.scales import Band, band

NEWEST = 8
CSV_HEAD = (
    "theme",
    "department",
    "comments",
    "of",
    "share",
    "low",
    "high",
    "share_before",
    *(label.value for label in Label),
    *(f"of_{one.value}s" for one in Band),
    "accounts_renewed",
    "accounts_lost",
)


def department() -> Department | None:
    given = request.args.get("department")
    return Department(given) if given in set(Department) else None


def the_theme(theme_id: int) -> Theme:
    found = db.session.get(Theme, theme_id)
    if found is None:
        raise NotFound(_("There is no such theme."))
    return found


@blueprint.get("/themes")
@access.viewer
@kept_page()
def themes():
    days, chosen = asked(), department()
    outcomes, whole = counts.outcomes(db.session, days.start, days.end)
    open_ones = sa.select(Suggestion).where(Suggestion.dismissed_at.is_(None)).order_by(Suggestion.id)
    return render_template(
        "reports/themes.html",
        chosen=days,
        department=chosen,
        found=counts.overview(db.session, days.start, days.end, chosen),
        outcomes=outcomes,
        whole=whole,
        waiting=mentions.waiting(db.session, dictionary.number(db.session)),
        retired=[one for one in dictionary.themes(db.session, with_retired=True) if not one.is_active],
        suggestions=db.session.scalars(open_ones).all(),
        words=words,
        theme_words=theme_words,
        days={"from": days.address["from"], "to": days.address["to"]},
        may_edit=current_user.may(RoleName.MANAGER),
    )


@download(blueprint, "/themes")
@access.viewer
def themes_file():
    days, chosen = asked(), department()
    rows = in_one_reading(db.engine, lambda session: theme_lines(session, days.start, days.end, chosen))
    return Table("themes", CSV_HEAD, rows)


def theme_lines(session: Session, start, end, chosen: Department | None) -> Iterator[tuple]:
    outcomes, _whole = counts.outcomes(session, start, end)
    for row in counts.overview(session, start, end, chosen).rows:
        became, within = outcomes.get(row.theme.id, counts.Became()), row.share.interval
        yield (
            row.theme.name,
            row.theme.department or "",
            row.share.number,
            row.share.n,
            plain(row.share.value),
            plain(within.low if within else None),
            plain(within.high if within else None),
            plain(row.before.value),
            *(row.labels[label] for label in Label),
            *(row.by_band[one.value].number for one in Band),
            became.renewed,
            became.lost,
        )


def plain(value: float | None) -> str | float:
    return "" if value is None else value


@blueprint.get("/themes/<int:theme_id>")
@access.viewer
@kept_page()
def theme(theme_id: int):
    found, days = the_theme(theme_id), asked()
    span = periods(days.start, days.end, days.every)
    points = counts.trend(db.session, found, span)
    overview = counts.overview(db.session, days.start, days.end)
    outcomes, whole = counts.outcomes(db.session, days.start, days.end)
    chosen = rows.Chosen(days.start, days.end, theme=str(theme_id))
    newest = rows.comments(db.session, chosen, size=NEWEST)[:NEWEST]
    return render_template(
        "reports/theme.html",
        topic=found,
        chosen=days,
        row=next((row for row in overview.rows if row.theme.id == found.id), None),
        total=overview.total,
        chart=theme_chart(found, points, days.every),
        became=outcomes.get(found.id, counts.Became()),
        whole=whole,
        newest=newest,
        marked={one.reading.id: marked(one.words, one.reading.evidence) for one in newest},
        said={one.reading.id: said_of(found, one) for one in newest},
        band=band,
        words=words,
        theme_words=theme_words,
        days={"from": days.address["from"], "to": days.address["to"]},
        may_edit=current_user.may(RoleName.MANAGER),
    )


def said_of(theme: Theme, comment: Comment) -> Label:
    """How the theme is spoken of in a comment that mentions it."""
    return next(one.label for one in comment.mentions if one.theme_id == theme.id)


def theme_chart(theme: Theme, points: list[counts.Point], every: Every) -> charts.Chart:
    made = [
        Point(
            label=period_words(point.period, every),
            value=point.share.value,
            low=point.share.interval.low if point.share.interval else None,
            high=point.share.interval.high if point.share.interval else None,
            n=point.share.n,
            note=_("%(n)s mention it, %(bad)s negatively", n=point.share.number, bad=point.negative),
            url=url_for(
                "reports.comments",
                theme=theme.id,
                **{"from": point.period.start.isoformat(), "to": point.period.last.isoformat()},
            ),
        )
        for point in points
    ]
    return charts.line_with_interval(
        made,
        _("Comments that mention it"),
        Unit.SHARE,
        note=_(
            "Share of all comments of each period, with its 95 % interval. Fewer than five comments give no point."
        ),
        empty=_("Fewer than five comments in every period."),
    )


def languages_of(theme: Theme | None) -> list[str]:
    """Every language first, then the installation's, then those the theme has phrases for, then the others shipped."""
    first = ["", this_installation().language.partition("-")[0].partition("_")[0]]
    own = sorted({*theme.phrases, *theme.exclusions}) if theme else []
    others = sorted(file.stem for file in dictionary.FOLDER.glob("*.txt"))
    return list(dict.fromkeys([*first, *own, *others]))


@blueprint.get("/themes/new")
@access.manager
def new_theme():
    return render_template("reports/theme_form.html", form=forms.made_for(languages_of(None)), topic=None)


@blueprint.post("/themes/new")
@access.manager
def create_theme():
    return saved(None)


@blueprint.get("/themes/<int:theme_id>/edit")
@access.manager
def edit_theme(theme_id: int):
    found = the_theme(theme_id)
    return render_template(
        "reports/theme_form.html", form=forms.made_for(languages_of(found), found), topic=found
    )


@blueprint.post("/themes/<int:theme_id>/edit")
@access.manager
def change_theme(theme_id: int):
    return saved(the_theme(theme_id))


def saved(theme: Theme | None):
    """Take what the form says, or show it again with what is wrong."""
    form = forms.made_for(languages_of(theme), theme)
    if not form.validate_on_submit():
        return render_template("reports/theme_form.html", form=form, topic=theme), 400
    row = theme or Theme(is_active=True)
    row.name, row.department = form.name.data.strip(), form.department.data or None
    row.phrases = dictionary.checked(form.lines("phrases"))
    row.exclusions = dictionary.checked(form.lines("exclusions"))
    db.session.add(row)
    db.session.flush()
    return changed(row, "theme.change" if theme else "theme.create")


def changed(theme: Theme, action: str):
    """Note the change; the worker looks through every comment again."""
    number = dictionary.changed(db.session)
    audit.note(
        db.session, access.actor(), action, subject=f"theme:{theme.id}", now=clock.now(), name=theme.name
    )
    db.session.commit()
    flash(
        ngettext(
            "Saved. %(num)s comment is being looked through again.",
            "Saved. %(num)s comments are being looked through again.",
            number,
        ),
        "success",
    )
    return redirect(url_for("reports.themes"), 303)


@blueprint.post("/themes/<int:theme_id>/use")
@access.manager
def use_theme(theme_id: int):
    """Retire a theme, or use it again."""
    found = the_theme(theme_id)
    found.is_active = request.form.get("active") == "1"
    return changed(found, "theme.use" if found.is_active else "theme.retire")


@blueprint.post("/themes/suggestions/<int:suggestion_id>")
@access.manager
def decide_suggestion(suggestion_id: int):
    """Take a suggested phrase with its variants into a theme, make a theme of it, or dismiss it."""
    found, what = db.session.get(Suggestion, suggestion_id), request.form.get("theme", "")
    if found is None:
        raise NotFound(_("This phrase is not suggested any more."))
    if what == "dismiss":
        found.dismissed_at, found.dismissed_by = clock.now(), access.actor().name
        db.session.commit()
        return redirect(url_for("reports.themes", _anchor="suggestions"), 303)
    if what == "new":
        row = Theme(name=found.phrase.capitalize(), phrases={}, exclusions={}, is_active=True)
        db.session.add(row)
    elif what.isascii() and what.isdecimal() and len(what) < 10:
        row = the_theme(int(what))
    else:
        raise Invalid(_("Say which theme it belongs to."))
    here = row.phrases.get(found.language, [])
    row.phrases = row.phrases | {found.language: list(dict.fromkeys([*here, found.phrase, *found.variants]))}
    db.session.delete(found)
    db.session.flush()
    return changed(row, "theme.phrase")


@blueprint.post("/themes/suggestions")
@access.manager
def suggest_again():
    """Have the worker count anew."""
    dictionary.the_edition(db.session).suggested_at = None
    db.session.commit()
    flash(_("The worker counts anew; look again in a minute."), "success")
    return redirect(url_for("reports.themes", _anchor="suggestions"), 303)
