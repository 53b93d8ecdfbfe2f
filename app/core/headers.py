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
NO_STORE = {"Cache-Control": "no-store"}


def install(app: Flask) -> None:
    common = COMMON | ({"Strict-Transport-Security": HSTS} if app.extensions["settings"].is_https else {})
    staff = common | {"Content-Security-Policy": STAFF} | NO_STORE
    respondent = (
        common | {"Content-Security-Policy": RESPONDENT, "X-Robots-Tag": "noindex, nofollow"} | NO_STORE
    )
    static = common | {"Content-Security-Policy": STAFF}

    @app.after_request
    def add(response: Response) -> Response:
        """What a view set itself stays; the rest is added in one go, because every page pays for this."""
        if request.endpoint == "static":
            wanted = static
        else:
            wanted = respondent if request.path.startswith(("/a/", "/u/")) else staff
        present = {name.lower() for name in response.headers.keys()}  # noqa: SIM118
        response.headers.extend([(n, v) for n, v in wanted.items() if n.lower() not in present])
        return response
