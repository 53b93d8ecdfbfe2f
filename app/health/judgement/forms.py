"""The forms of our own judgement of an account."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, RadioField, SelectField

from app.core.web.fields import Words, choices, needed
from app.health.judgement.models import SetName
from app.health.judgement.words import LEVELS


class PulseForm(FlaskForm):
    """How somebody here feels about an account."""

    level = RadioField(_l("How is it going?"), choices=choices(*LEVELS.items()), validators=[needed()])
    pulse_words = Words(_l("Why?"), required=False, limit=500, render_kw={"rows": 2})


class OverrideForm(FlaskForm):
    """A score set by hand."""

    name = SelectField(_l("Score"))
    score = IntegerField(
        _l("Should be"), [needed()], render_kw={"min": 0, "max": 100, "inputmode": "numeric"}
    )
    reason = Words(_l("Because"), limit=1000, render_kw={"rows": 2})
    until = DateField(
        _l("Until"),
        [needed()],
        description=_l("Ninety days ahead at most. The computed score stays beside it."),
    )

    def __init__(self, scores: Mapping[str, str], **given):
        """`scores`: what each score is called; those that cannot be set are passed over."""
        super().__init__(**given)
        self.name.choices = choices(*((one.value, scores[one]) for one in SetName))
