"""A peer that writes HTTP/2 byte by byte (RFC 9113) and keeps to no rule but the caller's."""

import socket
import ssl
import struct
from contextlib import contextmanager

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 2, 3, 4, 6, 8, 9
END_STREAM, END_HEADERS = 1, 4
INITIAL_WINDOW_SIZE = 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(**values: int) -> bytes:
    known = {"initial_window": INITIAL_WINDOW_SIZE}
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", known[name], value) for name, value in values.items()))


def window_update(stream: int, bytes_more: int) -> bytes:
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", bytes_more))


def _string(text: bytes) -> bytes:
    """RFC 7541 §5.2, without Huffman."""
    if len(text) < 127:
        return bytes([len(text)]) + text
    rest, length = len(text) - 127, bytearray([127])
    while rest >= 128:
        length.append(rest % 128 + 128)
        rest //= 128
    return bytes(length) + bytes([rest]) + text


def field(name: str, value: str, indexed: bool = False) -> bytes:
    return bytes([0x40 if indexed else 0x10]) + _string(name.encode()) + _string(value.encode())


def request(stream: int, method: str, path: str, *fields: bytes, flags: int = END_STREAM | END_HEADERS) -> bytes:
    block = field(":method", method) + field(":scheme", "https") + field(":authority", "x") + field(":path", path)
    return frame(HEADERS, flags, stream, block + b"".join(fields))


class Peer:
    """One connection to a proxy, after TLS and the preface."""

    def __init__(self, port: int, opening: bytes = b"", source: str = "127.0.0.1"):
        context = ssl.create_default_context()
        # A proxy is known by its key in the registry, not by a certificate; an attacker does not care.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        plain = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(source, 0))
        self._socket = context.wrap_socket(plain)
        self._received = b""
        self.send(PREFACE + (opening or settings()))

    def send(self, data: bytes) -> bool:
        """False once the peer has closed."""
        try:
            self._socket.sendall(data)
            return True
        except OSError:
            return False

    def frames(self):
        """(kind, flags, stream, payload) as they come, up to the peer's end or half a minute of silence."""
        while True:
            while len(self._received) < 9 or len(self._received) < 9 + int.from_bytes(self._received[:3], "big"):
                try:
                    more = self._socket.recv(65536)
                except OSError:
                    return
                if not more:
                    return
                self._received += more
            length = int.from_bytes(self._received[:3], "big")
            kind, flags, stream = struct.unpack(">BBI", self._received[3:9])
            payload, self._received = self._received[9 : 9 + length], self._received[9 + length :]
            yield kind, flags, stream, payload

    def is_closed_by_peer(self) -> bool:
        """Reads to the peer's end; False if there is none for half a minute."""
        try:
            while self._socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True

    def close(self) -> None:
        self._socket.close()


@contextmanager
def peer(port: int, opening: bytes = b"", source: str = "127.0.0.1"):
    connected = Peer(port, opening, source)
    try:
        yield connected
    finally:
        connected.close()


def status_of(headers_payload: bytes) -> int:
    """Of an answer's header block as nghttp2 writes it: the status comes first, indexed or as a literal."""
    indexed = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}
    at = 0
    while headers_payload[at] & 0xE0 == 0x20:  # a change of the table's size
        at += 1
    if headers_payload[at] in indexed:
        return indexed[headers_payload[at]]
    length = headers_payload[at + 1]
    text = headers_payload[at + 2 : at + 2 + (length & 0x7F)]
    if length & 0x80:  # Huffman: the digits 0-2 have five bits, 3-9 six (RFC 7541, appendix B)
        codes = {f"{i:05b}": str(i) for i in range(3)} | {f"{22 + i:06b}": str(i) for i in range(3, 10)}
        bits, digits, code = "".join(f"{byte:08b}" for byte in text), "", ""
        for bit in bits:
            code += bit
            if code in codes:
                digits, code = digits + codes[code], ""
        return int(digits[:3])
    return int(text)
