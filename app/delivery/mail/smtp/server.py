"""One mail server as MAIL_URL names it, and opening a signed-in connection to it.

Opening is the part that happens once per connection, so smtplib does it, blocking, with a timeout.
What goes wrong here is a fault of the lane and is told in words that name the cure; no reply, error or
log line made here holds the password.
"""

import base64
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

from app.delivery.mail.smtp.faults import Reply

CONNECT_SECONDS = 30.0
_SWITCHES = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
NO_CODE = -1  # smtplib's, for a line that does not begin with a number


class LaneFault(Exception):
    """The way to the server is closed. `words` say why; `step` is where, for a set-up page.

    One that `lasts` is a refusal that waiting alone will not end: settings, a certificate or our standing.
    """

    def __init__(self, step: str, words: str, *, lasts: bool = False):
        super().__init__(words)
        self.step, self.words, self.lasts = step, words, lasts


@dataclass(frozen=True)
class Server:
    """Where mail is handed over, and how.

    `starttls`: True demands it, False forbids it, None takes it where offered by a server elsewhere
    than on this machine. `verify` checks the certificate; `ca` names a file of further authorities.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    starttls: bool | None = None
    verify: bool = True
    ca: str = ""
    hello: str = ""
    timeout: float = CONNECT_SECONDS

    @classmethod
    def from_url(cls, url: str) -> "Server":
        """Read `smtp://user:pass@host:port?starttls=1` or `smtps://...`.

        Further options: `verify=0`, `ca=FILE`, `hello=NAME`. Raises ValueError in words without the
        password for anything else.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError(
                "a mail server is written smtp://user:password@host:587?starttls=1 or smtps://..."
            )
        try:
            port = parts.port
        except ValueError:
            raise ValueError("the port of the mail server must be a number up to 65535") from None
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if unknown := sorted(set(options) - {"starttls", "verify", "ca", "hello"}):
            raise ValueError(f"unknown option of the mail server: {', '.join(unknown)}")
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=port or (465 if tls else 587 if parts.username else 25),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls,
            starttls=_switch(options, "starttls", None),
            verify=_switch(options, "verify", True),
            ca=options.get("ca", ""),
            hello=options.get("hello", ""),
        )

    @property
    def name(self) -> str:
        """How the server is called in messages and in the record of faults."""
        return f"{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """True when the server stands on this machine, where nothing passes a network."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def open(self) -> smtplib.SMTP:
        """A connection after greeting, EHLO, TLS and sign-in. Raises LaneFault."""
        connection = self._connect()
        try:
            self._greet(connection)
            self._secure(connection)
            self._sign_in(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self) -> smtplib.SMTP:
        connect = smtplib.SMTP_SSL if self.tls else smtplib.SMTP
        options = {"context": self._context()} if self.tls else {}
        hello = self.hello or None
        try:
            return connect(self.host, self.port, local_hostname=hello, timeout=self.timeout, **options)
        except smtplib.SMTPConnectError as error:
            if error.smtp_code == NO_CODE:
                raise LaneFault("protocol", f"{self.name} answers, but not as a mail server.") from None
            words = f"{self.name} does not take mail now: {_said(error)}"
            raise LaneFault("greeting", words, lasts=error.smtp_code >= 500) from None
        except smtplib.SMTPServerDisconnected:
            raise LaneFault("greeting", f"{self.name} closed the connection without a greeting.") from None
        except ssl.SSLError as error:
            raise LaneFault("tls", self._about_tls(error), lasts=True) from None
        except TimeoutError:
            raise LaneFault("connect", f"{self.name} did not answer within {self.timeout:.0f} s.") from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise LaneFault("connect", f"No connection to {self.name}: {reason}.") from None

    def _greet(self, connection: smtplib.SMTP) -> None:
        try:
            code, _ = connection.ehlo()
            if code != 250:
                connection.helo()
            connection.ehlo_or_helo_if_needed()
        except smtplib.SMTPHeloError as error:
            words = f"{self.name} refused our greeting: {_said(error)}"
            raise LaneFault("greeting", words, lasts=error.smtp_code >= 500) from None
        except (smtplib.SMTPException, OSError):
            raise LaneFault("greeting", f"{self.name} closed the connection after our greeting.") from None

    def _secure(self, connection: smtplib.SMTP) -> None:
        if self.tls:
            return
        offered = connection.has_extn("starttls")
        if self.starttls and not offered:
            raise LaneFault("tls", f"{self.name} offers no STARTTLS, which the settings demand.", lasts=True)
        if offered and (self.starttls or (self.starttls is None and not self.is_local)):
            self._start_tls(connection)
        elif self.user and self.starttls is None and not self.is_local:
            words = f"{self.name} offers no encryption, so the password was not sent."
            raise LaneFault(
                "tls", f"{words} Add ?starttls=0 to MAIL_URL to send it all the same.", lasts=True
            )

    def _start_tls(self, connection: smtplib.SMTP) -> None:
        try:
            connection.starttls(context=self._context())
            connection.ehlo()
        except ssl.SSLError as error:
            raise LaneFault("tls", self._about_tls(error), lasts=True) from None
        except smtplib.SMTPResponseException as error:
            raise LaneFault("tls", f"{self.name} refused STARTTLS: {_said(error)}") from None
        except (smtplib.SMTPException, OSError):
            raise LaneFault("tls", f"{self.name} closed the connection at STARTTLS.") from None

    def _sign_in(self, connection: smtplib.SMTP) -> None:
        if not self.user:
            return
        if not (self.user + self.password).isascii():
            words = "The mail user or password holds letters outside ASCII, which this sign-in cannot carry."
            raise LaneFault("sign-in", words, lasts=True)
        try:
            connection.login(self.user, self.password)
        except smtplib.SMTPResponseException as error:
            said = self.without_secrets(_said(error))
            words = f"{self.name} refused the sign-in of {self.user}: {said}"
            raise LaneFault("sign-in", words, lasts=error.smtp_code >= 500) from None
        except smtplib.SMTPServerDisconnected:
            raise LaneFault("sign-in", f"{self.name} closed the connection at sign-in.") from None
        except smtplib.SMTPException:
            words = f"{self.name} offers no sign-in that we know on this connection."
            raise LaneFault("sign-in", words, lasts=True) from None
        except OSError:
            raise LaneFault("sign-in", f"The connection to {self.name} broke at sign-in.") from None

    def _context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca or None)
        except (OSError, ssl.SSLError):
            words = f"The file of certificate authorities cannot be read: {self.ca}"
            raise LaneFault("tls", words, lasts=True) from None
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _about_tls(self, error: ssl.SSLError) -> str:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"The certificate of {self.name} is not trusted: {error.verify_message}."
        return f"No encrypted connection to {self.name}: {error.reason or 'TLS failed'}."

    def without_secrets(self, said: str) -> str:
        """A server may repeat what it was sent; then the reply is not worth the risk of keeping."""
        if not self.password:
            return said
        shown = {self.password, base64.b64encode(self.password.encode()).decode().rstrip("=")}
        return "(reply withheld)" if any(secret in said for secret in shown) else said


def _said(error: smtplib.SMTPResponseException) -> str:
    text = error.smtp_error
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return Reply(error.smtp_code, text).words


def _switch(options: dict[str, str], name: str, default: bool | None) -> bool | None:
    if name not in options:
        return default
    try:
        return _SWITCHES[options[name].lower()]
    except KeyError:
        raise ValueError(f"{name} of the mail server is 1 or 0") from None


def resolve(server: Server) -> list[str]:
    """The addresses the server's name stands for; empty when it has none."""
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return sorted({entry[4][0] for entry in found})
