"""The simulated Attio in a process of its own: `python -m benchmarks.simulator_process '{"records": 1000}'`.

It prints its URL and then answers one JSON line on standard output for each JSON line on standard input, until that ends:
what it counted, what its workspace holds, and changes to both.
"""

import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.changes import Changes
from benchmarks.stays import stay
from tests.support import truth

from attio_simulator import Behaviour, Limits, Simulator, Workspace, generate_hiring_pipeline
from attio_simulator.requests import Answer, Request
from attio_sync.ledger import slice_of

TOO_MANY_REQUESTS = 429
RECORD_PART = 5
"""Where the record stands in `/v2/objects/…/records/…/attributes/…/values`."""
STEADY_AFTER = 5.0
"""After how many seconds a sync is in its steady state."""


@dataclass
class Log:
    """When requests came, when they were refused, and how often a record's history was begun to be read."""

    arrivals: list[float] = field(default_factory=list[float])
    refusals: list[float] = field(default_factory=list[float])
    histories: Counter[str] = field(default_factory=Counter[str])


class LoggingSimulator(Simulator):
    """A simulator that remembers what it was asked."""

    log: Log

    def answer(self, request: Request) -> Answer:
        """Answers one request."""
        now = time.time()
        given = super().answer(request)
        self.log.arrivals.append(now)
        if given.status == TOO_MANY_REQUESTS:
            self.log.refusals.append(now)
        # A long history takes several requests; only the first has no offset.
        elif request.path.endswith("/values") and "offset=" not in request.query:
            self.log.histories[request.path.split("/")[RECORD_PART]] += 1
        return given


class Controller:
    """Does what the benchmark asks of the simulator."""

    def __init__(self, simulator: LoggingSimulator, most_requests_per_second: float) -> None:
        self._simulator = simulator
        self._most = most_requests_per_second
        self._changes = Changes(simulator.workspace)
        simulator.log = Log()

    @property
    def _workspace(self) -> Workspace:
        return self._simulator.workspace

    def reset(self) -> dict[str, Any]:
        """Starts all counts from zero."""
        self._simulator.requests.reset()
        self._simulator.log = Log()
        return {}

    def stats(self) -> dict[str, Any]:
        """What was counted since the last reset. `allowed`: what could have been answered meanwhile (see `_allowed`)."""
        log, counters = self._simulator.log, self._simulator.requests
        arrivals = log.arrivals
        gaps = [later - earlier for earlier, later in itertools.pairwise(arrivals)]
        return {
            "requests": counters.total,
            "queries": counters.by_kind["query"],
            "values": counters.by_kind["values"],
            "refused": len(log.refusals),
            "refused_late": sum(at > arrivals[0] + STEADY_AFTER for at in log.refusals),
            "first": arrivals[0] if arrivals else 0.0,
            "last": arrivals[-1] if arrivals else 0.0,
            "longest_gap": max(gaps, default=0.0),
            "most_per_second": counters.maximum_per_second,
            "allowed": self._allowed(arrivals[0], arrivals[-1]) if arrivals else 0.0,
        }

    def _allowed(self, first: float, last: float) -> float:
        """What a client that keeps to its own rate could have had: per second the rate, or what others left if less."""
        total, limits = 0.0, self._simulator.limits
        for second in range(int(first), int(last) + 1):
            share = min(second + 1, last) - max(second, first)
            left = self._most
            if limits.reads_per_second is not None:
                left = min(left, limits.reads_per_second - limits.taken_by_other(second))
            total += left * share
        return total

    def least(self, page_size: int = 500, slice_number: int | None = None) -> dict[str, Any]:
        """The least requests that all there is takes: the listing, and a history for each record that may have moved.

        With a `slice_number`, a history only for those of that slice.
        """
        listed = moved = 0
        for record in self._changes.records():
            values = self._changes.history(record)
            listed += 1
            is_wanted = slice_number is None or slice_of(record.id) == slice_number
            never_moved = len(values) == 1 and values[0].active_until is None and values[0].active_from == record.created
            moved += is_wanted and not never_moved
        return {"listed": listed, "moved": moved, "requests": -(-listed // page_size) + moved}

    def limits(self, **changes: float | list[float]) -> dict[str, Any]:
        """Changes the limits; a latency of two numbers is a spread one."""
        for name, value in changes.items():
            setattr(self._simulator.limits, name, tuple(value) if isinstance(value, list) else value)
        return {}

    def move(self, count: int) -> dict[str, Any]:
        """Moves some applications, one of them through several statuses."""
        self._changes.move(count)
        self._changes.move_through_all()
        return {}

    def create(self, count: int) -> dict[str, Any]:
        """Creates applications."""
        self._changes.create(count)
        return {}

    def vanish(self, count: int) -> dict[str, Any]:
        """What no filter can see, `count` of each: deletes, merges, cleared statuses, late and backdated moves.

        Answers how many records that makes which differ: a merge is three.
        """
        changes = self._changes
        for change in (changes.delete, changes.merge, changes.clear, changes.move_late, changes.backdate):
            change(count)
        return {"records": 7 * count}

    def rewrite(self, count: int) -> dict[str, Any]:
        """What a listing cannot show either: pasts that change behind a current status that stays."""
        self._changes.rewrite(count)
        return {}

    def pass_time(self, hours: float) -> dict[str, Any]:
        """Moves Attio's clock."""
        self._workspace.clock.move(timedelta(hours=hours))
        return {}

    def truth(self, path: str) -> dict[str, Any]:
        """Writes what a destination should hold: per stay (record, from, until, status), in milliseconds since 1970."""
        columns = ("application_id", "active_from", "active_until", "status_id")
        stays = [stay([row[name] for name in columns]) for row in truth.history_table(self._workspace).values()]
        Path(path).write_text(json.dumps(stays), encoding="utf-8")
        return {"stays": len(stays)}

    def read_twice(self) -> dict[str, Any]:
        """The records whose histories were read more than once, each with its `created_at` attribute in nanoseconds."""
        by_id = {record.id: record.stamped for record in self._changes.records()}
        return {"records": {one: by_id[one] for one, count in self._simulator.log.histories.items() if count > 1}}


def commands() -> Iterator[dict[str, Any]]:
    """The commands, as they come."""
    for line in sys.stdin:
        yield json.loads(line)


def answer(given: dict[str, Any]) -> None:
    """One line for the benchmark."""
    sys.stdout.write(json.dumps(given) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Serves until standard input ends."""
    setup: dict[str, Any] = json.loads(sys.argv[1])
    limits = Limits.off() if setup.get("no_limits") else Limits()
    simulator = LoggingSimulator(
        generate_hiring_pipeline(setup["records"], seed=setup.get("seed", 1), moved_share=setup.get("moved_share", 0.6)),
        limits=limits,
        behaviour=Behaviour(**setup.get("behaviour", {})),
    )
    controller = Controller(simulator, setup.get("requests_per_second", 90.0))
    controller.limits(**setup.get("limits", {}))
    with simulator.serve() as server:
        answer({"url": server.url, "token": simulator.token})
        for command in commands():
            do: Callable[..., dict[str, Any]] = getattr(controller, command.pop("do"))
            with simulator.workspace.lock:
                result = do(**command)
            answer(result)


if __name__ == "__main__":
    main()
