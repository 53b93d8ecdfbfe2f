"""The staff pages of delivery (a door)."""

from flask import Blueprint

blueprint = Blueprint("delivery", __name__)
