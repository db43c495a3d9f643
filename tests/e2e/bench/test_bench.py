"""`cocoon bench`: that it runs and says what it promises; never how fast anything was."""

import json
import subprocess
import unittest

from support.programs import program


def bench(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [program("cocoon"), "bench", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=200,
        check=False,
    )


def figures_of(name: str) -> dict:
    run = bench(name, "--quick", "--json")
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout)


class Relay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.figures = figures_of("relay")
        cls.relay = cls.figures["relay"]

    def entries(self, group: str, way: str) -> list[dict]:
        return [entry for entry in self.relay[group] if entry["way"] == way]

    def test_every_way_answers_in_every_scenario_and_nothing_fails(self):
        ways = {entry["way"] for entry in self.relay["plain"]}
        self.assertLessEqual({"direct", "cocoon"}, ways)
        for group in ("plain", "paced", "flat_out"):
            for way in ways:
                self.assertTrue(self.entries(group, way), (group, way))
                for entry in self.entries(group, way):
                    self.assertGreater(entry["per_second"], 0, (group, entry))
                    self.assertGreater(entry["p50_us"], 0, (group, entry))
                    self.assertGreaterEqual(entry["p99_us"], entry["p50_us"], (group, entry))
                    self.assertEqual(entry["failures"], 0, (group, entry))

    def test_cpu_time_is_that_of_the_processes_on_the_way(self):
        for group in ("plain", "paced", "flat_out"):
            for entry in self.entries(group, "cocoon"):
                spent = entry["cpu_us_by_process"]
                self.assertEqual(set(spent), {"client", "proxy-1", "worker-1"})
                self.assertTrue(all(microseconds > 0 for microseconds in spent.values()), entry)
                self.assertAlmostEqual(entry["cpu_us"], sum(spent.values()), delta=0.01)
            for entry in self.entries(group, "nginx"):
                self.assertEqual(set(entry["cpu_us_by_process"]), {"front", "middle", "back"})

    def test_asymmetric_operations_and_memory_are_shown_apart(self):
        costs = self.relay["asymmetric"]
        in_all = costs["wrap_us"] + costs["unwrap_us"] + 2 * costs["sign_us"] + 2 * costs["verify_us"]
        self.assertAlmostEqual(costs["per_request_us"], in_all, delta=0.01)
        self.assertGreater(costs["wrap_us"], costs["unwrap_us"] / 2)
        processes = self.relay["memory"]["processes"]
        self.assertEqual(set(processes), {"client", "proxy-1", "worker-1"})
        self.assertTrue(all(process["idle_kib"] > 100 for process in processes.values()), processes)

    def test_targets_are_judged_by_their_figures_where_there_is_a_peer(self):
        has_peer = bool(self.entries("plain", "nginx"))
        self.assertEqual(bool(self.relay["targets"]), has_peer)
        for target in self.relay["targets"]:
            self.assertEqual(target["holds"], target["value"] <= target["at_most"], target)

    def test_the_machine_and_the_date_are_told(self):
        self.assertTrue(self.figures["quick"])
        self.assertEqual(set(self.figures["machine"]), {"processor", "threads", "kernel"})
        self.assertRegex(self.figures["date"], r"^\d{4}-\d\d-\d\dT\d\d:\d\dZ$")


class Attest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.attest = figures_of("attest")["attest"]

    def test_evidence_of_every_vendor_is_verified_cold_and_warm(self):
        names = " ".join(entry["name"] for entry in self.attest["evidence"])
        for vendor in ("tdx", "sev-snp", "gpu"):
            self.assertIn(vendor, names)
        for entry in self.attest["evidence"]:
            self.assertGreater(entry["cold_us"], 0, entry)
            self.assertGreater(entry["warm_us"], 0, entry)
            self.assertAlmostEqual(entry["cold_per_second"] * entry["cold_us"], 1e6, delta=1e4)

    def test_the_crate_is_beside_tdx_quotes_or_not_spoken_of(self):
        beside = [entry["name"] for entry in self.attest["evidence"] if "crate_us" in entry]
        self.assertEqual(bool(beside), self.attest["peer"] is not None)
        self.assertTrue(all("tdx" in name for name in beside), beside)

    def test_targets_are_judged_by_their_figures(self):
        self.assertTrue(self.attest["targets"])
        for target in self.attest["targets"]:
            self.assertEqual(target["holds"], target["value"] <= target["at_most"], target)


class Ton(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ton = figures_of("ton")["ton"]

    def test_links_stand_beside_their_signatures(self):
        self.assertEqual(len(self.ton["links"]), 2)
        for link in self.ton["links"]:
            self.assertGreater(link["signatures"], 50, link)
            self.assertAlmostEqual(link["over_signatures"], link["ms"] / link["signatures_ms"], delta=0.01)

    def test_account_proofs_and_blocks_are_read_beside_ton_core(self):
        self.assertEqual({account["us"] > 0 for account in self.ton["accounts"]}, {True})
        self.assertEqual(self.ton["peer"], "@ton/core")
        for block in self.ton["blocks"]:
            self.assertGreater(block["bytes"], 10_000, block)
            self.assertAlmostEqual(block["over_ton_core"], block["mb_per_second"] / block["ton_core_mb_per_second"], delta=0.5)

    def test_the_devnet_proves_what_was_sent_and_shows_its_memory(self):
        devnet = self.ton["devnet"]
        self.assertGreater(devnet["message_to_proven_state_median_us"], 0)
        self.assertEqual(len(devnet["rss_and_heap_mib"]), 8)
        self.assertGreater(devnet["heap_over_half_way"], 0)

    def test_targets_are_judged_by_their_figures(self):
        for target in self.ton["targets"]:
            self.assertEqual(target["holds"], target["value"] <= target["at_most"], target)


class Ledger(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ledger = figures_of("ledger")["ledger"]

    def test_both_ends_are_measured_alone_and_in_a_crowd_beside_the_disk(self):
        self.assertGreater(self.ledger["flush"]["p50_us"], 0)
        measured = {(entry["end"], entry["at_once"]) for entry in self.ledger["pairs"]}
        self.assertEqual(measured, {(end, at_once) for end in ("payer", "payee") for at_once in (1, 16, 64, 256)})
        for entry in self.ledger["pairs"]:
            self.assertGreater(entry["pairs_per_second"], 0, entry)
            self.assertGreaterEqual(entry["pair_p99_us"], entry["pair_p50_us"], entry)
            self.assertGreaterEqual(entry["save_p99_us"], entry["save_p50_us"], entry)
            self.assertLess(entry["cpu_us_without_signatures"], entry["cpu_us"], entry)

    def test_targets_are_judged_by_their_figures(self):
        self.assertEqual(len(self.ledger["targets"]), 8)
        for target in self.ledger["targets"]:
            self.assertEqual(target["holds"], target["value"] <= target["at_most"], target)


class Names(unittest.TestCase):
    def test_a_benchmark_that_there_is_not_is_wrong_usage(self):
        self.assertEqual(bench("sorting").returncode, 2)
