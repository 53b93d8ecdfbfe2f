"""A small name server on loopback, that answers what a test tells it: real packets, no network."""

from __future__ import annotations

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from app.setup.probes.dns import Lookup, lookup


class NameServer:
    """`records` maps (name, type) to texts as in a zone file; `is_silent` swallows every question."""

    def __init__(self, records: dict[tuple[str, str], list[str]] | None = None):
        self.records = records or {}
        self.is_silent, self.rcode = False, None
        self.asked: list[tuple[str, str]] = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def txt(self, name: str, *texts: str) -> None:
        """Publish TXT records; long ones are cut into strings as DNS wants it."""
        cut = [" ".join(f'"{t[i : i + 200]}"' for i in range(0, len(t) or 1, 200)) for t in texts]
        self.records[name, "TXT"] = cut

    def lookup(self, seconds: float = 1.0) -> Lookup:
        return lookup(["127.0.0.1"], self.port, seconds)

    def close(self) -> None:
        self.socket.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join(5)
        self.socket.close()

    def _serve(self) -> None:
        while True:
            packet, client = self.socket.recvfrom(4096)
            if not packet:
                return
            question = dns.message.from_wire(packet)
            if not self.is_silent:
                self.socket.sendto(self._answer(question).to_wire(max_size=65535), client)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        (asked,) = query.question
        name, kind = asked.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind))
        reply = dns.message.make_response(query, recursion_available=True)
        if self.rcode is not None:
            reply.set_rcode(self.rcode)
        elif (name, kind) in self.records:
            reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *self.records[name, kind]))
        elif not any(known == name for known, _kind in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply
