"""The form of an absence."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired

from app.auth.models import Staff
from app.core.web.fields import SelectChoice


class AbsenceForm(FlaskForm):
    """From when to when somebody is away, and who stands in."""

    person = SelectField(_("Who is away?"), coerce=int)
    from_on = DateField(_("First day away"), [InputRequired(_("Choose a day."))])
    to_on = DateField(_("Last day away"), [InputRequired(_("Choose a day."))])
    cover = SelectField(
        _("Who stands in?"),
        coerce=int,
        description=_(
            "They see your follow-ups and what customers write beside their own. Nothing changes hands."
        ),
    )

    def __init__(self, own: Staff, people: Sequence[Staff], *, may_choose: bool, **given):
        super().__init__(**given)
        others = people if may_choose else [own]
        self.person.choices = [SelectChoice(one.id, one.display_name) for one in others]
        self.cover.choices = [
            SelectChoice(0, _("Choose…")),
            *(SelectChoice(one.id, one.display_name) for one in people),
        ]
        if not may_choose:
            del self.person
