"""Attacks on a proxy's port."""

import socket
import struct
import threading
import unittest

from abuse.scene import PLACES_AT_PROXY, UnderAttack
from support.http2 import (
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, RST_STREAM, SETTINGS, Peer, field, frame, peer, request, settings,
    status_of, window_update,
)

ENVELOPE = field("content-type", "application/cocoon-request")
ATTACKER = "127.0.0.2"  # so that the client's own address has its places


class OnOneConnection(UnderAttack):
    def repeat(self, opening: bytes, unit: bytes, batch: int = 400):
        """Sends the unit again and again; begins anew when it is thrown out."""

        def attack(over: threading.Event) -> None:
            while not over.is_set():
                with peer(self.proxy.port, settings() + opening, ATTACKER) as attacker:
                    while not over.is_set() and attacker.send(unit * batch):
                        pass

        return attack

    def test_rapid_reset(self):
        # CVE-2023-44487: streams are opened and reset at once, so that no limit on open streams holds.
        def attack(over: threading.Event) -> None:
            while not over.is_set():
                with peer(self.proxy.port, source=ATTACKER) as attacker:
                    for stream in range(1, 1 << 20, 2):
                        reset = frame(RST_STREAM, 0, stream, struct.pack(">I", 8))
                        if over.is_set() or not attacker.send(request(stream, "GET", "/v1/directory") + reset):
                            break

        with self.under(attack, attack):
            pass

    def test_resets_that_the_proxy_is_made_to_send(self):
        # CVE-2025-8671: a window that grows by nothing obliges the server to reset the stream.
        def attack(over: threading.Event) -> None:
            while not over.is_set():
                with peer(self.proxy.port, source=ATTACKER) as attacker:
                    for stream in range(1, 1 << 20, 2):
                        begin = request(stream, "POST", "/v1/relay", ENVELOPE, flags=END_HEADERS)
                        if over.is_set() or not attacker.send(begin + window_update(stream, 0)):
                            break

        with self.under(attack, attack):
            pass

    def test_continuation_without_end(self):
        # CVE-2024-28182.
        begin = request(1, "GET", "/v1/directory", flags=END_STREAM)
        with self.under(self.repeat(begin, frame(CONTINUATION, 0, 1, field("x-a", "0123456789"))), self.repeat(begin, frame(CONTINUATION, 0, 1))):
            pass

    def test_floods_of_control_frames(self):
        begin = request(1, "POST", "/v1/relay", ENVELOPE, flags=END_HEADERS)
        with self.under(
            self.repeat(b"", frame(PING, 0, 0, b"01234567")),
            self.repeat(b"", frame(SETTINGS, 0, 0)),
            self.repeat(begin, frame(DATA, 0, 1)),
            self.repeat(b"", window_update(0, 1)),
        ):
            pass

    def test_a_header_block_that_unfolds_to_megabytes(self):
        # One field of 4,000 bytes enters the table; each byte after that repeats it.
        def attack(over: threading.Event) -> None:
            while not over.is_set():
                with peer(self.proxy.port, source=ATTACKER) as attacker:
                    attacker.send(request(1, "GET", "/v1/directory", field("x-a", "a" * 4000, indexed=True)))
                    for stream in range(3, 200, 2):
                        if over.is_set() or not attacker.send(request(stream, "GET", "/v1/directory", b"\xbe" * 16000)):
                            break

        with self.under(attack):
            pass

    def test_what_is_no_http2(self):
        noise = bytes(range(256)) * 64
        for opening in (noise, frame(HEADERS, 5, 2, noise[:50]), frame(DATA, 0, 99, b"x"), frame(SETTINGS, 0, 0, b"odd"), frame(PING, 0, 0, b"short")):
            with peer(self.proxy.port, settings() + opening, ATTACKER) as attacker:
                self.assertTrue(attacker.is_closed_by_peer())
        self.assertEqual(self.served(), 200)


