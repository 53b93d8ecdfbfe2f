"""The staff pages of contacts (a door)."""

from flask import Blueprint

blueprint = Blueprint("contacts", __name__)
