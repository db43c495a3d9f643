"""Attacks on the client's local port and on the admin ports, as a program or a web page on the same machine can mount them."""

import json
import socket
import threading
import unittest

from abuse.scene import MODEL, UnderAttack
from support.http1 import ask, chat

CONNECTIONS = 300  # the client serves 256, an admin port 32


class OnLocalPorts(UnderAttack):
    def hold(self, port: int, opening: bytes, again: bytes = b"", count: int = CONNECTIONS):
        """Keeps so many connections open, each after these bytes, and says `again` on each every now and then."""

        def dial() -> socket.socket:
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            connection.sendall(opening)
            return connection

        def attack(over: threading.Event) -> None:
            held: list[socket.socket] = []
            try:
                while not over.wait(0.05):
                    while len(held) < count and not over.is_set():
                        try:
                            held.append(dial())
                        except OSError:
                            pass
                    for number, connection in enumerate(held):
                        try:
                            connection.sendall(again)
                        except OSError:
                            connection.close()
                            del held[number]
                            break
            finally:
                for connection in held:
                    connection.close()

        return attack

    def post(self, length: int) -> bytes:
        host = f"Host: 127.0.0.1:{self.client.port}\r\nContent-Type: application/json\r\n"
        return f"POST /v1/chat/completions HTTP/1.1\r\n{host}Content-Length: {length}\r\n\r\n".encode()

    def test_connections_that_say_nothing(self):
        with self.under(self.hold(self.client.port, b"")):
            pass

    def test_headers_that_come_a_byte_at_a_time(self):
        with self.under(self.hold(self.client.port, b"POST /v1/chat/completions HTTP/1.1\r\nX-Slow: ", b"a")):
            pass

    def test_bodies_that_come_a_byte_at_a_time(self):
        with self.under(self.hold(self.client.port, self.post(1_000_000) + b"{", b" ")):
            pass

    def test_connections_kept_after_an_answer(self):
        opening = f"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:{self.client.port}\r\n\r\n".encode()
        with self.under(self.hold(self.client.port, opening)):
            pass

    def test_admin_ports_that_are_crowded(self):
        attacks = [self.hold(role.admin, b"GET /metrics HTTP/1.1\r\nX: ", b"a", count=60) for role in self.roles]
        with self.under(*attacks):
            for role in self.roles:
                self.assertEqual(ask(role.admin, "GET", "/healthz")[0], 200)

    def test_json_that_nests(self):
        deep = [
            b"[" * 5_000_000,
            b'{"a":' * 1_000_000,
            b'{"model":"' + MODEL.encode() + b'","messages":' + b"[" * 2_000_000 + b"]" * 2_000_000 + b"}",
            json.dumps(chat(MODEL, "hi")).encode()[:-1] + b',"x":' + b'{"y":[' * 500_000 + b"]}" * 500_000 + b"}",
        ]

        def attack(over: threading.Event) -> None:
            while not over.is_set():
                for body in deep:
                    with socket.create_connection(("127.0.0.1", self.client.port), timeout=60) as connection:
                        connection.sendall(self.post(len(body)) + body)
                        answer = connection.recv(65536)
                        if not answer.startswith(b"HTTP/1.1 400 "):
                            raise AssertionError(answer[:200])

        with self.under(attack):
            pass

    def test_headers_too_large_and_too_many(self):
        for fields in (b"X: " + b"a" * 100_000, b"".join(b"X%d: a\r\n" % i for i in range(20_000))):
            with socket.create_connection(("127.0.0.1", self.client.port), timeout=60) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\n" + fields + b"\r\n\r\n")
                self.assertRegex(connection.recv(4096), rb"^HTTP/1.1 431 ")
        self.assertEqual(self.served(), 200)


if __name__ == "__main__":
    unittest.main()
