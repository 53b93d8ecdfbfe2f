"""The names that programs and operators rely on: commands, settings, public addresses, form fields, the API.

Add to these lists; nothing in them is ever renamed.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import pytest

from app.api.cli import KINDS
from app.cli import justask
from app.surveys import templates
from app.surveys.models import QuestionKind
from config import Settings
from tests import make
from tests.api.conftest import PREFIX

IMPORT = "--preset --map --dry-run --json --report"
COMMANDS = {
    "serve": "--host --port --no-demo --no-worker",
    "worker": "",
    "live": "--i-know",
    "jobs list": "--json",
    "jobs run": "--all-due --json",
    "db upgrade": "",
    "db downgrade": "",
    "db check": "--json",
    "backup": "--json",
    "restore": "",
    "release": "--json",
    "doctor": "--json",
    "demo load": "",
    "staff add": "--role --name --password-stdin",
    "staff disable": "",
    "keys add": "--scope",
    "keys revoke": "",
    "accounts import": IMPORT,
    "contacts import": IMPORT,
    "history import": IMPORT,
    "sentiment score": "",
    "person export": "",
    "person erase": "",
    "export": "--since --format",
}
SETTINGS = (
    "DATABASE_URL LIVE SECRET_KEY BASE_URL MAIL_URL MAIL_FROM BOUNCE_DOMAIN INBOUND_URL ENGINE WEB_WORKERS TIME_ZONE"
    " LOG_FORMAT SEND_RATE SEND_CONNECTIONS"
)
PAGES = {
    "/a/<token>": "GET POST",
    "/a/<token>/thanks": "GET",
    "/u/<token>": "GET POST",
    "/healthz": "GET",
    "/readyz": "GET",
    "/metrics": "GET",
}
LISTS = {
    "accounts": "id external_id name domains tier segment stage arr currency owner_email renewal_on health",
    "contacts": "id external_id email first_name last_name role account_id language time_zone status left_on",
    "surveys": "id key",
    "programs": "id name survey kind audience cadence reminders window quarantine status",
    "waves": "id counts rates machine_visits",
    "invitations": "id wave_id contact_id account_id state late auto_reply suppressed_reason sent_at reminded_at answered_at"
    " closed_at answer_url",
    "responses": "id invitation_id contact_id account_id score band comment value sentiment submitted_at flags",
    "tasks": "id kind account_id contact_id response_id owner_email state priority first_touch_due_at due_at overdue reason"
    " cause outcome activities",
    "signals": "id external_id type at value",
    "alerts": "id account_id contact_id rule kind severity state snoozed_until settled_at",
    "playbooks": "id name kind lifts task_kind tiers active steps",
    "webhooks": "id url description events active off_reason failing_since last_arrived_at",
    "webhook_deliveries": "id webhook_id webhook_message_id event state tries",
    "events": "id at action subject",
}
SCORE = "score colour parts ceiling completeness version as_of"
INSIDE = {
    "responses.value": "overall goal ease points",
    "responses.sentiment": "polarity label lang themes evidence corrected",
    "waves.counts": "total planned suppressed queued sent in_doubt refused bounced answered declined silent cancelled",
    "accounts/{account_id}/health.relationship": SCORE,
    "accounts/{account_id}/health.adoption": SCORE,
    "accounts/{account_id}/health.value": SCORE,
    "accounts/{account_id}/health.health": SCORE,
    "accounts/{account_id}/health.health.parts": "name value weight points_lost evidence",
    "accounts/{account_id}/health.health.ceiling": "name value points_lost",
    "reports/nps.points": "from to key n promoters passives detractors nps low high method note",
}
FILTERS = {
    "accounts": "external_id name domains tier segment stage arr_from arr_to currency owner_email renewal_on",
    "contacts": "external_id email first_name last_name role account_id language time_zone status left_on",
    "programs": "name survey kind status",
    "invitations": "wave_id contact_id account_id state late auto_reply suppressed_reason sent_from sent_to answered_from",
    "responses": "invitation_id contact_id account_id score band submitted_from submitted_to",
    "tasks": "kind account_id contact_id response_id owner_email state priority overdue cause outcome due_from due_to",
}
CHANGES = {
    "PUT accounts/by-external-id/{external_id}": "name domains tier segment stage arr currency owner_email renewal_on",
    "PATCH accounts/{account_id}": "external_id name",
    "PUT contacts/by-external-id/{external_id}": "email first_name last_name role account_id language time_zone status",
    "PATCH contacts/{contact_id}": "status left_on",
    "POST programs/{program_id}/waves": "contacts send_at ignore_send_window undo_minutes dry_run",
    "POST waves/{wave_id}/pause": "",
    "POST waves/{wave_id}/resume": "",
    "POST waves/{wave_id}/cancel": "",
    "PATCH tasks/{task_id}": "owner_email state priority",
    "POST tasks/{task_id}/activities": "kind at text two_way",
    "POST tasks/{task_id}/resolution": "cause causes_more outcome comment customer_told",
    "PUT accounts/{account_id}/adoption": "score metric as_of",
    "POST signals": "external_id account contact type at value",
    "POST alerts/{alert_id}/snooze": "until",
    "POST alerts/{alert_id}/wake": "",
    "POST alerts/{alert_id}/settlement": "",
    "POST playbooks": "name kind lifts task_kind tiers active steps",
    "PATCH playbooks/{playbook_id}": "name steps",
    "POST webhooks": "url description events",
    "PATCH webhooks/{webhook_id}": "url description events active",
    "POST webhooks/{webhook_id}/secret": "",
    "POST webhooks/{webhook_id}/test": "",
    "DELETE webhooks/{webhook_id}": "",
    "POST webhook_deliveries/{row_id}/repetition": "",
}
REPORTS = {
    "nps": "from to every by window_days",
    "response_rate": "from to",
    "movers": "",
    "hot_spots": "",
    "coverage": "",
    "bubbles": "",
    "loops": "from to",
}
WORDS = {
    "contacts.role": "decision_maker champion admin power_user user other",
    "contacts.status": "active left bounced unsubscribed erased",
    "programs.kind": "relationship transactional manual",
    "invitations.state": "planned suppressed queued sending sent in_doubt refused bounced answered declined silent cancelled",
    "tasks.kind": "detractor passive promoter silent value alert footprint",
    "tasks.state": "new contacted in_progress waiting closed reopened",
    "tasks.cause": "product_bug product_gap product_usability product_performance service_support service_onboarding"
    " service_csm commercial_price commercial_contract commercial_billing fit_mismatch fit_changed_needs"
    " relationship_contact_change other",
    "tasks.outcome": "resolved improved no_change lost no_contact",
}
DAY = timedelta(days=1)
one_database = pytest.mark.parametrize("database_kind", ["sqlite"])


class Api:
    """The names of the API's document."""

    def __init__(self, document: dict):
        self.document = document

    def meant(self, schema: dict) -> dict:
        """The schema itself, or that of an item of a list."""
        while True:
            if "$ref" in schema:
                schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            elif found := next(
                (schema[name] for name in ("allOf", "anyOf", "oneOf") if name in schema), None
            ):
                schema = next(one for one in found if one.get("type") != "null")
            elif "items" in schema.get("properties", {}):
                schema = schema["properties"]["items"]
            elif schema.get("type") == "array":
                schema = schema["items"]
            else:
                return schema

    def route(self, path: str, method: str = "get") -> dict:
        return self.document["paths"][f"{PREFIX}/{path}"][method]

    def shown(self, place: str) -> dict:
        """The schema of `resource.field.field`."""
        path, *names = place.split(".")
        content = self.route(path)["responses"]["200"]["content"]
        schema = self.meant(content["application/json"]["schema"])
        for name in names:
            schema = self.meant(schema["properties"][name])
        return schema

    def taken(self, path: str, method: str) -> set[str]:
        body = self.route(path, method).get("requestBody")
        return set(self.meant(body["content"]["application/json"]["schema"])["properties"]) if body else set()

    def asked(self, path: str) -> set[str]:
        return {parameter["name"] for parameter in self.route(path).get("parameters", ())}


