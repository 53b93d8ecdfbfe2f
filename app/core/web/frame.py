"""The Flask application as the product uses it: staff have a session, respondents none, and no view is asynchronous."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping
from functools import cache
from typing import Any, NoReturn
from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Request, Response, has_request_context, request
from flask.sessions import NullSession, SecureCookieSession, SecureCookieSessionInterface
from flask.templating import Environment
from flask.typing import ResponseReturnValue
from itsdangerous import URLSafeTimedSerializer
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.routing import MapAdapter, RequestRedirect, Rule

RESPONDENT_PATHS = ("/a/", "/u/", "/shared/")
TOKEN = "token"
# Nothing can be put into it.
NOBODYS = NullSession()
PLAIN, MOST_ADDRESSES = frozenset({str, int}), 1_000
OF_A_HOST = (
    *("HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "SCRIPT_NAME", "wsgi.url_scheme"),
    *("HTTP_CONNECTION", "HTTP_UPGRADE"),
)
MOST_HOSTS = 100


def is_respondent(path: str) -> bool:
    """Whether the path is of a respondent's page, or an outsider's, which knows no staff and pays nothing for them."""
    return path.startswith(RESPONDENT_PATHS)


class StaffSessions(SecureCookieSessionInterface):
    """Flask's sessions, except that a respondent's page has none: the link is the credential there."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        return NOBODYS if is_respondent(request.path) else super().open_session(app, request)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Flask's, made once for the keys and not twice for each request."""
        keys = (app.secret_key, *app.config["SECRET_KEY_FALLBACKS"])
        known = app.extensions.setdefault("cookie_signers", {})
        if keys not in known:
            known[keys] = super().get_signing_serializer(app)
        return known[keys]


class Templates(Environment):
    """Flask's templates, of which none has globals of its own: all share one mapping, which is cheap to read."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


def made_when_needed(append_unknown: bool) -> Callable[..., tuple[str, str]]:
    """What stands for one of the two functions that write an address, until it is first called."""

    def build(rule: Rule, /, **given: Any) -> tuple[str, str]:
        made = Rule._compile_builder(rule, append_unknown).__get__(rule, None)
        setattr(rule, "_build_unknown" if append_unknown else "_build", made)
        return made(**given)

    return build


class Address(Rule):
    """A rule whose functions that write addresses are compiled at their first use; most of them never are used."""

    builders = {append_unknown: made_when_needed(append_unknown) for append_unknown in (False, True)}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        return self.builders[append_unknown]


class AsItIs:
    """An answer to which nothing is added any more, no header and no cookie: it is sent as a view made it.

    For views that answer many people at once. Flask's own responses look their headers up, check and rewrite them, which
    takes longer than what most of these views do. Header values must hold no line ends.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(self, body: bytes, status: int, headers: list[tuple[str, str]]):
        self.body, self.status = body, status
        self.headers = [*headers, ("Content-Length", str(len(body)))]

    def __call__(self, environ: dict[str, Any], begin: Callable) -> Iterable[bytes]:
        begin(status_line(self.status), self.headers)
        return () if environ["REQUEST_METHOD"] == "HEAD" else (self.body,)


@cache
def status_line(status: int) -> str:
    """As Flask has it: "303 SEE OTHER"."""
    return f"{status} {HTTP_STATUS_CODES[status].upper()}"


class Application(Flask):
    """Flask, spared from looking at each request whether a hook or a view of ours is asynchronous: none is."""

    session_interface = StaffSessions()
    jinja_environment = Templates
    url_rule_class = Address

    def __init__(self, *given: Any, **more: Any):
        super().__init__(*given, **more)
        self.addresses: dict[tuple, str] = {}
        self.hosts: dict[tuple, tuple[str, tuple]] = {}

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Flask's, which works out for each request anew what it is called and by what way it came, three times over."""
        if request is None:
            return super().create_url_adapter(request)
        environ = request.environ
        key = tuple([environ.get(name) for name in OF_A_HOST])
        if (known := self.hosts.get(key)) is None:
            made = super().create_url_adapter(request)
            if len(self.hosts) >= MOST_HOSTS:
                self.hosts.clear()
            self.hosts[key] = (
                request.host,
                (made.server_name, made.script_name, made.subdomain, made.url_scheme),
            )
            return made
        request.host, place = known
        path, query = (
            environ.get(name, "").encode("latin1").decode(errors="replace")
            for name in ("PATH_INFO", "QUERY_STRING")
        )
        return MapAdapter(self.url_map, *place, path, environ["REQUEST_METHOD"], query)

    def url_for(self, endpoint: str, **given: Any) -> str:
        """Flask's, which takes a twentieth of a page's time for addresses that are the same on every page."""
        given = {name: one for name, one in given.items() if one is not None}
        is_plain = has_request_context() and not any(name.startswith("_") for name in given)
        if not is_plain or endpoint.startswith(".") or not all(type(one) in PLAIN for one in given.values()):
            return super().url_for(endpoint, **given)
        key = (endpoint, request.script_root, *((name, type(one), one) for name, one in given.items()))
        found = self.addresses.get(key)
        if found is None:
            if len(self.addresses) >= MOST_ADDRESSES:
                self.addresses.clear()
            found = self.addresses[key] = super().url_for(endpoint, **given)
        return found

    def ensure_sync(self, func: Callable) -> Callable:
        return func

    def preprocess_request(self) -> ResponseReturnValue | None:
        """Nothing is asked before a page whose credential is its link: it has no session, and so no CSRF token either."""
        view = self.view_functions.get(request.endpoint)
        return None if getattr(view, "access", None) == TOKEN else super().preprocess_request()

    def finalize_request(
        self, rv: ResponseReturnValue | AsItIs, from_error_handler: bool = False
    ) -> Response | AsItIs:
        """What a view has finished stays as it is."""
        return rv if isinstance(rv, AsItIs) else super().finalize_request(rv, from_error_handler)

    def raise_routing_exception(self, request: Request) -> NoReturn:
        """An address with a slash too few leads to the right one, on whatever host the request really came to."""
        if isinstance(request.routing_exception, RequestRedirect):
            request.routing_exception.new_url = on_this_site(request.routing_exception.new_url)
        super().raise_routing_exception(request)


def on_this_site(url: str) -> str:
    """The path and query of an address: its host came with the request, and anybody may claim another one."""
    parts = urlsplit(url)
    return urlunsplit(("", "", "/" + parts.path.lstrip("/"), parts.query, ""))
