"""Everything that can go wrong, as a tree whose branches say what to do.

AttioSyncError                    the root: everything this package raises on purpose
├── TryAgainError                 the same request may succeed a moment later
│   ├── RateLimitedError          429: Attio asks to wait (see `retry_after_seconds`); the request was not processed
│   ├── UnavailableError          5xx: Attio could not answer
│   ├── UnreachableError          no connection, a broken one, or no answer in time
│   ├── UnreadableAnswerError     the body is cut short, too large or not JSON
│   └── MergeInProgressError      404 `merge_in_progress`: the record is being merged into another
├── StopError                     no later request of this sync can succeed until somebody acts
│   ├── SettingsError             a setting is missing or wrong
│   ├── StateError                the saved state comes from a newer version, or from another workspace
│   ├── UnauthorizedError         401, or a token that Attio does not recognise or calls inactive
│   ├── ForbiddenError            403: the token lacks a scope, or the plan does not include this
│   │   └── MissingScopesError    the same, where it is known which scopes the token lacks, and for what
│   ├── NoHistoryError            400: Attio keeps no history of this attribute
│   ├── FilterRefusedError        400 to a query: its filter is not accepted
│   ├── UnknownNameError          an object or attribute that does not exist
│   ├── RequestRefusedError       any other refusal
│   ├── ContractChangedError      too many answers do not have the shape Attio documents
│   └── GaveUpError               trying again went on for too long
└── SkipError                     this record cannot be read; the others can
    ├── RecordGoneError           404: deleted or merged since it was listed
    └── InvalidValueError         its values do not have the shape Attio documents
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """What Attio answered instead of data: enough to find the request again, and never the token."""

    method: str
    path: str
    status: int
    code: str = ""
    message: str = ""

    def __str__(self) -> str:
        """`GET /v2/self answered 403 unauthorized: …`."""
        detail = f" {self.code}" if self.code else ""
        return f"{self.method} {self.path} answered {self.status}{detail}" + (f": {self.message}" if self.message else "")


TOKENS_ARE = "in Attio under Workspace settings → Developers"
"""Where a token is created and given its scopes."""

FOR_ALL_TO_SEE = f"create one for the workspace {TOKENS_ARE} and set attio_api_token"
"""What to do about a token that sees only a part."""

_NOT_CONNECTED = {"ConnectError", "ConnectTimeout", "ProxyError"}
"""What the HTTP library calls it where there was never a connection."""


class AttioSyncError(Exception):
    """The root: everything this package raises on purpose."""


class TryAgainError(AttioSyncError):
    """The same request may succeed a moment later."""


class RateLimitedError(TryAgainError):
    """429: Attio asks to wait; the request was not processed.

    `retry_after_seconds` is how long from now, or None where Attio did not say.
    https://docs.attio.com/rest-api/guides/rate-limiting
    """

    def __init__(self, refusal: Refusal, retry_after_seconds: float | None) -> None:
        super().__init__(str(refusal))
        self.retry_after_seconds = retry_after_seconds


class UnavailableError(TryAgainError):
    """5xx: Attio could not answer."""


class UnreachableError(TryAgainError):
    """No connection, a broken one, or no answer in time.

    `address` is where it was looked for, `request` the method and path, `cause` what the HTTP library says.
    """

    def __init__(self, address: str, request: str, cause: Exception) -> None:
        kind = type(cause).__name__
        what = f"nothing answers at {address}"
        if kind not in _NOT_CONNECTED:
            what = f"{address} does not answer in time" if "Timeout" in kind else f"the connection to {address} broke"
        elif "certificate" in str(cause).lower():
            what = f"{address} shows a certificate that is not trusted"
        super().__init__(f"{what} ({request}: {kind}" + (f": {cause})" if str(cause) else ")"))


class UnreadableAnswerError(TryAgainError):
    """The body is cut short, too large or not JSON."""


class MergeInProgressError(TryAgainError):
    """404 `merge_in_progress`: the record is being merged into another."""


class StopError(AttioSyncError):
    """No later request of this sync can succeed until somebody acts."""


class SettingsError(StopError):
    """A setting is missing or wrong."""


class StateError(StopError):
    """The saved state comes from a newer version, or from another workspace."""


class UnauthorizedError(StopError):
    """401, or a token that Attio does not recognise or calls inactive."""


class ForbiddenError(StopError):
    """403: the token lacks a scope, or the plan does not include this."""


class MissingScopesError(ForbiddenError):
    """The token lacks scopes: which ones, as Attio calls them, and what each is needed for."""

    def __init__(self, lacking: Mapping[str, Sequence[str]]) -> None:
        what = in_a_row([f"{scope} (for {', '.join(names)})" for scope, names in lacking.items()])
        super().__init__(f"the token lacks {what}: add {'it' if len(lacking) == 1 else 'them'} {TOKENS_ARE}")
        self.lacking = lacking


class NoHistoryError(StopError):
    """400: Attio keeps no history of this attribute."""


class FilterRefusedError(StopError):
    """400 to a query: its filter is not accepted."""


class UnknownNameError(StopError):
    """An object or attribute that does not exist."""


class RequestRefusedError(StopError):
    """Any other refusal."""


class ContractChangedError(StopError):
    """Too many answers do not have the shape Attio documents."""


class GaveUpError(StopError):
    """Trying again went on for too long."""


SAME_FOR_ALL = (GaveUpError, UnauthorizedError)
"""What ends a sync: it would happen to every other source too. Any other error is that of one source alone."""


class SkipError(AttioSyncError):
    """This record cannot be read; the others can."""


class RecordGoneError(SkipError):
    """404: deleted or merged since it was listed."""


class InvalidValueError(SkipError):
    """The values of a record do not have the shape Attio documents.

    `field` is the path of the first field that is wrong, `reason` what is wrong with it, `raw` what Attio answered.
    """

    def __init__(self, record_id: str, field: str, reason: str, raw: object) -> None:
        super().__init__(f"record {record_id}: {field}: {reason}")
        self.record_id = record_id
        self.field = field
        self.reason = reason
        self.raw = raw


def too_many_unread(failed: int, judged: int, invalid: Sequence[InvalidValueError]) -> str:
    """Why a sync stops that could not read so many of so many records; `invalid` are the last of them."""
    return (
        f"{failed} of {judged} records cannot be read, the first one: {invalid[0] if invalid else 'see attio_sync_error'}. "
        "Either the setting history names an attribute that is no status or that the workspace's plan no longer includes, "
        "or Attio's API has changed and the connector must follow. Nothing that was read before is replaced"
    )


def not_read(what: str, table: str, first: InvalidValueError) -> str:
    """A warning of records that cannot be read, and have a row each in this table."""
    return (
        f"{what} not read. Rows written before stay as they are; each reconciliation tries again; see the table {table}. "
        f"The first: {first}"
    )


def together(failures: Collection[AttioSyncError]) -> AttioSyncError:
    """What is wrong with each of several sources, as one error; a single one as it is."""
    several = summed_up(failures)
    first = several[0]
    if len(several) == 1:
        return first
    kind = ForbiddenError if isinstance(first, MissingScopesError) else type(first)
    return (kind if isinstance(first, StopError) else StopError)("; ".join(map(str, several)))


def summed_up(failures: Iterable[AttioSyncError]) -> list[AttioSyncError]:
    """These errors, each once; what the token lacks is said once, of all sources, where it was first."""
    lacking: dict[str, dict[str, None]] = {}
    others: list[AttioSyncError] = []
    place = 0
    for failure in failures:
        if isinstance(failure, MissingScopesError):
            place = place if lacking else len(others)
            for scope, names in failure.lacking.items():
                lacking.setdefault(scope, {}).update(dict.fromkeys(names))
        elif str(failure) not in map(str, others):
            others.append(failure)
    if lacking:
        others.insert(place, MissingScopesError({scope: list(names) for scope, names in lacking.items()}))
    return others


def in_a_row(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def advice(error: TryAgainError) -> str:
    """What to do about an error that did not pass by itself; empty where there is nothing but to wait."""
    if isinstance(error, UnreachableError):
        return ": look at attio_base_url, the network, and any proxy or firewall between"
    return ""
