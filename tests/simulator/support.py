"""What the tests of the simulator share."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attio_simulator.requests import Request

if TYPE_CHECKING:
    from attio_simulator import Simulator
    from attio_simulator.requests import Answer

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
RECORDS = "/v2/objects/applications/records"
QUERY = f"{RECORDS}/query"


class Time:
    """Seconds that pass only when a test says so; a source for `Clock`."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Asking:
    """Asks a simulator without any transport."""

    simulator: Simulator
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        self.headers.setdefault("authorization", f"Bearer {self.simulator.token}")

    def answer(self, method: str, url: str, body: Any = None) -> Answer:
        path, _, query = url.partition("?")
        sent = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.simulator.answer(Request(method, path, query, self.headers, sent))

    def ask(self, method: str, url: str, body: Any = None) -> tuple[int, Any]:
        answer = self.answer(method, url, body)
        return answer.status, json.loads(answer.body)

    def get(self, url: str) -> Any:
        status, payload = self.ask("GET", url)
        assert status == 200, payload
        return payload["data"]

    def query(self, url: str = QUERY, **body: Any) -> list[dict[str, Any]]:
        status, payload = self.ask("POST", url, body)
        assert status == 200, payload
        return payload["data"]

    def ids(self, url: str = QUERY, **body: Any) -> list[str]:
        return [row["id"].get("record_id") or row["id"]["entry_id"] for row in self.query(url, **body)]

    def refusal(self, method: str, url: str, body: Any = None) -> tuple[int, str, str]:
        status, payload = self.ask(method, url, body)
        assert status == payload["status_code"] >= 400
        return status, payload["code"], payload["message"]


def values_url(record_id: str, attribute: str = "workflow_status", *, historic: bool = True) -> str:
    return f"{RECORDS}/{record_id}/attributes/{attribute}/values?show_historic={str(historic).lower()}"
