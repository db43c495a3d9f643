"""Disks without room and processes without descriptors: answers or clear errors, no crash, no spinning, and back again."""

import errno
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from contextlib import contextmanager
from pathlib import Path

from failure.rig import MODEL, Case, Rig, cpu_seconds, descriptors
from support.http1 import ask, chat
from support.lab import Lab, Registry, model_hash
from support.network import Network
from support.programs import ROOT, Failure, FakeEngine, Program, program, wait_for


def can_mount() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], capture_output=True, check=False)
        if tried.returncode == 0:
            subprocess.run(["umount", folder], check=True)
        return tried.returncode == 0


CAN_MOUNT = shutil.which("mount") is not None and os.geteuid() == 0 and can_mount()


class SmallDisk:
    """A file system in memory of so many bytes."""

    def __init__(self, folder: Path, size: int):
        self.folder = folder
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=True)

    def fill(self) -> None:
        # Bytes and names both: a small file needs a page.
        for number in range(1000):
            try:
                with (self.folder / f"filler-{number}").open("wb", buffering=0) as filler:
                    while True:
                        filler.write(bytes(4096))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                return

    def free(self) -> None:
        for filler in self.folder.glob("filler-*"):
            filler.unlink()

    def close(self) -> None:
        subprocess.run(["umount", "-l", self.folder], check=True)


@contextmanager
def limited(of: Program, which: int, value: int):
    """Another process with a lower soft limit."""
    _, hard = before = resource.prlimit(of.pid, which)
    resource.prlimit(of.pid, which, (value, hard))
    try:
        yield
    finally:
        resource.prlimit(of.pid, which, before)


class Place(Case):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="cocoon-resources-")
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name)

    def rig(self, **options) -> Rig:
        rig = Rig(self.folder / "net", **options)
        self.addCleanup(rig.stop)
        return rig

    def receipt_status(self, rig: Rig, asking) -> int:
        return ask(rig.client.port, "GET", f"/v1/receipts/{asking.headers['x-cocoon-receipt']}")[0]


class FullDisk(Place):
    def disk(self, name: str, size: int) -> SmallDisk:
        disk = SmallDisk(self.folder / name, size)
        self.addCleanup(disk.close)
        return disk

    def assert_answers_without_receipts(self, rig: Rig) -> None:
        self.use_up(rig)
        for stream in (False, True):
            asking = rig.begin(tokens=3) if stream else rig.ask(tokens=3)
            asking.join()
            self.assert_whole(asking)
            self.assertEqual(self.receipt_status(rig, asking), 404)
        self.assertEqual(ask(rig.client.admin, "GET", "/healthz")[0], 200)

    def use_up(self, rig: Rig) -> None:
        """Asks until no receipt fits any more into what the journal's last block had left."""
        for _ in range(100):
            asking = rig.ask(tokens=3)
            self.assert_whole(asking)
            if self.receipt_status(rig, asking) == 404:
                return
        self.fail("the full disk takes receipts for ever")

    def assert_keeps_receipts(self, rig: Rig) -> None:
        asking = rig.ask(tokens=3)
        self.assert_whole(asking)
        self.assertEqual(self.receipt_status(rig, asking), 200)

    @unittest.skipUnless(CAN_MOUNT, "needs a file system of its own (root)")
    def test_answers_go_on_when_the_clients_disk_is_full(self):
        disk = self.disk("state", 256 * 1024)
        rig = self.rig(client_state=disk.folder / "client")
        self.assert_keeps_receipts(rig)
        disk.fill()
        self.assert_answers_without_receipts(rig)
        rig.client.program.wait_for_log("client.receipt_not_kept.*No space left")
        disk.free()
        self.assert_keeps_receipts(rig)

    def test_answers_go_on_when_the_client_may_write_no_more(self):
        # The signal that comes with this limit ends a process that does not expect it.
        rig = self.rig()
        with limited(rig.client.program, resource.RLIMIT_FSIZE, 0):
            self.assert_answers_without_receipts(rig)
        self.assert_keeps_receipts(rig)
        self.assertTrue(rig.client.program.is_running())

    def test_a_role_goes_on_when_nobody_reads_its_log_any_more(self):
        rig = self.rig()
        client = rig.client.program
        client.stop()
        reader, writer = os.pipe()
        again = subprocess.Popen(client.child.args, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer)
        self.addCleanup(again.wait, 20)
        self.addCleanup(again.terminate)
        os.close(writer)
        wait_for("the client", lambda: ask(rig.client.admin, "GET", "/healthz")[0] == 200)
        os.close(reader)
        rig.proxies[0].program.stop()  # which the client would write down
        self.assert_told_error(rig.ask())
        rig.proxies[0].program.start()
        rig.wait_whole()
        self.assertIsNone(again.poll())

    @unittest.skipUnless(CAN_MOUNT, "needs a file system of its own (root)")
    def test_a_network_whose_whole_disk_is_full_goes_on_and_recovers(self):
        """Logs, state, the tree of quotes: all on one disk."""
        disk = self.disk("net", 4 << 20)
        rig = Rig(disk.folder / "all", workers=2)
        self.addCleanup(rig.stop)
        disk.fill()
        self.assert_answers_without_receipts(rig)
        # A worker that begins now gets no quote, and no log line out; it waits for room.
        rig.workers[0].program.kill()
        rig.workers[0].program.start()
        time.sleep(2)
        self.assertTrue(rig.workers[0].program.is_running())
        self.assert_whole(rig.ask())
        disk.free()
        rig.wait_whole(90)
        self.assert_keeps_receipts(rig)

    @unittest.skipUnless(CAN_MOUNT, "needs a file system of its own (root)")
    def test_a_model_that_finds_no_room_is_told_and_leaves_nothing(self):
        disk = self.disk("private", 256 * 1024)
        model = self.folder / "tiny.gguf"
        subprocess.run([sys.executable, ROOT / "tests/support/tiny_gguf.py", model], check=True)
        self.assertGreater(model.stat().st_size, 256 * 1024)
        lab = Lab(self.folder / "lab")
        self.addCleanup(lab.stop)
        root, image, tsm = lab.start_platform()
        proxy, _ = lab.new_proxy("proxy")
        world = lab.world("all", Registry((root,), image, ((MODEL, model_hash(model)),), (proxy,)))
        engine = {"kind": "llama-server", "program": program("fake-engine")}
        (disk.folder / "state").mkdir()
        worker = lab.start_worker(
            "worker", world, tsm, MODEL, engine, [proxy], model_path=model, state=disk.folder / "state"
        )
        self.assertEqual(worker.program.wait_exit(30), 1)
        self.assertIn("No space left", worker.program.log())
        left = [path for path in disk.folder.rglob("*") if path.is_file()]
        self.assertEqual(left, [])


    @unittest.skipUnless(CAN_MOUNT, "needs a file system of its own (root)")
    def test_cocoon_up_says_that_its_disk_is_full_and_survives_that_later(self):
        engine = FakeEngine(self.folder, alias=MODEL)
        self.addCleanup(engine.stop)
        disk = self.disk("up", 4 << 20)
        disk.fill()
        with self.assertRaisesRegex(Failure, "No space left"):
            Network(disk.folder / "net", "--engine", engine.url)
        disk.free()
        network = Network(disk.folder / "net", "--engine", engine.url)
        self.addCleanup(network.down)
        disk.fill()
        os.kill(network.facts["pids"]["client"], signal.SIGKILL)
        question = chat(MODEL, "hi")
        wait_for("an answer", lambda: ask(network.port, "POST", "/v1/chat/completions", question)[0] == 200, 60)
        disk.free()
        self.assertTrue(network.status()["serving"])
        self.assertEqual(network.down().returncode, 0)


