"""Who works here and what they may do."""

from app.core.imports import hidden

# Passkeys and one-time codes are not offered. The libraries for them, which Flask-Security loads where it can, would
# take 14 MB in each process.
with hidden("webauthn", "cryptography"):
    import flask_security  # noqa: F401
