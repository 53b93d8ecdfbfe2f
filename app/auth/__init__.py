"""Who works here and what they may do."""

from app.core.processes.imports import hidden

# Passkeys are not offered. Their library, which Flask-Security loads where it can, takes megabytes in each process.
with hidden("webauthn"):
    import flask_security  # noqa: F401
