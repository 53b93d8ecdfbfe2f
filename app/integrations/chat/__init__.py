"""Chat: webhooks that Slack, Microsoft Teams and whatever understands the same take."""
