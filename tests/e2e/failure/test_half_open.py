"""Peers that vanish without a word: no FIN, no RST, nothing. Pings find them out within 25 s (src/net/limits.h)."""

import os
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from failure.rig import PEER_SILENT_MAX_S, Asking, Case, Rig, continue_, metric
from support.programs import Program

# What a loaded machine may add.
SLACK_S = 15
IN_OWN_NETWORK = os.environ.get("COCOON_OWN_NETWORK") == "1"


def loopback(state: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", state], check=True)


def setUpModule():
    if IN_OWN_NETWORK:
        loopback("up")


class HalfOpen(Case):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="cocoon-half-open-")
        self.addCleanup(place.cleanup)
        self.rig = Rig(Path(place.name) / "net", proxies=2, workers=2)
        self.addCleanup(self.rig.stop)

    def logs_since(self) -> dict[Program, int]:
        rig = self.rig
        return {role.program: len(role.program.log()) for role in [*rig.proxies, *rig.workers, rig.client]}

    def test_stopped_peers_are_found_out_and_lose_no_new_request(self):
        """A worker and a proxy stop as they are, sockets open; the kernel goes on to acknowledge what they are sent."""
        rig = self.rig
        stream = rig.begin(tokens=4000, interval_ms=20)
        worker = rig.place_of()
        # The proxy that does not carry the stream.
        proxy = next(i for i in (0, 1) if metric(rig.proxies[i], "cocoon_requests_in_flight") == 0)
        other = rig.proxies[1 - proxy]
        since = self.logs_since()
        stopped = [rig.workers[worker].program, rig.proxies[proxy].program]
        for program in stopped:
            os.kill(program.pid, signal.SIGSTOP)
        new = [Asking(rig.client.port, tokens=3) for _ in range(6)]
        seconds = PEER_SILENT_MAX_S + SLACK_S
        other.program.wait_for_log("proxy.worker_detached", seconds, since=since[other.program])
        alive = rig.workers[1 - worker].program
        alive.wait_for_log("worker.proxy_lost", seconds, since=since[alive])
        rig.client.program.wait_for_log("client.proxy_down", seconds, since=since[rig.client.program])
        # The stream that the worker will never go on with ends as an error, not as an answer.
        stream.join(seconds)
        self.assert_told_error(stream)
        for asking in new:
            asking.join(2 * seconds)
            self.assert_whole(asking)
        self.assert_whole(rig.ask())
        for program in stopped:
            continue_(program)
        rig.wait_whole(90)

    @unittest.skipUnless(IN_OWN_NETWORK, "needs a network namespace of its own (root)")
    def test_peers_whose_packets_are_lost_are_found_out_and_found_again(self):
        rig = self.rig
        since = self.logs_since()
        loopback("down")
        try:
            until = time.monotonic() + PEER_SILENT_MAX_S + SLACK_S
            for role, event in (
                *((proxy, "proxy.worker_detached") for proxy in rig.proxies),
                *((worker, "worker.proxy_lost") for worker in rig.workers),
                (rig.client, "client.proxy_down"),
            ):
                role.program.wait_for_log(event, max(1, until - time.monotonic()), since=since[role.program])
        finally:
            loopback("up")
        rig.wait_whole(90)


if __name__ == "__main__":
    unittest.main()
