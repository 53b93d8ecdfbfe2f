"""Security headers of every response, the content security policy first (decisions 17)."""

from __future__ import annotations

from flask import Flask, Response, request

COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
BASE = "default-src 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; img-src 'self' data:; font-src 'self'"
RESPONDENT = BASE + "; style-src 'self'; script-src 'self'; connect-src 'self'"
STAFF = RESPONDENT + "; style-src-attr 'unsafe-inline'; frame-src 'self'"
HSTS = "max-age=63072000; includeSubDomains"


def install(app: Flask) -> None:
    is_https = app.extensions["settings"].is_https

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        is_respondent = request.path.startswith(("/a/", "/u/"))
        for name, value in COMMON.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", RESPONDENT if is_respondent else STAFF)
        if request.endpoint != "static":
            headers.setdefault("Cache-Control", "no-store")
        if is_respondent:
            headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        if is_https:
            headers.setdefault("Strict-Transport-Security", HSTS)
        return response
