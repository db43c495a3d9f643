"""Plain HTTP/1.1 requests to a loopback port."""

import http.client
import json


def ask(port: int, method: str, path: str, body=None, headers: dict[str, str] | None = None, host_port: int | None = None):
    """Status and body. `host_port` is the port that Host names, where it is not the one connected to."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        fields = {"Host": f"127.0.0.1:{host_port or port}"} | (headers or {})
        if body is not None:
            body = json.dumps(body).encode()
            fields["Content-Type"] = "application/json"
        connection.request(method, path, body=body, headers=fields)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def chat(model: str, content: str, **fields) -> dict:
    return {"model": model, "messages": [{"role": "user", "content": content}]} | fields
