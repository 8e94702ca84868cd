"""The simulated Attio in a process of its own: `python -m benchmarks.simulator_process '{"records": 1000}'`.

It prints its URL and then answers one JSON line on standard output for each JSON line on standard input, until that ends:
what it counted, what its workspace holds, and changes to both.
"""

import itertools
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attio_simulator import Behaviour, Limits, Simulator, Workspace, generate_hiring_pipeline
from attio_simulator.requests import Answer, Request
from attio_simulator.schema import Record, Value, all_values

OBJECT = "applications"
NANOSECONDS = 1_000_000_000
MILLISECOND = 1_000_000
TOO_MANY_REQUESTS = 429
RECORD_PART = 5
"""Where the record stands in `/v2/objects/…/records/…/attributes/…/values`."""
STEADY_AFTER = 5.0
"""After how many seconds a sync is in its steady state."""

MOVES = ("Screening", "Interview", "Offer", "Rejected", "Withdrawn")


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
        self._chance = random.Random("benchmark")
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

    def least(self, page_size: int = 500) -> dict[str, Any]:
        """The least requests a first sync can do with: the listing, and a history for each record that may have moved."""
        status = self._workspace.attribute_of(self._records()[0], None)
        listed = moved = 0
        for record in self._records():
            values = all_values(record, status)
            listed += 1
            moved += not (len(values) == 1 and values[0].active_until is None and values[0].active_from == record.created)
        return {"listed": listed, "moved": moved, "requests": -(-listed // page_size) + moved}

    def limits(self, **changes: float | list[float]) -> dict[str, Any]:
        """Changes the limits; a latency of two numbers is a spread one."""
        for name, value in changes.items():
            setattr(self._simulator.limits, name, tuple(value) if isinstance(value, list) else value)
        return {}

    def move(self, count: int) -> dict[str, Any]:
        """Moves some applications, one of them through several statuses."""
        for record in self._some(count):
            self._workspace.set_status(record.id, self._chance.choice(MOVES))
        first = self._some(1)[0].id
        for title in MOVES:
            self._workspace.set_status(first, title)
        return {}

    def create(self, count: int) -> dict[str, Any]:
        """Creates applications."""
        for _ in range(count):
            self._workspace.create_record(OBJECT, "Applied")
        return {}

    def vanish(self, count: int) -> dict[str, Any]:
        """What no filter can see: deletes applications, clears statuses and rewrites histories, `count` of each."""
        chosen = self._some(3 * count)
        for record in chosen[:count]:
            self._workspace.delete_record(record.id)
        status = self._workspace.attribute_of(chosen[count], None)
        for record in chosen[count : 2 * count]:
            self._workspace.clear_value(record.id)
        for record in chosen[2 * count :]:
            # As an integration would that corrects when somebody applied: the same statuses, an hour earlier.
            held = all_values(record, status)
            hour = 3_600 * NANOSECONDS
            earlier = [
                Value(v.active_from - hour, None if v.active_until is None else v.active_until - hour, v.actor, v.data)
                for v in held
            ]
            self._workspace.write_history(record, status, [(v.data, v.active_from, v.active_until) for v in earlier])
        return {}

    def truth(self, path: str) -> dict[str, Any]:
        """Writes what a destination should hold: per stay (record, from, until, status), in milliseconds since 1970."""
        stays: list[tuple[str, int, int | None, str]] = []
        for record in self._records():
            status = self._workspace.attribute_of(record, None)
            for value in all_values(record, status):
                until = None if value.active_until is None else value.active_until // MILLISECOND
                stays.append((record.id, value.active_from // MILLISECOND, until, value.data.id))
        Path(path).write_text(json.dumps(stays), encoding="utf-8")
        return {"stays": len(stays)}

    def read_twice(self) -> dict[str, Any]:
        """The records whose histories were read more than once, each with its `created_at` attribute in nanoseconds."""
        by_id = {record.id: record.stamped for record in self._records()}
        return {"records": {one: by_id[one] for one, count in self._simulator.log.histories.items() if count > 1}}

    def _records(self) -> list[Record]:
        return list(self._workspace.object(OBJECT).records.values())

    def _some(self, count: int) -> list[Record]:
        status = self._workspace.object(OBJECT).attribute("workflow_status")
        if status is None:
            raise KeyError(status)
        open_ones = [r for r in self._records() if (held := all_values(r, status)) and held[-1].active_until is None]
        return self._chance.sample(open_ones, count)


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
