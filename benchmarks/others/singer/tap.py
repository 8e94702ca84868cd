"""The status history of every application, as a Singer tap on Meltano's SDK.

`tap.py --config CONFIG.json [--state STATE.json]` writes Singer messages; the configuration has `api_url`, `auth_token`.

https://sdk.meltano.com/en/latest/parent_streams.html, …/incremental_replication.html and …/code_samples.html
"""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, override

from singer_sdk import RESTStream, Stream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.exceptions import RetriableAPIError
from singer_sdk.pagination import BaseOffsetPaginator, SinglePagePaginator

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    import requests
    from singer_sdk.helpers.types import Context

PAGE = 500


class ApplicationsPaginator(BaseOffsetPaginator):
    """By offset; a page shorter than asked is the last one."""

    @override
    def has_more(self, response: requests.Response) -> bool:
        return len(response.json()["data"]) == PAGE


class AttioStream(RESTStream[int]):
    """What both streams share."""

    records_jsonpath = "$.data[*]"

    @property
    @override
    def url_base(self) -> str:
        return f"{self.config['api_url']}/v2"

    @property
    @override
    def authenticator(self) -> BearerTokenAuthenticator:
        return BearerTokenAuthenticator(token=self.config["auth_token"])

    @override
    def backoff_wait_generator(self) -> Generator[float, None, None]:
        """Waits as long as Attio asks for, which it does with a date."""

        def told(error: Exception) -> float:
            if isinstance(error, RetriableAPIError) and error.response is not None:
                date = error.response.headers.get("Retry-After")
                if date:
                    return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())
            return 1.0

        return self.backoff_runtime(value=told)

    @override
    def backoff_max_tries(self) -> int:
        return 10


class ApplicationsStream(AttioStream):
    """Applications, of which those that changed since the last run."""

    name = "applications"
    path = "/objects/applications/records/query"
    http_method = "POST"
    primary_keys = ("record_id",)
    replication_key = "status_since"
    schema = th.PropertiesList(
        th.Property("record_id", th.StringType, required=True),
        th.Property("status_since", th.DateTimeType),
    ).to_dict()

    @override
    def get_new_paginator(self) -> ApplicationsPaginator:
        return ApplicationsPaginator(start_value=0, page_size=PAGE)

    @override
    def prepare_request_payload(self, context: Context | None, next_page_token: int | None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "limit": PAGE,
            "offset": next_page_token or 0,
            "sorts": [{"direction": "asc", "attribute": "created_at"}],
        }
        since = self.get_starting_timestamp(context)
        if since is not None:
            body["filter"] = {"workflow_status": {"active_from": {"$gte": since.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}}}
        return body

    @override
    def post_process(self, row: dict[str, Any], context: Context | None = None) -> dict[str, Any]:
        current = row["values"]["workflow_status"]
        since = current[0]["active_from"] if current else row["created_at"]
        # Nine digits are more than Python's timestamps hold.
        return {"record_id": row["id"]["record_id"], "status_since": f"{since[:26]}Z"}

    @override
    def get_child_context(self, record: dict[str, Any], context: Context | None) -> dict[str, Any]:
        return {"record_id": record["record_id"]}


class StatusHistoryStream(AttioStream):
    """Every status an application ever had."""

    name = "status_history"
    parent_stream_type = ApplicationsStream
    path = "/objects/applications/records/{record_id}/attributes/workflow_status/values"
    primary_keys = ("record_id", "active_from")
    state_partitioning_keys = ()
    schema = th.PropertiesList(
        th.Property("record_id", th.StringType, required=True),
        th.Property("active_from", th.StringType, required=True),
        th.Property("active_until", th.StringType),
        th.Property("created_by_actor", th.ObjectType(additional_properties=True)),
        th.Property("status", th.ObjectType(additional_properties=True)),
    ).to_dict()

    @override
    def get_url_params(self, context: Context | None, next_page_token: int | None) -> dict[str, Any]:
        return {"show_historic": "true"}

    @override
    def get_new_paginator(self) -> SinglePagePaginator:
        return SinglePagePaginator()

    @override
    def validate_response(self, response: requests.Response) -> None:
        # Deleted since it was listed.
        if response.status_code != HTTPStatus.NOT_FOUND:
            super().validate_response(response)

    @override
    def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
        if response.status_code != HTTPStatus.NOT_FOUND:
            yield from super().parse_response(response)

    @override
    def post_process(self, row: dict[str, Any], context: Context | None = None) -> dict[str, Any]:
        return {**row, "record_id": (context or {})["record_id"]}


class AttioTap(Tap):
    """The tap."""

    name = "tap-attio"
    config_jsonschema = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True),
        th.Property("auth_token", th.StringType, required=True, secret=True),
    ).to_dict()

    @override
    def discover_streams(self) -> list[Stream]:
        return [ApplicationsStream(self), StatusHistoryStream(self)]


if __name__ == "__main__":
    AttioTap.cli()
