"""What the test files of this suite share: the endpoints that tests/e2e/run hands over, and clients for them."""

import json
import os

import openai

URL = os.environ["COCOON_URL"]
MODEL = os.environ["COCOON_MODEL"]
ENGINE_URL = os.environ.get("COCOON_ENGINE_URL", "")


def sdk(**options) -> openai.OpenAI:
    options = {"base_url": f"{URL}/v1", "api_key": "unused", "max_retries": 0, "timeout": 60.0} | options
    return openai.OpenAI(**options)


def fake(**plan) -> dict[str, str]:
    """How the fake engine shall behave for one request; OpenAI's metadata values are strings."""
    return {"fake": json.dumps(plan)}


def user(content) -> list[dict]:
    return [{"role": "user", "content": content}]
