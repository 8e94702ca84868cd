"""What a sync has done so far: the numbers behind its last log line, and behind a progress bar."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class RequestCounts:
    """What a client has sent: requests by what they read, and how many of all were refused with 429."""

    sent: Counter[str] = field(default_factory=Counter[str])
    refused: int = 0
    retried: int = 0

    @property
    def total(self) -> int:
        """All requests sent, refused and repeated ones included."""
        return self.sent.total()


def counted(number: int, one: str, more: str = "") -> str:
    """`1 record`, `2 records`."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


@dataclass(slots=True)
class SyncReport:
    """Counts of one sync. `seconds` is the time it took, `requests_per_second` the limit it was given."""

    requests_per_second: float
    phase: str = "incremental"
    source: str = ""
    """What is being read now, as in `applications.workflow_status`."""
    listed: int = 0
    histories_read: int = 0
    requests_saved: int = 0
    gone: int = 0
    invalid: int = 0
    removed: int = 0
    rows_written: int = 0
    rows_deleted: int = 0
    checkpoints: int = 0
    reconciled: int = 0
    requests: int = 0
    refused: int = 0
    retried: int = 0
    seconds: float = 0.0
    listed_in_phase: int = 0
    total: int | None = None
    """How many records are expected to be listed in this phase, where that is known."""
    waiting: str = ""
    """What is waited for while Attio refuses requests or cannot be reached."""

    @property
    def rate(self) -> float:
        """Requests per second, over the whole sync."""
        return self.requests / self.seconds if self.seconds else 0.0

    def summary(self) -> str:
        """The one line that sums a sync up."""
        parts = [
            f"{self.listed:,} records listed",
            f"{self.histories_read:,} histories read",
            f"{self.requests_saved:,} requests saved where the listing proved that a record never moved",
            f"{self.rows_written:,} rows written" + (f" and {self.rows_deleted:,} deleted" if self.rows_deleted else ""),
            f"{self.requests:,} requests in {self.seconds:.1f} s",
            f"{self.rate:.1f} a second of {self.requests_per_second:g} allowed",
            f"{self.refused:,} refused with 429",
        ]
        if self.retried:
            parts.append(f"{self.retried:,} repeated")
        if self.gone:
            parts.append(f"{self.gone:,} deleted or merged since they were listed")
        if self.removed:
            parts.append(f"{self.removed:,} gone from Attio and removed")
        if self.invalid:
            parts.append(f"{self.invalid:,} not readable, see the table attio_sync_error")
        if self.reconciled:
            parts.append("everything compared")
        return ", ".join(parts)
