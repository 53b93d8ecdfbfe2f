"""Who works here and what they may do."""

from app.core.processes.memory.imports import hidden, standing_in

# Passkeys and one-time codes are not offered. Their libraries, which Flask-Security loads where it can, take megabytes,
# and so do the limits for asynchronous programs and the debugger of its clients for tests.
with hidden("webauthn", "cryptography"), standing_in("limits.aio", "pdb"):
    import flask_limiter  # noqa: F401 - it loads the limits
    import flask_security  # noqa: F401
