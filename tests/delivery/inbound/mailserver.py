"""A small IMAP server for tests, on loopback over real sockets: sign-in, select, fetch, store; it can be told to fail."""

from __future__ import annotations

import base64
import re
import socketserver
import ssl
import threading
from dataclasses import dataclass, field


@dataclass
class Folder:
    """Mails by their numbers, which never come twice while the validity stays."""

    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    validity: int = 7
    following: int = 1

    def add(self, raw: bytes) -> int:
        number, self.following = self.following, self.following + 1
        self.mails[number] = raw
        return number

    def renumber(self) -> None:
        """As a server does that was restored from a backup."""
        mails, self.mails, self.following = list(self.mails.values()), {}, 1
        self.validity += 1
        for raw in mails:
            self.add(raw)


class MailServer:
    """`break_after` drops the connection after so many fetched mails, once; `refusal` is said to whoever opens a folder.

    With `upgrade` it offers STARTTLS, and takes no password before it.
    """

    def __init__(
        self,
        *,
        password: str = "secret",
        context: ssl.SSLContext | None = None,
        capabilities: str = "AUTH=PLAIN",
        upgrade: ssl.SSLContext | None = None,
        port: int = 0,
    ):
        self.folders = {"INBOX": Folder()}
        self.password, self.context, self.capabilities = password, context, capabilities
        self.upgrade = upgrade
        self.break_after: int | None = None
        self.refusal = ""
        self.commands: list[str] = []
        server = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                Conversation(server, self).run()

        class Threaded(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def get_request(self):
                connection, address = super().get_request()
                return (
                    server.context.wrap_socket(connection, server_side=True) if server.context else connection
                ), address

            def handle_error(self, request, address):
                pass

        self.server = Threaded(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self.thread.start()

    @property
    def inbox(self) -> Folder:
        return self.folders["INBOX"]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Conversation:
    """One client's connection."""

    def __init__(self, server: MailServer, handler):
        self.server, self.handler = server, handler
        self.folder: Folder | None = None
        self.is_over = False
        self.is_closed_to_others = server.upgrade is None

    @property
    def capabilities(self) -> str:
        offered = self.server.capabilities if self.is_closed_to_others else "STARTTLS LOGINDISABLED"
        return f"IMAP4rev1 {offered}"

    def say(self, line: str | bytes) -> None:
        octets = line.encode() if isinstance(line, str) else line
        self.handler.wfile.write(octets + b"\r\n")

    def run(self) -> None:
        try:
            self.talk()
        finally:
            self.handler.connection.close()

    def talk(self) -> None:
        self.say(f"* OK [CAPABILITY {self.capabilities}] ready")
        while not self.is_over and (line := self.handler.rfile.readline()):
            tag, _, rest = line.decode().strip().partition(" ")
            verb, _, more = rest.partition(" ")
            if verb.upper() == "UID":
                verb, _, more = more.partition(" ")
            self.server.commands.append(f"{verb} {more}")
            getattr(self, f"on_{verb.lower()}", self.on_unknown)(tag, more)

    def on_unknown(self, tag: str, more: str) -> None:
        self.say(f"{tag} BAD what?")

    def on_capability(self, tag: str, more: str) -> None:
        self.say(f"* CAPABILITY {self.capabilities}")
        self.say(f"{tag} OK done")

    def on_starttls(self, tag: str, more: str) -> None:
        self.say(f"{tag} OK begin")
        secured = self.server.upgrade.wrap_socket(self.handler.connection, server_side=True)
        self.handler.connection = secured
        self.handler.rfile, self.handler.wfile = secured.makefile("rb"), secured.makefile("wb", 0)
        self.is_closed_to_others = True

    def on_authenticate(self, tag: str, more: str) -> None:
        self.say("+ ")
        _, user, password = base64.b64decode(self.handler.rfile.readline()).decode().split("\0")
        self.answer_sign_in(tag, user, password)

    def on_login(self, tag: str, more: str) -> None:
        user, password = re.findall(r'"((?:[^"\\]|\\.)*)"', more)
        self.answer_sign_in(tag, user, re.sub(r"\\(.)", r"\1", password))

    def answer_sign_in(self, tag: str, user: str, password: str) -> None:
        if not self.is_closed_to_others:
            self.say(f"{tag} NO [PRIVACYREQUIRED] in clear")
        elif password == self.server.password:
            self.say(f"{tag} OK signed in")
        else:
            self.say(f"{tag} NO [AUTHENTICATIONFAILED] not with {password}")

    def on_select(self, tag: str, more: str) -> None:
        self.folder = self.server.folders.get(more.strip('"'))
        if self.server.refusal:
            self.say(f"{tag} NO {self.server.refusal}")
            return
        if self.folder is None:
            self.say(f"{tag} NO [NONEXISTENT] no such folder")
            return
        self.say(f"* {len(self.folder.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.folder.validity}] valid")
        self.say(f"* OK [UIDNEXT {self.folder.following}] next")
        self.say(f"{tag} OK [READ-WRITE] selected")

    on_examine = on_select

    def on_fetch(self, tag: str, more: str) -> None:
        span, _, what = more.partition(" ")
        low, _, high = span.partition(":")
        partial = re.search(r"<0\.(\d+)>", what)
        for place, number in enumerate(sorted(self.folder.mails), 1):
            if not int(low) <= number <= int(high or low):
                continue
            if partial is None:
                self.say(f"* {place} FETCH (UID {number})")
                continue
            if self.server.break_after is not None:
                self.server.break_after -= 1
                if self.server.break_after < 0:
                    self.server.break_after, self.is_over = None, True
                    return
            raw = self.folder.mails[number][: int(partial[1])]
            self.say(
                f"* {place} FETCH (UID {number} BODY[]<0> {{{len(raw)}}}".encode() + b"\r\n" + raw + b")"
            )
        self.say(f"{tag} OK fetched")

    def on_store(self, tag: str, more: str) -> None:
        self.folder.seen.add(int(more.partition(" ")[0]))
        self.say(f"{tag} OK stored")

    def on_logout(self, tag: str, more: str) -> None:
        self.say("* BYE")
        self.say(f"{tag} OK done")
        self.is_over = True
