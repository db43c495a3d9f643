"""The official OpenAI SDK for Python on the fake engine, whose answers are known beforehand."""

import asyncio
import json
import os
import time
import unittest
import urllib.request

import openai
from pydantic import BaseModel

from support import ENGINE_URL, MODEL, URL, fake, sdk, user

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"], "additionalProperties": False}
TOOL = {"type": "function", "function": {"name": "weather", "description": "of a city", "parameters": SCHEMA}}
PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
FIELDS = {
    "temperature": 0.7,
    "top_p": 0.25,
    "seed": 4242,
    "stop": ["END", "\n\n"],
    "logprobs": True,
    "top_logprobs": 3,
    "tools": [TOOL],
    "tool_choice": {"type": "function", "function": {"name": "weather"}},
    "parallel_tool_calls": False,
    "response_format": {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": SCHEMA}},
    "n": 2,
    "presence_penalty": 0.5,
    "frequency_penalty": -0.5,
    "logit_bias": {"15496": -100, "42": 5},
    "user": "user-7",
    "max_tokens": 77,
    "max_completion_tokens": 66,
    "service_tier": "auto",
    "reasoning_effort": "low",
}


def setUpModule():
    # The SDK builds its types at the first use, which takes long enough to upset a clock.
    list(sdk().chat.completions.create(model=MODEL, messages=user("hi"), stream=True, metadata=fake(tokens=1)))


def engine_state() -> dict:
    with urllib.request.urlopen(f"{ENGINE_URL}/debug/state", timeout=10) as answer:
        return json.load(answer)


def echoed(**fields) -> dict:
    """The body that the engine got."""
    ask = {"model": MODEL, "messages": user("hi"), "metadata": fake(mode="echo")} | fields
    answer = sdk().chat.completions.create(**ask)
    return json.loads(answer.choices[0].message.content)


class Chat(unittest.TestCase):
    def test_an_answer_comes_back_whole(self):
        answer = sdk().chat.completions.create(model=MODEL, messages=user("hi"), metadata=fake(tokens=3))
        self.assertEqual(answer.choices[0].message.content, "tok0 tok1 tok2")
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        self.assertEqual(answer.usage.completion_tokens, 3)
        self.assertEqual(answer.usage.total_tokens, answer.usage.prompt_tokens + 3)

    def test_a_stream_delivers_its_first_delta_long_before_its_last(self):
        began = time.monotonic()
        deltas = []
        with sdk().chat.completions.create(
            model=MODEL, messages=user("hi"), stream=True, metadata=fake(tokens=20, interval_ms=60)
        ) as stream:
            for chunk in stream:
                if chunk.choices[0].delta.content:
                    deltas.append((time.monotonic() - began, chunk.choices[0].delta.content))
        self.assertEqual("".join(text for _, text in deltas), " ".join(f"tok{i}" for i in range(20)))
        self.assertGreater(deltas[-1][0] - deltas[0][0], 19 * 0.06 * 0.8)
        self.assertLess(deltas[0][0], deltas[-1][0] / 3)

    def test_usage_comes_with_a_stream_only_if_it_was_asked_for(self):
        ask = {"model": MODEL, "messages": user("hi"), "stream": True, "metadata": fake(tokens=4)}
        without = list(sdk().chat.completions.create(**ask))
        self.assertTrue(all(chunk.usage is None and len(chunk.choices) == 1 for chunk in without))
        asked = list(sdk().chat.completions.create(**ask, stream_options={"include_usage": True}))
        self.assertEqual(len(asked), len(without) + 1)
        self.assertEqual(asked[-1].choices, [])
        self.assertEqual(asked[-1].usage.completion_tokens, 4)

    def test_the_engine_gets_every_field(self):
        for name, value in FIELDS.items():
            with self.subTest(name):
                self.assertEqual(echoed(**{name: value})[name], value)

    def test_the_engine_gets_fields_that_the_sdk_does_not_know(self):
        body = echoed(extra_body={"top_k": 40, "min_p": 0.05, "grammar_of_tomorrow": {"a": [1, None]}})
        self.assertEqual((body["top_k"], body["min_p"], body["grammar_of_tomorrow"]), (40, 0.05, {"a": [1, None]}))

    def test_the_engine_gets_content_in_parts_with_an_image_as_data(self):
        content = [{"type": "text", "text": "what is it?"}, {"type": "image_url", "image_url": {"url": PIXEL}}]
        self.assertEqual(echoed(messages=user(content))["messages"][0]["content"], content)

    def test_an_image_by_url_is_refused(self):
        content = [{"type": "image_url", "image_url": {"url": "https://images.example/cat.png"}}]
        with self.assertRaises(openai.BadRequestError):
            sdk().chat.completions.create(model=MODEL, messages=user(content))

    def test_a_tool_call_comes_back(self):
        answer = sdk().chat.completions.create(
            model=MODEL, messages=user("hi"), tools=[TOOL], tool_choice="required", metadata=fake(mode="tool")
        )
        self.assertEqual(answer.choices[0].message.tool_calls[0].function.name, "weather")

    def test_parse_sends_the_schema_of_a_model(self):
        class Person(BaseModel):
            name: str

        with self.assertRaises(Exception):
            # The fake engine's text is no JSON of that schema; the request is what is looked at.
            sdk().chat.completions.parse(
                model=MODEL, messages=user("hi"), response_format=Person, metadata=fake(tokens=1)
            )
        with urllib.request.urlopen(f"{ENGINE_URL}/debug/last", timeout=10) as last:
            body = json.load(last)
        self.assertEqual(body["response_format"]["json_schema"]["name"], "Person")

    def test_an_aborted_stream_makes_at_most_one_further_token(self):
        before = engine_state()
        stream = sdk().chat.completions.create(
            model=MODEL, messages=user("hi"), stream=True, metadata=fake(tokens=200, interval_ms=150)
        )
        seen = 0
        for chunk in stream:
            seen += bool(chunk.choices[0].delta.content)
            if seen == 3:
                break
        stream.close()
        time.sleep(1.2)
        after = engine_state()
        self.assertIn(after["generated_tokens"] - before["generated_tokens"], (3, 4))
        self.assertEqual(after["active"], 0)

    def test_many_requests_at_once_all_get_their_own_answer(self):
        async def ask_all():
            async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key="unused", max_retries=8) as client:
                return await asyncio.gather(
                    *(
                        client.chat.completions.create(
                            model=MODEL, messages=user(f"marker-{i}"), metadata=fake(mode="echo")
                        )
                        for i in range(24)
                    )
                )

        for i, answer in enumerate(asyncio.run(ask_all())):
            self.assertIn(f"marker-{i}", answer.choices[0].message.content)


