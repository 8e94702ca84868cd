"""What the facts about Attio leave open: here it can be switched, because a client must work either way.

The switches from `listing_page_lengths` on go further: they contradict what Attio documents, as a mistake at Attio would.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from .clock import duration


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """How the simulator decides where Attio's documentation does not say.

    Attributes:
        active_from_filter: what the `active_from` filter of status and select attributes takes: `timestamps` (and
            bare dates), `dates` alone, or nothing (`refused`).
        active_from_filter_code: the `code` with which that filter is refused.
        active_from_precision: how exactly that filter compares: to the `nanosecond`, or by whole `second`.
        ties: the order of rows that a sort leaves equal: by `id`, in another order that stays (`shuffled`), or in
            another one for each request (`reshuffled`).
        seed: the seed of those orders.
        past_titles: whether a past value shows the title its status had `then` or has `now`.
        listing_page_default: rows in a page of a query that names no limit.
        listing_page_maximum: rows in a page of a query at most, whatever it asks for; `None` for no maximum.
        values_page_default: values in a page when the request names no limit.
        values_page_maximum: values in a page at most, whatever the request asks for; `None` for no maximum.
        merging_for: how long a merge asked for over HTTP takes; at more than zero it is answered 202 and meanwhile the
            records answer 404 `merge_in_progress`.
        clock_offset: how far `Date` and `Retry-After` run ahead of the workspace's clock (negative: behind).
        accurate_at: whether successes carry `x-accurate-at`.
        staleness: how old the data of queries is, and every `x-accurate-at` says so. They show neither the records
            created since nor the values set since, but the values that were active then. What keeps no trace of its
            past is shown as it is now: titles, deleted and merged records, histories that were replaced. Answers about
            one record are always of now.
        listing_page_lengths: whether pages of a query are `full`, or of a `random` length from 1 to what they should
            have, by `seed` and number of the request.
        listing_ignores_offset: whether each page of a query is the first.
        values_ignore_offset: whether each page of values is the first.
        values_order: whether past values come `oldest_first`, or `newest_first`.
        unlisted: ids of records and entries that no query lists although they can be read by id.
        unreadable: ids of records and entries that are listed but not found by id.
    """

    active_from_filter: Literal["timestamps", "dates", "refused"] = "timestamps"
    active_from_filter_code: str = "filter_error"
    active_from_precision: Literal["nanosecond", "second"] = "nanosecond"
    ties: Literal["id", "shuffled", "reshuffled"] = "id"
    seed: int = 0
    past_titles: Literal["then", "now"] = "now"
    listing_page_default: int = 500
    listing_page_maximum: int | None = 500
    values_page_default: int = 100
    values_page_maximum: int | None = 100
    merging_for: timedelta = timedelta()
    clock_offset: timedelta = timedelta()
    accurate_at: bool = True
    staleness: timedelta = timedelta()
    listing_page_lengths: Literal["full", "random"] = "full"
    listing_ignores_offset: bool = False
    values_ignore_offset: bool = False
    values_order: Literal["oldest_first", "newest_first"] = "oldest_first"
    unlisted: set[str] = field(default_factory=set[str])
    unreadable: set[str] = field(default_factory=set[str])

    def as_of(self, now: int) -> int | None:
        """Give the moment whose data queries show (nanoseconds since 1970); `None` for now."""
        return now - duration(self.staleness) if self.staleness else None
