"""The local endpoint as plain HTTP: what no SDK would send, and the bytes that SDKs hide."""

import http.client
import json
import os
import socket
import time
import unittest
import urllib.parse

URL = os.environ["COCOON_URL"]
KEYED_URL = os.environ["COCOON_KEYED_URL"]
KEY = os.environ["COCOON_API_KEY"]
ALLOWED_ORIGIN = os.environ["COCOON_ALLOWED_ORIGIN"]
MODEL = os.environ["COCOON_MODEL"]
ENGINE_URL = os.environ["COCOON_ENGINE_URL"]

CHAT = "/v1/chat/completions"
JSON = {"content-type": "application/json"}


def ask(url: str, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None):
    """Status, headers and body. A Host among the headers replaces the usual one."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def question(**fields) -> bytes:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "hi"}], "metadata": {"fake": {"tokens": 2}}}
    return json.dumps(body | fields).encode()


class Case(unittest.TestCase):
    def assert_refused(self, answer, status: int) -> dict:
        """An OpenAI error object; what it says of the error."""
        self.assertEqual(answer[0], status, answer[2][:300])
        self.assertTrue(answer[1]["content-type"].startswith("application/json"))
        error = json.loads(answer[2])["error"]
        self.assertLessEqual({"message", "type", "param", "code"}, set(error))
        return error


class Bodies(Case):
    def test_malformed_json_is_a_bad_request(self):
        for body in (b"", b"{", b"[]", b'"text"', b"{'a':1}", b'{"model":"a","model":"b"}', b"\xff\xfe", b"nul"):
            with self.subTest(body):
                self.assert_refused(ask(URL, "POST", CHAT, body, JSON), 400)

    def test_missing_and_wrong_fields_are_bad_requests(self):
        for body in (
            {},
            {"model": MODEL},
            {"model": 7, "messages": []},
            {"model": MODEL, "messages": "hi"},
            {"model": MODEL, "messages": [], "stream": "yes"},
            {"model": MODEL, "messages": [], "max_tokens": -5},
            {"model": MODEL, "messages": [], "n": 0},
        ):
            with self.subTest(str(body)):
                self.assert_refused(ask(URL, "POST", CHAT, json.dumps(body).encode(), JSON), 400)

    def test_another_media_type_is_refused(self):
        for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            self.assert_refused(ask(URL, "POST", CHAT, question(), {"content-type": media}), 415)

    def test_an_oversize_body_is_refused(self):
        self.assert_refused(ask(URL, "POST", CHAT, question(user="x" * (17 << 20)), JSON), 413)

    def test_unknown_paths_and_methods_are_refused(self):
        self.assert_refused(ask(URL, "POST", "/v1/files", question(), JSON), 404)
        self.assert_refused(ask(URL, "GET", "/", None), 404)
        self.assert_refused(ask(URL, "GET", CHAT), 405)

    def test_urls_to_fetch_are_refused_wherever_they_stand(self):
        for part in (
            {"type": "image_url", "image_url": {"url": "http://127.0.0.1:1/x.png"}},
            {"type": "image_url", "image_url": {"url": "file:///etc/passwd"}},
            {"type": "input_audio", "input_audio": {"data": "https://audio.example/a.wav", "format": "wav"}},
            {"type": "file", "file": {"file_id": "file-1"}},
        ):
            with self.subTest(str(part)):
                body = question(messages=[{"role": "user", "content": [part]}])
                self.assert_refused(ask(URL, "POST", CHAT, body, JSON), 400)


class WhoMayCall(Case):
    def test_another_host_is_refused(self):
        # A web page that points its own name at 127.0.0.1 sends that name.
        for host in ("attacker.example", "attacker.example:" + URL.rsplit(":", 1)[1], "127.0.0.1.nip.example", "localhost:1"):
            with self.subTest(host):
                self.assert_refused(ask(URL, "POST", CHAT, question(), JSON | {"Host": host}), 421)

    def test_the_loopback_names_are_served(self):
        port = URL.rsplit(":", 1)[1]
        for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
            self.assertEqual(ask(URL, "GET", "/v1/models", None, {"Host": host})[0], 200)

    def test_a_web_page_may_neither_ask_nor_read(self):
        for origin in ("https://attacker.example", "null", "http://localhost:3000", URL.replace("http://", "https://")):
            with self.subTest(origin):
                self.assert_refused(ask(URL, "POST", CHAT, question(), JSON | {"Origin": origin}), 403)
                answer = ask(URL, "GET", "/v1/models", None, {"Origin": origin})
                self.assert_refused(answer, 403)
                self.assertNotIn("access-control-allow-origin", answer[1])
                self.assertIn(ask(URL, "OPTIONS", CHAT, None, {"Origin": origin})[0], (403, 404, 405))

    def test_a_key_is_asked_for_where_keys_are_set(self):
        for headers in ({}, {"Authorization": "Bearer wrong-key"}, {"Authorization": f"Basic {KEY}"}, {"Authorization": f"Bearer {KEY}x"}):
            with self.subTest(str(headers)):
                self.assert_refused(ask(KEYED_URL, "POST", CHAT, question(), JSON | headers), 401)
                self.assert_refused(ask(KEYED_URL, "GET", "/v1/models", None, headers), 401)
        right = {"Authorization": f"Bearer {KEY}"}
        self.assertEqual(ask(KEYED_URL, "POST", CHAT, question(), JSON | right)[0], 200)

    def test_an_allowed_origin_is_served_with_its_key_only(self):
        allowed = {"Origin": ALLOWED_ORIGIN}
        self.assert_refused(ask(KEYED_URL, "POST", CHAT, question(), JSON | allowed), 401)
        with_key = allowed | {"Authorization": f"Bearer {KEY}"}
        self.assertEqual(ask(KEYED_URL, "POST", CHAT, question(), JSON | with_key)[0], 200)
        other = {"Origin": "https://attacker.example", "Authorization": f"Bearer {KEY}"}
        self.assert_refused(ask(KEYED_URL, "POST", CHAT, question(), JSON | other), 403)

    def test_a_browser_is_told_that_an_allowed_origin_may_send_and_read(self):
        asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
        status, headers, body = ask(KEYED_URL, "OPTIONS", CHAT, None, {"Origin": ALLOWED_ORIGIN} | asks)
        self.assertEqual((status, body), (204, b""))
        self.assertEqual(headers["access-control-allow-origin"], ALLOWED_ORIGIN)
        self.assertEqual(headers["access-control-allow-headers"], asks["Access-Control-Request-Headers"])
        with_key = {"Origin": ALLOWED_ORIGIN, "Authorization": f"Bearer {KEY}"}
        answer = ask(KEYED_URL, "POST", CHAT, question(), JSON | with_key)
        self.assertEqual(answer[1]["access-control-allow-origin"], ALLOWED_ORIGIN)
        stranger = ask(KEYED_URL, "OPTIONS", CHAT, None, {"Origin": "https://attacker.example"} | asks)
        self.assert_refused(stranger, 403)
        self.assertNotIn("access-control-allow-origin", stranger[1])

    def test_what_a_page_loads_without_an_origin_is_refused(self):
        # <script src> and <img src> of any page: a plain GET, without Origin.
        answer = ask(URL, "GET", "/v1/models", None, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"})
        self.assert_refused(answer, 403)


class Bytes(Case):
    def engine_bytes(self, path: str, body: bytes, number: int) -> bytes:
        """What the engine itself answers to this body, as the request of that number."""
        status, _, answer = ask(ENGINE_URL, "POST", path, body, JSON)
        self.assertEqual(status, 200)
        own = json.loads(ask(ENGINE_URL, "GET", "/debug/state")[2])["requests"]
        return answer.replace(f"fake-{own}".encode(), f"fake-{number}".encode())

    def compare(self, path: str, body: bytes, sent_to_engine: bytes):
        status, _, answer = ask(URL, "POST", path, body, JSON)
        self.assertEqual(status, 200)
        number = json.loads(ask(ENGINE_URL, "GET", "/debug/state")[2])["requests"]
        self.assertEqual(answer, self.engine_bytes(path, sent_to_engine, number))
        self.assertGreater(len(answer), 100)

    def plan(self, **fields) -> dict:
        return {"metadata": {"fake": {"tokens": 12, "prompt_tokens": 5} | fields}}

    def test_a_stream_is_the_engines_own_bytes(self):
        with_usage = {"stream": True, "stream_options": {"include_usage": True}}
        body = question(**with_usage, **self.plan())
        self.compare(CHAT, body, body)

    def test_a_stream_without_usage_is_the_engines_own_bytes(self):
        body = question(stream=True, n=2, **self.plan())
        self.compare(CHAT, body, body)

    def test_a_whole_answer_is_the_engines_own_bytes(self):
        body = question(n=2, logprobs=True, **self.plan(interval_ms=1))
        self.compare(CHAT, body, body)

    def test_completions_and_responses_are_the_engines_own_bytes(self):
        for stream in (False, True):
            completion = json.dumps({"model": MODEL, "prompt": "once", "stream": stream} | self.plan()).encode()
            self.compare("/v1/completions", completion, completion)
            response = json.dumps({"model": MODEL, "input": "once", "stream": stream} | self.plan()).encode()
            self.compare("/v1/responses", response, response)

    def test_long_tokens_arrive_whole(self):
        body = question(stream=True, **self.plan(chunk_bytes=70_000, tokens=20))
        self.compare(CHAT, body, body)

    def test_an_answer_of_megabytes_arrives_whole(self):
        body = question(**self.plan(mode="huge", bytes=5_000_000))
        self.compare(CHAT, body, body)

    def test_an_echo_of_text_in_many_scripts_arrives_whole(self):
        text = "grüße 你好 👋🏽 \u2028 \u0000 \" \\ data: [DONE]\n\n event: x\r\n" * 20
        body = question(messages=[{"role": "user", "content": text}], stream=True, metadata={"fake": {"mode": "echo"}})
        status, _, answer = ask(URL, "POST", CHAT, body, JSON)
        self.assertEqual(status, 200)
        events = [line[6:] for line in answer.decode().split("\n") if line.startswith("data: ")]
        self.assertEqual(events[-1], "[DONE]")
        echo = "".join(json.loads(event)["choices"][0]["delta"].get("content", "") for event in events[:-1])
        self.assertEqual(json.loads(echo)["messages"][0]["content"], text)

    def test_the_head_of_a_stream_comes_with_the_first_event(self):
        body = question(stream=True, **self.plan(interval_ms=200, tokens=5))
        host = urllib.parse.urlsplit(URL)
        with socket.create_connection((host.hostname, host.port), timeout=30) as raw:
            head = f"POST {CHAT} HTTP/1.1\r\nHost: {host.netloc}\r\nContent-Type: application/json\r\n"
            raw.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            began = time.monotonic()
            received = b""
            while b"tok0" not in received:
                received += raw.recv(65536)
            first = time.monotonic() - began
            while b"[DONE]" not in received:
                received += raw.recv(65536)
            last = time.monotonic() - began
        self.assertIn(b"text/event-stream", received)
        self.assertLess(first, last / 2)

    def test_an_engine_that_breaks_off_leaves_no_done(self):
        body = question(stream=True, metadata={"fake": {"mode": "break", "tokens": 9, "after": 3, "interval_ms": 5}})
        _, _, answer = ask(URL, "POST", CHAT, body, JSON)
        self.assertIn(b"tok2", answer)
        self.assertNotIn(b"[DONE]", answer)
        self.assertIn(b'"error"', answer)


if __name__ == "__main__":
    unittest.main()
