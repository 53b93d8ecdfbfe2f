"""Sending survey mail: freezing it, carrying it through the outbox, and what each outcome means."""
