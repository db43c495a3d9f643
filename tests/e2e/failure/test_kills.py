"""Processes that are killed, restarted and drained while requests run."""

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

from failure.rig import Asking, Case, Rig, engine_state, metric
from support.lab import Role
from support.programs import ROOT, wait_for

KILLS = int(os.environ.get("KILLS", "10"))
SEED = int(os.environ.get("SEED", "0")) or random.randrange(1, 2**32)


class OneNetwork(Case):
    """Two proxies, two workers, one client; every test leaves it whole."""

    @classmethod
    def setUpClass(cls):
        place = tempfile.TemporaryDirectory(prefix="cocoon-failure-")
        cls.addClassCleanup(place.cleanup)
        cls.rig = Rig(Path(place.name) / "net", proxies=2, workers=2)
        cls.addClassCleanup(cls.rig.stop)

    def tearDown(self):
        rig = self.rig
        for program in [rig.client.program, *(role.program for role in [*rig.proxies, *rig.workers]), *rig.engines]:
            if not program.is_running():
                program.start()
        rig.wait_whole()

    def carrying_proxy(self) -> Role:
        return next(proxy for proxy in self.rig.proxies if metric(proxy, "cocoon_requests_in_flight") == 1)

    # Killed.

    def test_a_worker_killed_before_its_first_frame_loses_nothing(self):
        rig = self.rig
        retries = sum(metric(proxy, "cocoon_relay_retries_total") for proxy in rig.proxies)
        failed_before = rig.client.program.log().count("client.proxy_failed")
        asking = Asking(rig.client.port, tokens=5, head_delay_ms=1500)
        rig.workers[rig.place_of()].program.kill()
        asking.join()
        self.assert_whole(asking)
        # The proxy gave the same envelope to the next: the client sent it once.
        self.assertEqual(sum(metric(proxy, "cocoon_relay_retries_total") for proxy in rig.proxies), retries + 1)
        self.assertEqual(rig.client.program.log().count("client.proxy_failed"), failed_before)

    def test_a_worker_killed_in_mid_stream_is_an_error_event(self):
        asking = self.rig.begin(tokens=400, interval_ms=20)
        self.rig.workers[self.rig.place_of()].program.kill()
        asking.join()
        self.assert_told_error(asking)
        self.assertEqual(asking.status, 200)

    def test_a_proxy_killed_in_mid_stream_is_an_error_event_and_ends_the_work(self):
        rig = self.rig
        asking = rig.begin(tokens=400, interval_ms=20)
        place = rig.place_of()
        self.carrying_proxy().program.kill()
        asking.join()
        self.assert_told_error(asking)
        wait_for("the engine stops", lambda: engine_state(rig.engines[place])["active"] == 0, 10)

    def test_an_engine_killed_in_mid_stream_is_an_error_event(self):
        asking = self.rig.begin(tokens=400, interval_ms=20)
        self.rig.engines[self.rig.place_of()].kill()
        asking.join()
        self.assert_told_error(asking)
        self.assert_whole(self.rig.ask())  # by the other worker

    def test_losing_one_of_two_proxies_costs_no_request(self):
        for victim in self.rig.proxies:
            victim.program.kill()
            for asking in [self.rig.ask(tokens=2) for _ in range(8)]:
                self.assert_whole(asking)
            victim.program.start()
            self.rig.wait_whole()

    def test_a_client_killed_in_mid_stream_ends_the_work_and_comes_back(self):
        rig = self.rig
        asking = rig.begin(tokens=400, interval_ms=20)
        place = rig.place_of()
        rig.client.program.kill()
        asking.join()
        self.assertFalse(asking.is_whole())
        self.assertNotIn(b"[DONE]", asking.body)
        wait_for("the engine stops", lambda: engine_state(rig.engines[place])["active"] == 0, 10)

    def test_everything_but_the_client_killed_at_once_comes_back(self):
        rig = self.rig
        programs = [role.program for role in [*rig.proxies, *rig.workers]] + rig.engines
        for program in programs:
            program.kill()
        self.assert_told_error(rig.ask())
        self.assertIn(rig.ask().status, (502, 503))

    # Ended in order.

    def drain(self, program, asking: Asking) -> None:
        program.child.send_signal(signal.SIGTERM)
        program.wait_for_log(r"\.draining")
        # What is new meanwhile goes elsewhere, while the stream under way goes on to its end.
        if program is not self.rig.client.program:
            self.assert_whole(self.rig.ask(tokens=2))
        asking.join()
        self.assert_whole(asking)
        self.assertEqual(program.wait_exit(30), 0)

    def test_a_worker_that_is_ended_finishes_its_stream(self):
        asking = self.rig.begin(tokens=30, interval_ms=60)
        self.drain(self.rig.workers[self.rig.place_of()].program, asking)

    def test_a_proxy_that_is_ended_finishes_its_stream(self):
        asking = self.rig.begin(tokens=30, interval_ms=60)
        self.drain(self.carrying_proxy().program, asking)

    def test_a_client_that_is_ended_finishes_its_stream(self):
        asking = self.rig.begin(tokens=30, interval_ms=60)
        self.drain(self.rig.client.program, asking)


