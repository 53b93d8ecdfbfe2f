"""Sign-in by Flask-Security, with our templates, our session rows and no page of the library that we do not use."""

from __future__ import annotations

from flask import Flask
from flask_security import Security, SQLAlchemyUserDatastore

from app.auth import access
from app.auth.models import Role, Staff, WebAuthn
from app.extensions import db

security = Security()
datastore = SQLAlchemyUserDatastore(db, Staff, Role, WebAuthn)


def install(app: Flask) -> None:
    """Configure the library and declare the policy of its routes."""
    settings = app.extensions["settings"]
    app.config.update(
        SECURITY_PASSWORD_SALT=settings.SECRET_KEY[:32],
        SECURITY_PASSWORD_HASH="argon2",
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SECURITY_PASSWORD_LENGTH_MIN=12,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_URL="/sign-out",
        SECURITY_LOGOUT_METHODS=["POST"],
        SECURITY_POST_LOGIN_VIEW="/",
        SECURITY_POST_LOGOUT_VIEW="/sign-in",
        SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS=False,
        SECURITY_REGISTERABLE=False,
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_REDIRECT_ALLOW_SUBDOMAINS=False,
        SECURITY_MSG_UNAUTHORIZED=("You may not do that.", "error"),
    )
    security.init_app(app, datastore, register_blueprint=True)
    for endpoint in app.view_functions:
        if endpoint.startswith("security."):
            access.LIBRARY_ENDPOINTS[endpoint] = access.PUBLIC
