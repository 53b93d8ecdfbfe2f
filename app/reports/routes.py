"""The staff pages of reports (a door)."""

from flask import Blueprint

blueprint = Blueprint("reports", __name__)
