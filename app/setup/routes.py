"""The staff pages of setup (a door)."""

from flask import Blueprint

blueprint = Blueprint("setup", __name__)
