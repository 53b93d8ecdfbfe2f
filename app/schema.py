"""Every model of the product, imported here so that the metadata is whole when migrations compare it."""

from app.api.protocol import idempotency
from app.auth import models as auth
from app.auth.absences import models as absences
from app.auth.views import models as saved_views
from app.contacts import models as contacts
from app.contacts import signals
from app.contacts.importing import uploads
from app.core import audit, installation, outbox
from app.core.face import models as face
from app.core.processes import workers
from app.delivery import models as delivery
from app.delivery.inbound import models as inbound
from app.delivery.mail import turns
from app.followups import models as followups
from app.followups.advocacy import models as advocacy
from app.followups.conversation import models as conversation
from app.followups.escalating import models as escalating
from app.followups.improvements import models as improvements
from app.followups.playbooks import models as playbooks
from app.followups.promises import models as promises
from app.followups.settling import models as settling
from app.followups.undoing import models as undoing
from app.health import models as health
from app.health.alerting import models as alerting
from app.health.judgement import models as judgement
from app.integrations import models as integrations
from app.integrations.webhooks import models as webhooks
from app.reports import models as reports
from app.reports.annotations import models as annotations
from app.reports.freezing import models as freezing
from app.responses import models as responses
from app.sentiment import models as sentiment
from app.surveys import models as surveys

PARTS = (
    audit,
    installation,
    face,
    outbox,
    workers,
    auth,
    absences,
    saved_views,
    contacts,
    uploads,
    signals,
    surveys,
    delivery,
    inbound,
    turns,
    responses,
    sentiment,
    followups,
    conversation,
    promises,
    undoing,
    settling,
    escalating,
    playbooks,
    advocacy,
    improvements,
    health,
    judgement,
    alerting,
    integrations,
    webhooks,
    reports,
    annotations,
    freezing,
    idempotency,
)