def lacking(promised: str, found: object) -> list[str]:
    return [name for name in promised.split() if name not in found]


def test_commands_and_their_options_are_there():
    for words, options in COMMANDS.items():
        command = justask
        for word in words.split():
            command = command.commands[word]
        known = {
            name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)
        }
        assert lacking(options, known) == [], words
    kinds = (
        "accounts contacts programs waves invitations responses tasks health alerts comments signals events"
    )
    assert lacking(kinds, KINDS) == []


def test_settings_and_shipped_surveys_are_there():
    assert lacking(SETTINGS, {field.name for field in fields(Settings)}) == []
    assert lacking("nps value nps_value csat ces onboarding", templates.NAMES) == []
    names = {name for questions in templates.QUESTIONS.values() for name in questions}
    assert lacking("score comment value_overall value_goal value_ease", names) == []
    assert QuestionKind.NPS == "nps"


@one_database
def test_public_addresses_are_there(app):
    found = {(rule.rule, method) for rule in app.url_map.iter_rules() for method in rule.methods}
    for path, methods in PAGES.items():
        assert [method for method in methods.split() if (path, method) not in found] == [], path


@one_database
def test_the_document_names_what_is_promised(document):
    api = Api(document)
    assert document["openapi"].startswith("3.1")
    for path, names in LISTS.items():
        assert lacking(names, api.shown(path)["properties"]) == [], path
        assert lacking("limit cursor since " + FILTERS.get(path, ""), api.asked(path)) == [], path
    for place, names in INSIDE.items():
        assert lacking(names, api.shown(place)["properties"]) == [], place
    for place, names in CHANGES.items():
        method, path = place.split()
        assert lacking(names, api.taken(path, method.lower())) == [], place
        once = {parameter["name"] for parameter in api.route(path, method.lower()).get("parameters", ())}
        assert ("Idempotency-Key" in once) == (method == "POST"), place
    for name, asked in REPORTS.items():
        assert lacking(asked, api.asked(f"reports/{name}")) == [], name
    assert "as_of" in api.asked("accounts/{account_id}/health")
    for place, names in WORDS.items():
        assert lacking(names, api.shown(place)["enum"]) == [], place


