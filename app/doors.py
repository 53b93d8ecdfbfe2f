"""Every blueprint of the staff pages, in one list. Only `app/__init__.py` reads it."""

from app.auth import key_routes, staff_routes  # noqa: F401
from app.auth.routes import blueprint as auth
from app.auth.routes import doorway
from app.contacts import entry_routes, gap_routes, handover_routes, people_routes  # noqa: F401
from app.contacts.importing.routes import blueprint as imports
from app.contacts.routes import blueprint as contacts
from app.contacts.stages import routes as stage_routes  # noqa: F401
from app.delivery import coming_routes, doubt_routes, fatigue_routes, launch_routes, mailbox_routes  # noqa: F401
from app.delivery.inbound.routes import blueprint as inbound
from app.delivery.routes import blueprint as delivery
from app.followups import activity_routes, advocacy_routes, improvement_routes, queue_routes, wish_routes  # noqa: F401
from app.followups.advocacy import asking_routes  # noqa: F401
from app.followups.company import routes as company_routes  # noqa: F401
from app.followups.conversation import mail_routes as case_mail_routes  # noqa: F401
from app.followups.conversation import several_routes as bulk_mail_routes  # noqa: F401
from app.followups.cover import routes as cover_routes  # noqa: F401
from app.followups.improvements import mail_routes as improvement_mail_routes  # noqa: F401
from app.followups.many import chosen_routes  # noqa: F401
from app.followups.playbooks import routes as playbook_routes  # noqa: F401
from app.followups.routes import blueprint as followups
from app.followups.undoing import undo_routes  # noqa: F401
from app.health.alerting import rule_routes  # noqa: F401
from app.health.alerting.alert_routes import blueprint as alerts
from app.health.judgement import judgement_routes  # noqa: F401
from app.health.told import told_routes  # noqa: F401
from app.health.tuning.tuning_routes import blueprint as scores
from app.integrations.routes import blueprint as integrations
from app.integrations.webhook_routes import blueprint as webhooks
from app.public.vitals import blueprint as vitals
from app.reports import list_routes, loop_routes, move_routes, results_routes, review_routes, view_routes  # noqa: F401
from app.reports.annotations import annotation_routes  # noqa: F401
from app.reports.comments import comment_routes  # noqa: F401
from app.reports.comparing import compare_routes  # noqa: F401
from app.reports.control import control_routes  # noqa: F401
from app.reports.coverage import coverage_routes  # noqa: F401
from app.reports.freezing import freezing_routes  # noqa: F401
from app.reports.freezing.shared_routes import blueprint as shared
from app.reports.glossary.glossary_routes import blueprint as glossary
from app.reports.hotspots import hotspot_routes  # noqa: F401
from app.reports.landscape import landscape_routes  # noqa: F401
from app.reports.movers import mover_routes  # noqa: F401
from app.reports.routes import blueprint as reports
from app.reports.search.routes import blueprint as finding
from app.reports.themes import theme_routes  # noqa: F401
from app.reports.values import value_routes  # noqa: F401
from app.reports.why import why_routes  # noqa: F401
from app.setup import installation_routes, survey_routes  # noqa: F401
from app.setup.face import language_routes as tongue_routes  # noqa: F401
from app.setup.face import look_routes  # noqa: F401
from app.setup.face.brand_routes import blueprint as brand
from app.setup.mail import routes as mail_routes  # noqa: F401
from app.setup.routes import blueprint as setup
from app.setup.watching import routes as watch_routes  # noqa: F401
from app.surveys import building_routes, language_routes, segment_routes, words_routes  # noqa: F401
from app.surveys import mail_routes as survey_mail_routes  # noqa: F401
from app.surveys.routes import blueprint as surveys

BLUEPRINTS = (
    doorway,
    auth,
    contacts,
    imports,
    surveys,
    delivery,
    inbound,
    followups,
    alerts,
    scores,
    reports,
    finding,
    glossary,
    shared,
    integrations,
    webhooks,
    setup,
    brand,
    vitals,
)