class NoDescriptors(Place):
    """Some spare descriptors, and more connections than that."""

    SPARE = 4

    @contextmanager
    def exhausted(self, role, port: int):
        """Held connections take all descriptors that the role may have."""
        held = []
        with limited(role.program, resource.RLIMIT_NOFILE, descriptors(role.program.pid) + self.SPARE):
            try:
                for _ in range(60):
                    held.append(socket.create_connection(("127.0.0.1", port), 5))
                time.sleep(0.3)
                yield
            finally:
                for each in held:
                    each.close()
        self.assertTrue(role.program.is_running(), role.program.log()[-1000:])

    def assert_idle(self, role, seconds: float = 2) -> None:
        """CPU time, so that a busy machine changes nothing; one that spins uses all of it."""
        began, cpu = time.monotonic(), cpu_seconds(role.program.pid)
        time.sleep(seconds)
        used = cpu_seconds(role.program.pid) - cpu
        self.assertLess(used, 0.2 * (time.monotonic() - began), f"{role.program.name} spins")

    def test_a_proxy_serves_those_it_has_and_takes_new_ones_later(self):
        rig = self.rig()
        with self.exhausted(rig.proxies[0], rig.proxies[0].port):
            self.assert_idle(rig.proxies[0])
            self.assert_whole(rig.ask())
        second = rig.lab.start_client(rig.world, "second")
        rig.lab.wait_serving(second)

    def test_a_client_waits_for_room_and_serves_then(self):
        rig = self.rig()
        with self.exhausted(rig.client, rig.client.port):
            self.assert_idle(rig.client)
        self.assert_whole(rig.ask())

    def test_a_worker_without_room_for_its_engine_says_503_and_recovers(self):
        rig = self.rig()
        worker = rig.workers[0].program
        time.sleep(1)  # connections to the engine that are kept for the next request
        with limited(worker, resource.RLIMIT_NOFILE, 3):
            asking = rig.ask()
            if not asking.is_whole():
                self.assert_told_error(asking)
                self.assertIn(asking.status, (502, 503))
            self.assert_idle(rig.workers[0])
        rig.wait_whole()

    def test_roles_that_lost_each_other_without_descriptors_meet_again(self):
        rig = self.rig()
        both = [rig.workers[0].program, rig.client.program]
        proxy = rig.proxies[0].program
        before = [resource.prlimit(each.pid, resource.RLIMIT_NOFILE) for each in both]
        for each, (_, hard) in zip(both, before):
            resource.prlimit(each.pid, resource.RLIMIT_NOFILE, (3, hard))
        proxy.kill()
        proxy.start()
        time.sleep(2)
        for role in (rig.workers[0], rig.client):
            self.assertTrue(role.program.is_running(), role.program.log()[-1000:])
            self.assert_idle(role, 1)
        for each, limits in zip(both, before):
            resource.prlimit(each.pid, resource.RLIMIT_NOFILE, limits)
        rig.wait_whole()
        for each in both:
            self.assertNotIn("loop_crashed", each.log())


if __name__ == "__main__":
    unittest.main()
