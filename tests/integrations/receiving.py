"""A real server on this machine that takes what is posted, answers as it is told, and remembers all of it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """A server that answers with the codes it is told, and the headers `answered_with`, and remembers what was posted."""

    def __init__(self):
        self.codes, self.posted, self.headers, self.bodies = [], [], [], []
        self.answered_with: dict[str, str] = {}
        self.dribble, self.one_by_one = threading.Event(), threading.Lock()
        receiver = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.one_by_one:
                    receiver.headers.append(dict(self.headers))
                    receiver.bodies.append(body)
                    receiver.posted.append((self.path, json.loads(body)))
                code = receiver.codes.pop(0) if receiver.codes else 200
                if code == 0:
                    while not receiver.dribble.wait(0.05):
                        self.wfile.write(b"H")
                    return
                self.send_response(code)
                self.send_header("Location", f"{receiver.address}/elsewhere")
                for name, value in receiver.answered_with.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_words):
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.server.handle_error = lambda *_given: None
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.dribble.set()
        self.server.shutdown()
        self.server.server_close()
