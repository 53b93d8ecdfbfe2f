"""The page on which language and time zone of many people are set at once (a door)."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField

from app.auth import access
from app.contacts.forms import Zone, language_choices, language_name, zone_names
from app.contacts.gaps import filling
from app.contacts.gaps.filling import MOST_GROUPS, Trait
from app.contacts.routes import blueprint
from app.core import audit, clock
from app.core.web.fields import choices
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.extensions import db

TRAITS = {
    Trait.ACCOUNT: _l("By account"),
    Trait.COUNTRY: _l("By country"),
    Trait.DOMAIN: _l("By mail domain"),
}
NAMES = {Trait.ACCOUNT: _l("Account"), Trait.COUNTRY: _l("Country"), Trait.DOMAIN: _l("Mail domain")}
LEAVE = ""


class FillForm(FlaskForm):
    """What to set for the people of the chosen groups."""

    language = SelectField(_l("Language"), default=LEAVE, validate_choice=False)
    time_zone = Zone(
        _l("Time zone"),
        description=_l("Like Europe/Berlin."),
        render_kw={"list": "zones", "autocomplete": "off"},
    )
    with_known = BooleanField(_l("Also for people of whom something else is known"))


@blueprint.get("/contacts/gaps")
@access.csm
@kept_page()
def gaps():
    """Who lacks a language or a zone, and what holds for them meanwhile."""
    return show(chosen_trait(), the_form(formdata=None))


@blueprint.post("/contacts/gaps")
@access.csm
def fill_gaps():
    trait, form, now = chosen_trait(), the_form(), clock.now()
    keys = [key for key in request.form.getlist("group") if len(key) <= 255 and "\x00" not in key][
        :MOST_GROUPS
    ]
    if not form.validate():
        return show(trait, form, keys, 400)
    language = form.language.data if form.language.data in dict(languages()) else None
    if not keys or not (language or form.time_zone.data):
        form.form_errors.append(
            _("Choose a language or a time zone.") if keys else _("Choose whose it is to be.")
        )
        return show(trait, form, keys, 400)
    done = filling.fill(
        db.session,
        trait,
        keys,
        language=language,
        time_zone=form.time_zone.data or None,
        with_known=form.with_known.data,
        now=now,
    )
    told = {"by": trait.value, "groups": ", ".join(keys)[:200], "language": language or ""}
    told |= {"time_zone": form.time_zone.data or "", "people": max(done.values())}
    audit.note(db.session, access.actor(), "contacts.filled", now=now, **told)
    db.session.commit()
    flash(" ".join(said(name, count) for name, count in done.items()), "success")
    return redirect(url_for("contacts.gaps", by=trait.value), 303)


def said(name: str, count: int) -> str:
    if name == "language":
        return ngettext("Language set for %(num)s person.", "Language set for %(num)s people.", count)
    return ngettext("Time zone set for %(num)s person.", "Time zone set for %(num)s people.", count)


def chosen_trait() -> Trait:
    given = request.args.get("by", "")
    return Trait(given) if given in set(Trait) else Trait.ACCOUNT


def languages() -> list[tuple[str, str]]:
    """The usual languages by code, in the reader's words."""
    return [(choice.value, choice.label) for choice in language_choices(None) if choice.value]


def the_form(**given) -> FillForm:
    form = FillForm(**given)
    form.language.choices = choices((LEAVE, _("Leave as it is")), *languages())
    return form


def show(trait: Trait, form: FillForm, keys: list[str] | None = None, status: int = 200):
    facts = this_installation()
    page = render_template(
        "contacts/gaps.html",
        form=form,
        trait=trait,
        group_name=str(NAMES[trait]),
        tabs=[
            (name, url_for("contacts.gaps", by=each.value), each is trait) for each, name in TRAITS.items()
        ],
        missing=filling.missing(db.session),
        groups=filling.groups(db.session, trait),
        chosen=set(keys or ()),
        most=MOST_GROUPS,
        fallback_language=language_name(facts.language),
        fallback_zone=facts.time_zone,
        zones=zone_names(),
    )
    return page, status
