"""The staff pages of favours: who was asked for what and what came of it, and which favours the company asks (a door)."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_security import current_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from wtforms import BooleanField, StringField, TextAreaField, ValidationError
from wtforms.validators import Length

from app.auth import access
from app.auth.models import RoleName
from app.core import audit, clock, text
from app.core.errors import NotFound
from app.core.files.downloads import Table, download, in_one_reading
from app.core.language.words import RESPONDENTS, addressing
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.core.web.paging import Page
from app.extensions import db
from app.followups import queue
from app.followups.advocacy import registry, words
from app.followups.advocacy.models import ON_PAGES, Favour, FavourKind, FavourOffer, FavourState
from app.followups.advocacy.registry import MOST_ON_A_PAGE, FavourFilter
from app.followups.routes import blueprint, zone
from app.followups.words import options, owner_options
from app.public.thanks.favour import questions
from app.surveys import wording
from app.surveys.wording import language_name

CSV_HEAD = ("account", "contact", "owner", "favour", "state", "asked", "since", "counted")
LONGEST_WORDS = 400


def chosen_favours() -> FavourFilter:
    """The filter in the address; unknown values are passed over."""
    asked, owner = request.args, request.args.get("owner", "")
    is_number = owner.isascii() and owner.isdecimal() and len(owner) < 10
    return FavourFilter(
        state=FavourState(asked["state"]) if asked.get("state") in set(FavourState) else None,
        kind=FavourKind(asked["kind"]) if asked.get("kind") in set(FavourKind) else None,
        owner_id=int(owner) if is_number else None,
    )


def favour_address(chosen: FavourFilter, **more) -> dict[str, str]:
    given = {"state": chosen.state, "kind": chosen.kind, "owner": chosen.owner_id} | more
    return {name: str(value) for name, value in given.items() if value is not None}


@blueprint.get("/advocacy")
@access.viewer
@kept_page()
def favours():
    chosen = chosen_favours()
    page = Page.asked(MOST_ON_A_PAGE, registry.how_many(db.session, chosen))
    query = registry.favours(chosen).offset(page.start).limit(MOST_ON_A_PAGE)
    return render_template(
        "followups/favours.html",
        favours=db.session.scalars(query).all(),
        page=page,
        chosen=chosen,
        address=favour_address(chosen),
        counts=registry.counts(db.session, chosen),
        states=FavourState,
        words=words,
        state_options=[("", _("All")), *options(words.STATES)],
        kind_options=[("", _("All")), *options(words.KINDS)],
        owners=[("", _("Everybody")), ("0", _("Nobody")), *owner_options(queue.owners(db.session))],
        may_set=current_user.may(RoleName.MANAGER),
        now=clock.now(),
    )


@download(blueprint, "/advocacy")
@access.viewer
def favours_file():
    chosen, of = chosen_favours(), zone()
    return Table(
        "favours", CSV_HEAD, in_one_reading(db.engine, lambda session: favour_rows(session, chosen, of))
    )


def favour_rows(session: Session, chosen: FavourFilter, of: ZoneInfo) -> Iterator[tuple]:
    for favour in session.scalars(registry.favours(chosen), execution_options={"yield_per": 500}):
        yield favour_row(favour, of)


def favour_row(favour: Favour, of: ZoneInfo) -> tuple:
    owner = favour.account.owner
    return (
        favour.account.name,
        favour.contact.name,
        owner.display_name if owner else "",
        favour.kind.value,
        favour.state.value,
        *(at.astimezone(of).strftime("%Y-%m-%d %H:%M") for at in (favour.offered_at, favour.changed_at)),
        1,
    )


@blueprint.post("/advocacy/<int:favour_id>/<state>")
@access.csm
def settle_favour(favour_id: int, state: str):
    """What the person told a colleague, or has done."""
    found = db.session.get(Favour, favour_id, with_for_update=True) if favour_id < 2**63 else None
    if found is None or state not in set(FavourState):
        raise NotFound(_("There is no such favour."))
    now, actor = clock.now(), access.actor()
    found.move(FavourState(state), now=now, by=actor.name)
    subject = f"contact:{found.contact_id}"
    audit.note(db.session, actor, f"favour.{state}", subject=subject, now=now, kind=found.kind.value)
    db.session.commit()
    flash(_("Noted: %(state)s.", state=words.STATES[found.state]), "success")
    return redirect(url_for("followups.favours", **favour_address(chosen_favours())), 303)


class OfferForm(FlaskForm):
    """One kind of favour: whether it is asked, where who agrees is led, and in which words.

    Six of them stand in one form of the page, which carries the token for all.
    """

    class Meta(FlaskForm.Meta):
        csrf = False

    is_offered = BooleanField(_l("Ask for it"))
    link = StringField(
        _l("Where it is done"),
        [Length(max=500)],
        description=_l(
            "A web address, for who says yes. Left empty, the owner of the account gets in touch."
        ),
    )
    words = TextAreaField(_l("Your own words"), [Length(max=LONGEST_WORDS)], render_kw={"rows": 2})

    def validate_link(self, field) -> None:
        given = (field.data or "").strip()
        if given and (urlsplit(given).scheme not in {"http", "https"} or not urlsplit(given).netloc):
            raise ValidationError(_("Write a whole address, such as https://reviews.example/us."))

    def validate_words(self, field) -> None:
        try:
            field.data = text.clean(field.data or "", limit=LONGEST_WORDS)
        except text.UnreadableText as error:
            raise ValidationError(str(error)) from None


def offer_language() -> str:
    """The language of the address, as far as respondents are spoken to in it."""
    return wording.best(request.args.get("language"), RESPONDENTS.languages(), this_installation().language)


def offer_forms(language: str, *, is_sent: bool) -> dict[FavourKind, OfferForm]:
    found = {kind: db.session.get(FavourOffer, kind) for kind in ON_PAGES}
    return {
        kind: OfferForm(
            formdata=request.form if is_sent else None,
            prefix=kind.value,
            is_offered=offer.is_offered if offer else False,
            link=offer.link if offer else "",
            words=offer.words.get(language, "") if offer else "",
        )
        for kind, offer in found.items()
    }


def show_offers(forms: dict[FavourKind, OfferForm], language: str, status: int = 200):
    facts = this_installation()
    with addressing(language):
        usual = questions(wording.names(facts)["product"])
    languages = [(code, language_name(code)) for code in RESPONDENTS.languages()]
    page = render_template(
        "followups/favour_offers.html",
        forms=forms,
        usual=usual,
        language=language,
        languages=languages,
        words=words,
    )
    return page, status


@blueprint.get("/advocacy/offers")
@access.manager
def favour_offers():
    return show_offers(offer_forms(offer_language(), is_sent=False), offer_language())


@blueprint.post("/advocacy/offers")
@access.manager
def save_favour_offers():
    language = offer_language()
    forms = offer_forms(language, is_sent=True)
    wrong = [form for form in forms.values() if not form.validate()]  # All of them, so that all errors show.
    if wrong:
        return show_offers(forms, language, 400)
    for kind, form in forms.items():
        offer = db.session.get(FavourOffer, kind) or FavourOffer(kind=kind)
        offer.is_offered, offer.link = form.is_offered.data, (form.link.data or "").strip()
        kept = {tag: said for tag, said in (offer.words or {}).items() if tag != language}
        offer.words = kept | ({language: form.words.data} if form.words.data else {})
        db.session.add(offer)
    asked = [kind.value for kind, form in forms.items() if form.is_offered.data]
    audit.note(db.session, access.actor(), "favours.offered", now=clock.now(), kinds=asked)
    db.session.commit()
    flash(_("Saved. The next thank-you pages ask so."), "success")
    return redirect(url_for("followups.favour_offers", language=language), 303)
