"""The settings page of follow-ups: who gets which, what happens by itself, what causes are called (a door)."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectMultipleField, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.auth import access
from app.auth.models import RoleName
from app.contacts import words as contact_words
from app.core import audit, clock
from app.core.errors import NotFound
from app.core.installation import Installation, installation
from app.core.web.fields import Line, choices
from app.extensions import db
from app.followups import queue, words
from app.followups.company import causes, owners
from app.followups.company.owners import OwnerRule
from app.followups.models import Cause
from app.followups.routes import blueprint

TIERS = (1, 2, 3)
MOST_RULES = 30


class CompanyForm(FlaskForm):
    """What happens by itself, and the names of the causes; a name left empty is ours again."""

    recovers = BooleanField(
        _l("Ask detractors once more, two to four weeks after their follow-up was closed"),
        description=_l("By the survey they had answered. It leaves quarantine aside, and respects every no."),
    )
    tells_leaders = BooleanField(
        _l("Tell managers when a clock has run out, and again when half as much time more is over"),
        description=_l(
            "By the ways they have chosen under Notices; each clock of a follow-up at most twice."
        ),
    )


for _cause in Cause:
    setattr(
        CompanyForm,
        f"cause_{_cause}",
        Line(words.USUAL_CAUSES[_cause], limit=causes.LONGEST, required=False),
    )


def ticks(label, **more) -> SelectMultipleField:
    return SelectMultipleField(
        label, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False), **more
    )


class OwnerRuleForm(FlaskForm):
    """Which follow-ups go to whom; nothing ticked means any."""

    kinds = ticks(_l("Kinds"), choices=words.choices(words.KINDS))
    tiers = ticks(_l("Tiers"), coerce=int)
    roles = ticks(_l("Roles"), choices=words.choices(contact_words.ROLES))
    people = ticks(
        _l("Go to"),
        coerce=int,
        description=_l("Of several people the one with the fewest open follow-ups gets the next."),
    )
    is_independent = BooleanField(
        _l("Never to whoever looks after the account"),
        description=_l("So that nobody has to ask what was wrong with their own work."),
    )

    def __init__(self, **given):
        super().__init__(**given)
        self.tiers.choices = choices(*((tier, _("Tier %(n)s", n=tier)) for tier in TIERS))
        self.people.choices = choices(
            *((one.id, one.display_name) for one in queue.owners(db.session) if one.may(RoleName.CSM))
        )

    def validate_people(self, field) -> None:
        if not field.data:
            raise ValidationError(_("Choose at least one person."))


@blueprint.get("/settings/follow-ups", endpoint="company")
@access.manager
def show_company():
    return page(CompanyForm(formdata=None, data=filled()), OwnerRuleForm(formdata=None))


@blueprint.post("/settings/follow-ups")
@access.manager
def change_company():
    form, row = CompanyForm(), installation(db.session)
    if not form.validate():
        return page(form, OwnerRuleForm(formdata=None)), 400
    named = {cause.value: form[f"cause_{cause}"].data or "" for cause in Cause}
    usual = {cause.value: str(name) for cause, name in words.USUAL_CAUSES.items()}
    keep(
        row,
        recovers=form.recovers.data,
        tells_leaders=form.tells_leaders.data,
        causes={key: name for key, name in named.items() if name and name != usual[key]},
    )
    audit.note(db.session, access.actor(), "followups.changed", now=clock.now())
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for("followups.company"), 303)


@blueprint.post("/settings/follow-ups/owners")
@access.manager
def add_owner_rule():
    form, row = OwnerRuleForm(), installation(db.session)
    if not form.validate() or len(rules(row)) >= MOST_RULES:
        return page(CompanyForm(formdata=None, data=filled()), form), 400
    rule = OwnerRule(
        form.kinds.data, form.tiers.data, form.roles.data, form.people.data, form.is_independent.data
    )
    return changed(row, [*rules(row), rule])


@blueprint.post("/settings/follow-ups/owners/<int:place>/removal")
@access.manager
def remove_owner_rule(place: int):
    row = installation(db.session)
    the_rule(row, place)
    return changed(row, [rule for number, rule in enumerate(rules(row)) if number != place])


@blueprint.post("/settings/follow-ups/owners/<int:place>/rise")
@access.manager
def raise_owner_rule(place: int):
    """The first rule that fits decides, so their order matters."""
    row = installation(db.session)
    rule, others = the_rule(row, place), rules(row)
    others.pop(place)
    return changed(row, [*others[: max(0, place - 1)], rule, *others[max(0, place - 1) :]])


def changed(row: Installation, found: list[OwnerRule]):
    keep(row, owners=[rule.stored for rule in found])
    audit.note(db.session, access.actor(), "followups.owners", now=clock.now(), rules=len(found))
    db.session.commit()
    flash(
        _("Saved. It holds for follow-ups from now on; those that are open stay with whom they are."),
        "success",
    )
    return redirect(url_for("followups.company") + "#owners", 303)


def keep(row: Installation, **given) -> None:
    """Put settings into the row beside those it has."""
    row.followups = row.followups | given
    causes.forget_read()


def rules(row: Installation) -> list[OwnerRule]:
    return owners.rules_of(row.followups)


def the_rule(row: Installation, place: int) -> OwnerRule:
    found = rules(row)
    if place >= len(found):
        raise NotFound(_("There is no such rule."))
    return found[place]


def filled() -> dict:
    """What the form shows: the settings as they hold."""
    given = installation(db.session).followups
    names = {f"cause_{key}": name for key, name in given.get("causes", {}).items()}
    switches = {name: given.get(name, True) for name in ("recovers", "tells_leaders")}
    return names | switches


def page(form: CompanyForm, rule_form: OwnerRuleForm) -> str:
    people = {one.id: one.display_name for one in queue.owners(db.session)}
    return render_template(
        "followups/company.html",
        form=form,
        rule_form=rule_form,
        rules=rules(installation(db.session)),
        people=people,
        words=words,
        roles=contact_words.ROLES,
    )
