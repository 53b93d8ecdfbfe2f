"""The headers of a list of past asks; no system has a form of its own for it, so there is one for all."""

from app.contacts.importers.presets.base import Headers

HISTORY: Headers = {
    "external_id": ("Contact External ID", "Contact ID"),
    "email": ("Contact email", "Email", "E-Mail Address", "Email Address"),
    "first_name": ("First Name",),
    "last_name": ("Last Name",),
    "account_external_id": ("Account External ID", "Account ID"),
    "account_name": ("Account", "Account Name", "Company", "Company Name"),
    "language": ("Language",),
    "survey": ("Survey", "Survey Name", "Campaign", "Wave"),
    "sent": ("Sent", "Sent On", "Sent At", "Asked On"),
    "delivered": ("Delivered",),
    "opened": ("Opened",),
    "answered": ("Answered", "Answered On", "Answered At", "Responded On", "Response Date"),
    "score": ("Score", "NPS", "NPS Score"),
    "value_overall": ("Value 0-10", "Value Overall"),
    "value_goal": ("Goal 0-4", "Value Goal"),
    "value_ease": ("Ease 1-7", "Value Ease"),
    "comment": ("Comment", "Comments", "Feedback"),
}
