"""200 requests at once by the official SDK, its retries off, on a worker with 8 places: nobody waits for ever."""

import asyncio
import collections
import os
import time
import unittest

import openai

from support import MODEL, URL, fake, user

REQUESTS = int(os.environ.get("CROWD", "200"))
# The whole crowd, in turn, through 8 places takes a few seconds; a request that hangs takes all of this.
SECONDS_MAX = 60.0


class Crowd(unittest.TestCase):
    def crowd(self, stream: bool) -> collections.Counter:
        async def one(client: openai.AsyncOpenAI, number: int) -> str:
            ask = {"model": MODEL, "messages": user("hi"), "metadata": fake(tokens=5 + number % 7, interval_ms=20)}
            expected = " ".join(f"tok{i}" for i in range(5 + number % 7))
            try:
                if stream:
                    text = ""
                    async for chunk in await client.chat.completions.create(**ask, stream=True):
                        text += chunk.choices[0].delta.content or ""
                else:
                    text = (await client.chat.completions.create(**ask)).choices[0].message.content
            except openai.APIStatusError as refused:
                self.assertIn(refused.status_code, (429, 503))
                self.assertGreaterEqual(int(refused.response.headers["retry-after"]), 1)
                return str(refused.status_code)
            self.assertEqual(text, expected)
            return "answered"

        async def all_of_them() -> list[str]:
            async with openai.AsyncOpenAI(
                base_url=f"{URL}/v1", api_key="unused", max_retries=0, timeout=SECONDS_MAX
            ) as client:
                return await asyncio.gather(*(one(client, number) for number in range(REQUESTS)))

        began = time.monotonic()
        told = collections.Counter(asyncio.run(all_of_them()))
        print(f"stream={stream}: {dict(told)} in {time.monotonic() - began:.1f} s", flush=True)
        return told

    def test_all_are_answered_or_told_when_to_come_again(self):
        for stream in (False, True):
            with self.subTest(stream=stream):
                told = self.crowd(stream)
                self.assertEqual(sum(told.values()), REQUESTS)
                # As many as have places and may wait are served, at least.
                self.assertGreaterEqual(told["answered"], 16)

    def test_a_patient_crowd_is_answered_to_the_last(self):
        """With the SDK's own retries, which obey Retry-After."""

        async def all_of_them() -> list:
            async with openai.AsyncOpenAI(base_url=f"{URL}/v1", api_key="unused", max_retries=30) as client:
                ask = {"model": MODEL, "messages": user("hi"), "metadata": fake(tokens=2)}
                return await asyncio.gather(*(client.chat.completions.create(**ask) for _ in range(60)))

        for answer in asyncio.run(all_of_them()):
            self.assertEqual(answer.choices[0].message.content, "tok0 tok1")


if __name__ == "__main__":
    unittest.main()
