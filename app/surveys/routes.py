"""The staff pages of surveys (a door)."""

from flask import Blueprint

blueprint = Blueprint("surveys", __name__)
