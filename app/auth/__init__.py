"""Who works here and what they may do."""

from app.core.processes.imports import hidden

# Passkeys and one-time codes are not offered. Their libraries, which Flask-Security loads where it can, take megabytes.
with hidden("webauthn", "cryptography"):
    import flask_security  # noqa: F401