class OnManyConnections(UnderAttack):
    def hold(self, count: int, opening: bytes, again: bytes = b""):
        """Holds so many connections, each after these bytes, and says `again` on each every now and then."""

        def attack(over: threading.Event) -> None:
            held = []
            try:
                for number in range(count):
                    if over.is_set():
                        break
                    try:
                        # From several addresses, as an attacker with few hosts would.
                        held.append(Peer(self.proxy.port, opening, f"127.0.0.{2 + number % 4}"))
                    except OSError:
                        pass  # turned away
                while not over.wait(0.1):
                    for each in held:
                        each.send(again)
            finally:
                for each in held:
                    each.close()

        return attack

    def test_connections_that_say_nothing(self):
        def attack(over: threading.Event) -> None:
            held = []
            try:
                for number in range(3 * PLACES_AT_PROXY):
                    source = (f"127.0.0.{2 + number % 4}", 0)
                    held.append(socket.create_connection(("127.0.0.1", self.proxy.port), 10, source))
                over.wait()
            finally:
                for each in held:
                    each.close()

        with self.under(attack):
            pass

    def test_connections_that_stay_idle(self):
        with self.under(self.hold(3 * PLACES_AT_PROXY, settings())):
            pass

    def test_one_address_has_its_share_of_the_places(self):
        held = []
        try:
            for _ in range(PLACES_AT_PROXY):
                held.append(Peer(self.proxy.port, settings(), ATTACKER))
            with self.assertRaises(OSError):
                Peer(self.proxy.port, settings(), ATTACKER)
            self.assertEqual(self.served(), 200)
        finally:
            for each in held:
                each.close()

    def test_answers_that_nobody_takes(self):
        # No window at all: every answer waits in the proxy's memory.
        asks = b"".join(request(stream, "GET", "/v1/directory") for stream in range(1, 199, 2))
        with self.under(self.hold(30, settings(initial_window=0) + asks)):
            pass

    def test_a_reader_that_takes_a_byte_at_a_time(self):
        asks = b"".join(request(stream, "GET", "/v1/directory") for stream in range(1, 41, 2))
        sips = b"".join(window_update(stream, 1) for stream in range(1, 41, 2))
        with self.under(self.hold(20, settings(initial_window=0) + asks, sips)):
            pass

    def test_envelopes_that_come_a_byte_at_a_time(self):
        begun = b"".join(request(stream, "POST", "/v1/relay", ENVELOPE, flags=END_HEADERS) for stream in range(1, 41, 2))
        drops = b"".join(frame(DATA, 0, stream, b"C") for stream in range(1, 41, 2))
        with self.under(self.hold(20, settings() + begun, drops)):
            pass

    def test_floods_of_questions_for_directory_evidence_and_bills(self):
        paths = ("/v1/directory", "/v1/evidence/" + "ab" * 32, "/v1/bills/" + "cd" * 16, "/v1/nothing")

        def attack(over: threading.Event) -> None:
            while not over.is_set():
                with peer(self.proxy.port, settings(initial_window=1 << 24), ATTACKER) as attacker:
                    answered, asked = 0, 0
                    frames = attacker.frames()
                    while not over.is_set() and asked < 4000:
                        attacker.send(b"".join(request(2 * (asked + i) + 1, "GET", paths[i % 4]) for i in range(40)))
                        attacker.send(window_update(0, 1 << 20))
                        asked += 40
                        while answered < asked:
                            kind, flags, _, _ = next(frames)
                            answered += kind in (HEADERS, DATA) and bool(flags & END_STREAM)

        with self.under(attack, attack):
            pass


class Envelopes(UnderAttack):
    def relay(self, body: bytes, media: str = "application/cocoon-request", method: str = "POST") -> int:
        """The status for this body, 0 if the stream was reset before one."""
        with peer(self.proxy.port, source=ATTACKER) as attacker:
            attacker.send(request(1, method, "/v1/relay", field("content-type", media), flags=END_HEADERS))
            window, frames = 65535, attacker.frames()
            while body:
                while window <= 0:
                    kind, _, stream, payload = next(frames)
                    if kind == 8 and stream == 1:
                        window += struct.unpack(">I", payload)[0]
                    if stream == 1 and kind in (HEADERS, RST_STREAM):
                        return status_of(payload) if kind == HEADERS else 0
                part, body = body[: min(window, 16384)], body[min(window, 16384) :]
                window -= len(part)
                attacker.send(frame(DATA, 0 if body else END_STREAM, 1, part))
            for kind, _, stream, payload in frames:
                if stream == 1 and kind == HEADERS:
                    return status_of(payload)
                if stream == 1 and kind == RST_STREAM:
                    return 0
        return 0

    def test_what_is_no_envelope_is_refused_with_its_reason(self):
        head = b"CCN1" + bytes([1, 0, 1, 0]) + bytes(96)
        for body in (b"C", b"CCN1", head, b"CCN2" + head[4:], b"\xff" * 5000, head + b"\x00" * 40, bytes(1 << 20)):
            with self.subTest(body[:8]):
                self.assertEqual(self.relay(body), 400)
        self.assertEqual(self.relay(head, media="text/plain"), 415)
        self.assertEqual(self.relay(head, method="PUT"), 405)
        self.assertEqual(self.served(), 200)

    def test_an_envelope_over_the_bound_is_refused(self):
        self.assertEqual(self.relay(bytes(9 << 20)), 413)
        self.assertEqual(self.counted(self.proxy, "cocoon_buffered_bytes"), 0)
        self.assertEqual(self.served(), 200)


if __name__ == "__main__":
    unittest.main()
