"""The official OpenAI SDK for Python on llama-server and a real model."""

import time
import unittest

import openai
from pydantic import BaseModel, Field

from support import MODEL, sdk, user

QUESTION = {
    "model": MODEL,
    "messages": user("What is the capital of France? Answer in one word."),
    "temperature": 0,
    "max_tokens": 24,
}


class RealModel(unittest.TestCase):
    def test_it_answers_the_question(self):
        answer = sdk().chat.completions.create(**QUESTION)
        self.assertIn("Paris", answer.choices[0].message.content)
        self.assertEqual(answer.model, MODEL)
        self.assertGreater(answer.usage.completion_tokens, 0)

    def test_a_stream_says_the_same(self):
        whole = sdk().chat.completions.create(**QUESTION).choices[0].message.content
        chunks = list(sdk().chat.completions.create(**QUESTION, stream=True))
        self.assertEqual("".join(chunk.choices[0].delta.content or "" for chunk in chunks), whole)
        self.assertTrue(all(chunk.usage is None for chunk in chunks))

    def test_the_first_delta_comes_long_before_the_last(self):
        ask = QUESTION | {"messages": user("Tell a long story about the sea."), "max_tokens": 120}
        began = time.monotonic()
        times = [
            time.monotonic() - began
            for chunk in sdk().chat.completions.create(**ask, stream=True)
            if chunk.choices[0].delta.content
        ]
        self.assertGreater(len(times), 40)
        self.assertLess(times[0], times[-1] * 0.6)

    def test_parse_gives_an_object_of_the_schema(self):
        class Capital(BaseModel):
            city: str = Field(max_length=20)

        answer = sdk().chat.completions.parse(**(QUESTION | {"max_tokens": 60}), response_format=Capital)
        self.assertIsInstance(answer.choices[0].message.parsed, Capital)

    def test_a_prompt_is_completed(self):
        answer = sdk().completions.create(model=MODEL, prompt="The capital of France is", max_tokens=4, temperature=0)
        self.assertIn("Paris", answer.choices[0].text)

    def test_an_unknown_model_is_not_found(self):
        with self.assertRaises(openai.NotFoundError):
            sdk().chat.completions.create(**(QUESTION | {"model": "gpt-none"}))


if __name__ == "__main__":
    unittest.main()
