"""A TCP forwarder that keeps every byte it passes on: what an eavesdropper on that wire would hold."""

import socket
import threading


class Tap:
    def __init__(self, to_port: int, port: int = 0):
        self.to_port = to_port
        self.streams: list[bytearray] = []  # two for each connection
        self._lock = threading.Lock()
        self._door = socket.create_server(("127.0.0.1", port))
        self.port = self._door.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.to_port))
            except OSError:
                near.close()
                continue
            with self._lock:
                self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                kept = bytearray()
                with self._lock:
                    self.streams.append(kept)
                threading.Thread(target=self._pass, args=(source, sink, kept), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, kept: bytearray) -> None:
        try:
            while chunk := source.recv(65536):
                with self._lock:
                    kept += chunk
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for end in (source, sink):
                end.close()

    def captured(self) -> list[bytes]:
        with self._lock:
            return [bytes(stream) for stream in self.streams]

    def total(self) -> int:
        with self._lock:
            return sum(len(stream) for stream in self.streams)

    def close(self) -> None:
        self._door.close()
        with self._lock:
            for end in self._open:
                end.close()
