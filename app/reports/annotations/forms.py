"""The form for what happened on a day."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField

from app.core.web.fields import Line, needed


class AnnotationForm(FlaskForm):
    """A day and a few words."""

    on = DateField(_l("Day"), [needed()])
    words = Line(_l("What happened?"), description=_l("A price rise, an outage, a new release."))
