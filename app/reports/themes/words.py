"""What departments, and the reasons of suggestions, are called on pages."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from app.sentiment.models import Department, Ground

DEPARTMENTS = {
    Department.PRODUCT: _("Product"),
    Department.SUPPORT: _("Support"),
    Department.SALES: _("Sales"),
    Department.ACCOUNTS: _("Account management"),
}
GROUNDS = {
    Ground.DETRACTORS: _("more among detractors"),
    Ground.RISING: _("rising"),
    Ground.FREQUENT: _("frequent"),
}
TONES = {Ground.DETRACTORS: "bad", Ground.RISING: "care", Ground.FREQUENT: "plain"}
