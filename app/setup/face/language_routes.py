"""The pages about languages: which there are, who has read them, how people are addressed, and each sentence (a door)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.auth import access
from app.core import audit, clock
from app.core.errors import Invalid
from app.core.face import sentences
from app.core.face.models import TranslationReview
from app.core.face.sentences import Sentence
from app.core.installation import Installation, installation
from app.core.language.words import FALLBACK, RESPONDENTS, own_name, tag_of
from app.core.web.fields import mark
from app.extensions import db
from app.setup.face.forms import FORMAL, INFORMAL, AddressForm, ReviewForm, SentenceForm
from app.setup.routes import blueprint
from app.surveys import templates, wording
from app.surveys.words import addressing

HOMES = {
    sentences.MAIL: _l("Mails"),
    sentences.PAGE: _l("The page of the question"),
    sentences.THANKS: _l("Thanks after the answer"),
    sentences.WISHES: _l("How people want to be asked"),
    sentences.TROUBLE: _l("When something does not work"),
}


@dataclass(frozen=True)
class Translation:
    """A language in the form of address that is in use, with who approved it and whether it changed since."""

    language: str
    is_informal: bool
    review: TranslationReview | None
    found: list[Sentence]

    @property
    def tag(self) -> str:
        return tag_of(self.language, self.is_informal)

    @property
    def is_original(self) -> bool:
        return self.language == FALLBACK

    @property
    def corrected(self) -> int:
        return sum(one.is_corrected for one in self.found)

    @property
    def has_changed(self) -> bool:
        return self.review is not None and self.review.digest != sentences.digest(self.found)


@blueprint.get("/settings/languages")
@access.admin
def languages():
    """Every language that customers are asked in, and whether a native speaker has read it."""
    row, reviews = installation(db.session), sentences.reviews(db.session)
    return render_template(
        "setup/languages.html",
        translations=[translation(row, language, reviews) for language in RESPONDENTS.languages()],
        names=(wording.language_name, own_name),
        formal=addressing.languages(),
    )


@blueprint.get("/settings/languages/<language>")
@access.admin
def language(language: str):
    """All sentences of a language beside English, its form of address, and its approval."""
    return page(known(language), ReviewForm(formdata=None))


@blueprint.post("/settings/languages/<language>/review")
@access.admin
def approve_language(language: str):
    found, form = known(language), ReviewForm()
    if found.is_original:
        abort(404)
    if not form.validate():
        return page(found, form), 400
    now, actor = clock.now(), access.actor()
    sentences.approve(db.session, found.tag, found.found, reviewer=form.reviewer.data, by=actor.name, now=now)
    audit.note(
        db.session,
        actor,
        "translation.approved",
        subject=f"language:{found.tag}",
        now=now,
        reviewer=form.reviewer.data,
    )
    db.session.commit()
    flash(_("Noted: %(name)s has read it.", name=form.reviewer.data), "success")
    return redirect(url_for("setup.language", language=language), 303)


@blueprint.post("/settings/languages/<language>/address")
@access.admin
def address_in(language: str):
    """Address people formally or informally from now on, in pages and in mails that are not written yet."""
    known(language)
    form = AddressForm()
    if language not in addressing.languages() or not form.validate():
        abort(400)
    row = installation(db.session)
    others = [tag for tag in row.informal if tag != language]
    row.informal = sorted([*others, language]) if form.address.data == INFORMAL else others
    changed(row, "language.address", language, address=form.address.data)
    flash(_("Saved."), "success")
    return redirect(url_for("setup.language", language=language), 303)


@blueprint.get("/settings/languages/<language>/sentences/<key>")
@access.admin
def sentence(language: str, key: str):
    """One sentence, with room for other words."""
    found = known(language)
    one = named(found, key)
    return sentence_page(found, one, SentenceForm(formdata=None, data={"words": one.words}))


@blueprint.post("/settings/languages/<language>/sentences/<key>")
@access.admin
def correct_sentence(language: str, key: str):
    found, form = known(language), SentenceForm()
    one = named(found, key)
    try:
        if not form.validate():
            return sentence_page(found, one, form), 400
        sentences.correct(
            db.session, one, found.tag, form.words.data or "", by=access.actor().name, now=clock.now()
        )
    except Invalid as refused:
        db.session.rollback()
        mark(form, refused)
        return sentence_page(known(language), one, form), 400
    changed(installation(db.session), "translation.corrected", found.tag, original=one.original[:200])
    flash(_("Saved. Pages and mails say so from now on."), "success")
    return redirect(f"{url_for('setup.language', language=language)}#{key}", 303)


def changed(row: Installation, action: str, language: str, **details) -> None:
    """Every process reads the words again; write the change down and commit."""
    row.changes_face()
    audit.note(db.session, access.actor(), action, subject=f"language:{language}", now=clock.now(), **details)
    db.session.commit()
    installation(db.session)


def known(language: str) -> Translation:
    if language not in RESPONDENTS.languages():
        abort(404)
    return translation(installation(db.session), language, sentences.reviews(db.session))


def translation(row: Installation, language: str, reviews) -> Translation:
    is_informal = language in row.informal
    found = sentences.sentences(db.session, language, is_informal=is_informal)
    return Translation(language, is_informal, reviews.get(tag_of(language, is_informal)), found)


def named(found: Translation, key: str) -> Sentence:
    one = next((one for one in found.found if one.key == key), None)
    if one is None:
        abort(404)
    return one


def page(found: Translation, review: ReviewForm) -> str:
    address = AddressForm(formdata=None, data={"address": INFORMAL if found.is_informal else FORMAL})
    return render_template(
        "setup/language.html",
        translation=found,
        name=wording.language_name(found.language),
        direction=wording.direction(found.language),
        groups=[(words, [one for one in found.found if one.home == home]) for home, words in HOMES.items()],
        review=review,
        address=address if found.language in addressing.languages() else None,
        surveys=db.session.query(templates.Survey).filter_by(archived_at=None).order_by(templates.Survey.id),
    )


def sentence_page(found: Translation, one: Sentence, form: SentenceForm) -> str:
    form.words.render_kw = form.words.render_kw | {
        "lang": found.language,
        "dir": wording.direction(found.language),
        "rows": 4,
    }
    return render_template(
        "setup/sentence.html",
        translation=found,
        name=wording.language_name(found.language),
        direction=wording.direction(found.language),
        sentence=one,
        home=HOMES[one.home],
        form=form,
    )