class SupervisedEngine(Case):
    """A worker whose engine is its child, as in a deployment."""

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="cocoon-supervised-")
        self.addCleanup(place.cleanup)
        model = Path(place.name) / "tiny.gguf"
        subprocess.run([sys.executable, ROOT / "tests/support/tiny_gguf.py", model], check=True)
        self.rig = Rig(Path(place.name) / "net", model=model)
        self.addCleanup(self.rig.stop)
        self.worker = self.rig.workers[0]

    def engine_pid(self, since: int = 0) -> int:
        return int(self.worker.program.wait_for_log(r'"engine\.ready".*"pid":(\d+)', since=since).group(1))

    def test_an_engine_killed_in_mid_stream_is_an_error_event_and_begins_again(self):
        asking = self.rig.begin(tokens=400, interval_ms=20)
        logged = len(self.worker.program.log())
        os.kill(self.engine_pid(), signal.SIGKILL)
        asking.join()
        self.assert_told_error(asking)
        self.engine_pid(since=logged)
        self.rig.wait_whole()
        self.assertEqual(metric(self.worker, "cocoon_engine_restarts_total"), 1)

    def test_a_killed_worker_leaves_no_engine_behind_and_begins_again(self):
        pid, logged = self.engine_pid(), len(self.worker.program.log())
        self.worker.program.kill()
        wait_for("the end of its engine", lambda: not Path(f"/proc/{pid}/exe").exists(), 10)
        self.worker.program.start()
        self.assertNotEqual(self.engine_pid(since=logged), pid)
        self.rig.wait_whole()


class RandomKills(Case):
    """KILLS times (10) a process of a busy network is killed; SEED repeats the choice of whom and when."""

    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="cocoon-kills-")
        self.addCleanup(place.cleanup)
        self.rig = Rig(Path(place.name) / "net", proxies=2, workers=2)
        self.addCleanup(self.rig.stop)
        self.done: list[Asking] = []
        self.is_over = threading.Event()

    def keep_asking(self, number: int) -> None:
        """Never two alike, so that an answer to another question would be seen."""
        while not self.is_over.is_set():
            plan = {"tokens": 3 + len(self.done) % 40, "interval_ms": number}
            asking = Asking(self.rig.client.port, stream=number % 2 == 0, **plan)
            asking.join()
            self.done.append(asking)
            if not asking.is_whole():
                time.sleep(0.05)

    def test_every_request_ends_with_its_answer_or_an_error(self):
        print(f"SEED={SEED} KILLS={KILLS}", flush=True)
        draw, rig = random.Random(SEED), self.rig
        apps = [threading.Thread(target=self.keep_asking, args=(number,)) for number in range(6)]
        for app in apps:
            app.start()
        try:
            victims = [role.program for role in [*rig.proxies, *rig.workers]] + rig.engines
            for _ in range(KILLS):
                time.sleep(draw.uniform(0.1, 0.9))
                victim = draw.choice(victims)
                victim.kill()
                time.sleep(draw.uniform(0, 0.4))
                victim.start()
        finally:
            self.is_over.set()
            for app in apps:
                app.join(150)
        self.assertFalse(any(app.is_alive() for app in apps), "a question has no end")
        for asking in self.done:
            self.assertTrue(asking.is_whole() or asking.is_told_error(), f"SEED={SEED}: {asking}")
        whole = sum(asking.is_whole() for asking in self.done)
        print(f"{whole} answers, {len(self.done) - whole} errors")
        self.assertGreater(whole, KILLS)  # how many depends on who was down for how long
        rig.wait_whole()
        self.assertTrue(rig.client.program.is_running())


if __name__ == "__main__":
    unittest.main()
