"""The staff pages of followups (a door)."""

from flask import Blueprint

blueprint = Blueprint("followups", __name__)
