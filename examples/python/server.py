"""The homeserver's HTTP: a JSON or message/mls request, a JSON or message/mls answer, problems as exceptions (/openapi.json)."""
import json
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen
from uuid import uuid4


class Problem(Exception):
    """RFC 9457: `code` says which."""

    def __init__(self, problem: dict):
        super().__init__(f"{problem.get('status')} {problem.get('code')}: {problem}")
        self.code = problem.get("code")


class Server:
    def __init__(self, url: str):
        self.url = url.rstrip("/")
        self.about = self.call("GET", "/.well-known/mls-homeserver")

    def call(self, method: str, path: str, body=None, token: str | None = None):
        """`body`: bytes are MLSMessages, anything else is JSON. A repeated command has the same Idempotency-Key."""
        mls = isinstance(body, bytes)
        headers = {"content-type": "message/mls" if mls else "application/json", "idempotency-key": str(uuid4())}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        data = body if mls or body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(self.url + path, data, headers, method=method)) as answer:
                return _body(answer)
        except HTTPError as error:
            raise Problem(_body(error)) from None


def segment(uri: str) -> str:
    """An id in a path."""
    return quote(uri, safe="")


def _body(answer):
    data = answer.read()
    if answer.headers.get_content_type() == "message/mls":
        return data
    return json.loads(data) if data else None
