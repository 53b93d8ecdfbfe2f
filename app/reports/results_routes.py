"""The page on which the answers to a survey are summed up (a door)."""

from __future__ import annotations

from flask import render_template, request

from app.auth import access
from app.core.web.keeping.pages import kept_page
from app.core.web.pages import this_installation
from app.extensions import db
from app.reports.comments.words import LABELS
from app.reports.surveys import results
from app.surveys import wording
from app.surveys.routes import blueprint, the_survey


@blueprint.get("/surveys/<int:survey_id>/answers")
@access.viewer
@kept_page()
def survey_answers(survey_id: int):
    """What people answered, question by question; `version` narrows it to one wording."""
    found = the_survey(survey_id)
    asked = [version for version in found.versions if not version.is_draft]
    number = request.args.get("version", type=int)
    version = next((one for one in asked if one.number == number), None)
    language = wording.best(
        this_installation().language,
        wording.languages(version or found.current),
        this_installation().language,
    )
    named = wording.names(this_installation())
    found_results = results.results(db.session, found, version)
    return render_template(
        "surveys/answers.html",
        survey=found,
        versions=asked,
        version=version,
        people=results.how_many(db.session, found, version),
        results=[(one, wording.item(one.question, language, named)) for one in found_results],
        language=language,
        sounds=LABELS,
    )