def test_lists_are_narrowed_by_amounts_and_moments(session, api):
    small, large = (make.account(arr=arr) for arr in (1000, 90_000))
    asks = [make.invitation(contact=make.contact(account=one)) for one in (small, large)]
    asks[1].sent_at, asks[1].is_auto_reply = make.NOW + DAY, True
    make.answer(3, invitation=asks[0], now=make.NOW + 2 * DAY)
    asks = [str(ask.id) for ask in asks]
    session.commit()
    at, later = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (make.NOW + DAY, make.NOW + 3 * DAY))

    def ids(address: str) -> list[str]:
        return [item["id"] for item in api.all(address)]

    assert ids("/accounts?arr_from=1001") == ids("/accounts?arr_to=90000&arr_from=90000") == [str(large.id)]
    assert ids(f"/invitations?sent_from={at}") == ids("/invitations?auto_reply=true") == asks[1:]
    assert ids(f"/invitations?answered_from={at}&answered_to={later}") == asks[:1]
    assert ids(f"/invitations?sent_to={at}") == asks
    due = api.all("/tasks?kind=detractor")[0]["due_at"]
    assert len(ids(f"/tasks?kind=detractor&due_from={due}&due_to={due}")) == 1
    assert ids(f"/tasks?due_to={at}") == []


def test_what_is_lacking_is_found():
    assert lacking("id name", {"id": 1}) == ["name"]