class OtherEndpoints(unittest.TestCase):
    def test_models_are_listed_and_retrieved(self):
        self.assertEqual([entry.id for entry in sdk().models.list()], [MODEL])
        self.assertEqual(sdk().models.retrieve(MODEL).id, MODEL)
        with self.assertRaises(openai.NotFoundError):
            sdk().models.retrieve("no-such-model")

    def test_completions_come_back_whole_and_streamed(self):
        ask = {"model": MODEL, "prompt": "once", "extra_body": {"metadata": fake(tokens=3)}}
        self.assertEqual(sdk().completions.create(**ask).choices[0].text, "tok0 tok1 tok2")
        streamed = "".join(chunk.choices[0].text for chunk in sdk().completions.create(**ask, stream=True))
        self.assertEqual(streamed, "tok0 tok1 tok2")

    def test_embeddings_come_back(self):
        answer = sdk().embeddings.create(model=MODEL, input=["a", "b"], dimensions=4)
        self.assertEqual([len(row.embedding) for row in answer.data], [4, 4])
        self.assertEqual(answer.data[1].embedding[0], 2.0)

    def test_responses_come_back_whole_and_streamed(self):
        ask = {"model": MODEL, "input": "hi", "metadata": fake(tokens=3)}
        answer = sdk().responses.create(**ask)
        self.assertEqual(answer.output_text, "tok0 tok1 tok2")
        self.assertEqual(answer.usage.output_tokens, 3)
        events = list(sdk().responses.create(**ask, stream=True))
        deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
        self.assertEqual("".join(deltas), "tok0 tok1 tok2")
        self.assertEqual(events[-1].type, "response.completed")


class Refusals(unittest.TestCase):
    def test_an_unknown_model_is_not_found(self):
        with self.assertRaises(openai.NotFoundError) as caught:
            sdk().chat.completions.create(model="gpt-none", messages=user("hi"))
        self.assertEqual(caught.exception.code, "model_not_found")

    def test_an_oversize_body_is_refused_with_413(self):
        with self.assertRaises(openai.APIStatusError) as caught:
            sdk().chat.completions.create(model=MODEL, messages=user("x" * (17 << 20)))
        self.assertEqual(caught.exception.status_code, 413)

    def test_a_wrong_key_is_an_authentication_error(self):
        base_url = os.environ["COCOON_KEYED_URL"] + "/v1"
        with self.assertRaises(openai.AuthenticationError):
            sdk(base_url=base_url, api_key="wrong-key").models.list()
        key = os.environ["COCOON_API_KEY"]
        self.assertEqual([entry.id for entry in sdk(base_url=base_url, api_key=key).models.list()], [MODEL])

    def test_an_engine_that_breaks_off_raises(self):
        ask = {"model": MODEL, "messages": user("hi"), "metadata": fake(mode="break", tokens=9, after=3, interval_ms=5)}
        with self.assertRaises(openai.APIError):
            sdk().chat.completions.create(**ask)
        with self.assertRaises(openai.APIError):
            list(sdk().chat.completions.create(**ask, stream=True))


class Receipts(unittest.TestCase):
    def test_an_answer_names_its_receipt(self):
        raw = sdk().chat.completions.with_raw_response.create(model=MODEL, messages=user("hi"), metadata=fake(tokens=1))
        receipt_id = raw.headers["x-cocoon-receipt"]
        self.assertEqual(raw.parse().choices[0].message.content, "tok0")
        with urllib.request.urlopen(f"{URL}/v1/receipts/{receipt_id}", timeout=10) as answer:
            self.assertTrue(answer.headers["content-type"].startswith("application/cose"))
            self.assertIn(bytes.fromhex(receipt_id), answer.read())


if __name__ == "__main__":
    unittest.main()
