"""A proxy to the local server that can fail, and refused sign-ins."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Proxy:
    """Forwards bytes and counts them; it can refuse, stall, or cut the connection after a number of response bytes."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.stalls = threading.Event()
        self.cut_after: int | None = None
        self.bytes_sent = 0
        """In both directions, since the start."""
        self._passed = 0
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def refuse(self) -> None:
        """Stop listening, and close open connections."""
        self._listener.shutdown(socket.SHUT_RDWR)  # else the thread that waits in accept would take one more
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Close every connection that is open."""
        with self._lock:
            for one in self._open:
                one.close()
            self._open.clear()

    def cut_in(self, count: int) -> None:
        """Cut the connection after this many more response bytes."""
        self._passed, self.cut_after = 0, count

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            with self._lock:
                self._open += [client, server]
            threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, source: socket.socket, to: socket.socket, answers: bool) -> None:
        try:
            while data := source.recv(4096):
                while self.stalls.is_set():
                    threading.Event().wait(0.05)
                if answers and self.cut_after is not None:
                    data = data[: max(0, self.cut_after - self._passed)]
                    self._passed += len(data)
                    if not data:
                        break
                to.sendall(data)
                with self._lock:
                    self.bytes_sent += len(data)
        except OSError:
            pass
        for one in (source, to):
            with_shutdown(one)


def with_shutdown(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()


REFUSALS = {
    "wrong": ("390100", "Incorrect username or password was specified."),
    "locked": ("390102", "User temporarily locked. Try again later."),
    "factor": ("394508", "Failed to authenticate: MFA with TOTP is required."),
    "address": ("390422", "Incoming request with IP/Token 10.0.0.1 is not allowed to access Snowflake."),
    "role": ("390189", "Role 'NOBODY' specified in the connect string does not exist or not authorized."),
}


@contextmanager
def refusing_sign_in() -> Iterator[int]:
    """A port on which every sign-in is refused: in the way the password names, or as a key or a token would be."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            code, message = "", ""
            if self.path.startswith("/session/v1/login-request"):
                data = json.loads(body)["data"]
                by_way = {
                    "SNOWFLAKE_JWT": ("390144", "JWT token is invalid. [abc]"),
                    "PROGRAMMATIC_ACCESS_TOKEN": ("394400", "Programmatic access token is invalid."),
                    "OAUTH": ("390303", "Invalid OAuth access token. [abc]"),
                }
                password = REFUSALS.get(str(data.get("PASSWORD")), REFUSALS["wrong"])
                code, message = by_way.get(str(data.get("AUTHENTICATOR")), password)
            answer = json.dumps({"success": not code, "code": code or None, "message": message, "data": {}}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
