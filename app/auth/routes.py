"""The staff pages of auth (a door)."""

from flask import Blueprint

blueprint = Blueprint("auth", __name__)
