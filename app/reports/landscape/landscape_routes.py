"""The accounts as bubbles (a door)."""

from __future__ import annotations

from flask import render_template, url_for
from flask_babel import gettext as _

from app.auth import access
from app.contacts import words
from app.contacts.routes import address_of, chosen_filter, today_here
from app.core.web.keeping.pages import kept_page
from app.extensions import db
from app.followups import queue
from app.followups import words as task_words
from app.health.models import Colour
from app.reports import charts
from app.reports.charts import Bubble
from app.reports.landscape.places import Landscape, Place, landscape
from app.reports.routes import blueprint


@blueprint.get("/accounts", endpoint="landscape")
@access.viewer
@kept_page()
def landscape_page():
    chosen = chosen_filter()
    found = landscape(db.session, chosen, today_here())
    return render_template(
        "reports/landscape.html",
        chosen=chosen,
        address=address_of(chosen),
        found=found,
        chart=bubble_chart(found),
        owner_options=task_words.owner_options(queue.owners(db.session)),
        stage_options=[(stage.value, name) for stage, name in words.STAGES.items()],
    )


def bubble_chart(found: Landscape) -> charts.Chart:
    return charts.bubbles(
        [bubble(place) for place in found.asked],
        _("Accounts by engagement and sentiment"),
        across=_("Engagement"),
        upward=_("Sentiment"),
        size=_("ARR"),
        note=_(
            "Engagement: how much of what was asked the people of an account answered, 0 to 100. Sentiment: what they last said, 0 to 100. The area goes with ARR, the colour with the Relationship score. Accounts whose people were asked and stayed silent have a lane of their own: nobody knows how they feel."
        ),
        empty=_("No account has been asked yet."),
    )


def bubble(place: Place) -> Bubble:
    return Bubble(
        place.account.name,
        place.engagement,
        place.sentiment,
        place.arr,
        "none" if place.colour is Colour.GREY else place.colour.value,
        url_for("contacts.account", account_id=place.account.id),
        _("silent") if place.sentiment is None else "",
    )
