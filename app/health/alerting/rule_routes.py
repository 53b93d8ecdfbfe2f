"""The settings of the rules of early warning: on or off, thresholds, what follows, and a trial on the past year (a door)."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, FloatField, IntegerField

from app.auth import access
from app.core.database import transactions
from app.core.errors import Invalid, NotFound
from app.core.web.fields import Words, mark, needed
from app.extensions import db
from app.health.alerting import raising, settings, trial, words
from app.health.alerting.alert_routes import blueprint, today_here
from app.health.alerting.rules import RULES, Kind, Limit, Opens, Rule
from app.health.alerting.settings import LEAST_TOUCH_DAYS, MOST_TOUCH_DAYS, Setting
from app.health.alerting.trial import Trial

SHOWN_ACCOUNTS = 100


class RuleForm(FlaskForm):
    """What every rule has; each adds its thresholds."""

    is_on = BooleanField(_l("This rule raises alerts"))
    opens_task = BooleanField(
        _l("An alert opens a follow-up"),
        description=_l(
            "Unless one about trouble at the account is open already, which then stands for it; at most twenty a day, or one for a hundred accounts. It goes to whoever the rules of Follow-ups name."
        ),
    )
    touch_days = IntegerField(
        _l("First touch within so many working days"),
        [needed()],
        render_kw={"min": LEAST_TOUCH_DAYS, "max": MOST_TOUCH_DAYS, "inputmode": "numeric"},
    )
    reason = Words(
        _l("Why is it changed?"),
        required=False,
        limit=500,
        render_kw={"rows": 2},
        description=_l("Needed to save, not to try."),
    )


def form_for(rule: Rule, setting: Setting | None = None) -> RuleForm:
    """The form of a rule, as it was sent, or filled with a setting."""
    own = type("OneRuleForm", (RuleForm,), {limit.name: field_of(limit) for limit in rule.limits})
    if setting is None:
        return own()
    filled = {"is_on": setting.is_on, "opens_task": setting.opens_task, "touch_days": setting.touch_days}
    return own(formdata=None, data=filled | dict(setting.limits))


def field_of(limit: Limit):
    shown = {"min": f"{limit.low:g}", "max": f"{limit.high:g}", "inputmode": "decimal"}
    about = _l(
        "%(low)s to %(high)s; usually %(usual)s.",
        low=f"{limit.low:g}",
        high=f"{limit.high:g}",
        usual=f"{limit.usual:g}",
    )
    kind = IntegerField if limit.is_whole else FloatField
    return kind(
        limit.label,
        [needed()],
        description=about,
        render_kw=shown | ({} if limit.is_whole else {"step": "any"}),
    )


def told(rule: Rule, form: RuleForm) -> Setting:
    """The setting that a form asks for."""
    has_choice = rule.opens is Opens.CHOICE
    return Setting(
        rule,
        is_on=form.is_on.data or not rule.may_be_off,
        opens_task=form.opens_task.data and has_choice,
        touch_days=form.touch_days.data if has_choice else rule.touch_days,
        limits={limit.name: form[limit.name].data for limit in rule.limits},
    )


@blueprint.get("/settings/alerts", endpoint="rules")
@access.manager
def all_rules():
    """Every rule; with `?trial=1` also how often each, as it is set, would have fired in the past year."""
    found, today = settings.present(db.session), today_here()
    tried = None
    if request.args.get("trial") == "1":
        wanted = [setting for setting in found.values() if setting.is_on]
        tried = trial.try_out(db.session, wanted, today=today.day, zone=today.zone)
    return render_template(
        "alerts/rules.html", settings=found, kinds=Kind, alert_words=words, trial=tried, opens=Opens
    )


@blueprint.get("/settings/alerts/<rule>", endpoint="rule")
@access.manager
def one_rule(rule: str):
    found = the_rule(rule)
    return page(found, form_for(found, settings.present(db.session)[found.key]))


@blueprint.post("/settings/alerts/<rule>/trial")
@access.manager
def try_rule(rule: str):
    """Try what the form says on the past year, and save nothing."""
    found = the_rule(rule)
    form, today = form_for(found), today_here()
    if not valid(found, form):
        return page(found, form), 400
    wanted = replace(told(found, form), is_on=True)
    transactions.read(db.session)
    return page(found, form, trial.try_out(db.session, [wanted], today=today.day, zone=today.zone))


@blueprint.post("/settings/alerts/<rule>")
@access.manager
def change_rule(rule: str):
    found = the_rule(rule)
    form = form_for(found)
    if not valid(found, form):
        return page(found, form), 400
    try:
        changed = settings.change(
            db.session,
            told(found, form),
            reason=form.reason.data or "",
            now=today_here().now,
            by=access.actor(),
        )
    except Invalid as error:
        mark(form, error)
        return page(found, form), 400
    if changed:
        raising.look_at_all_again(db.session)
    db.session.commit()
    said = (
        _("Saved. Every account is looked at anew within minutes.") if changed else _("It is set so already.")
    )
    flash(said, "success")
    return redirect(url_for("alerts.rule", rule=found.key), 303)


def valid(rule: Rule, form: RuleForm) -> bool:
    """Whether the form can be read and each value is in its range; what is not stands at its field."""
    if rule.opens is not Opens.CHOICE:
        form.touch_days.data, form.touch_days.raw_data = rule.touch_days, [str(rule.touch_days)]
    if not form.validate_on_submit():
        return False
    wrong = settings.problems(told(rule, form))
    if wrong:
        mark(form, Invalid(_("Some values are out of their range."), errors=wrong))
    return not wrong


def the_rule(key: str) -> Rule:
    if key not in RULES:
        raise NotFound(_("There is no such rule."))
    return RULES[key]


def page(rule: Rule, form: RuleForm, tried: Trial | None = None) -> str:
    return render_template(
        "alerts/rule.html",
        rule=rule,
        form=form,
        present=settings.present(db.session)[rule.key],
        versions=settings.versions(db.session, rule),
        trial=tried,
        outcome=tried.outcomes[rule.key] if tried else None,
        shown_accounts=SHOWN_ACCOUNTS,
        opens=Opens,
        alert_words=words,
    )
