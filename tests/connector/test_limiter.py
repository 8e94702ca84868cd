"""The limiter: never faster than allowed, nothing before the moment told, and as many in flight as it takes."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.virtual_time import VirtualTime

from attio_sync.limiter import (
    CATCH_UP_SECONDS,
    CUT,
    GROWTH_PER_SECOND,
    LEAST_IN_FLIGHT,
    LEAST_SHARE,
    MOST_IN_FLIGHT,
    START_IN_FLIGHT,
    Limiter,
)

INSTANT = 1e-6
"""Seconds that rounding may take."""


def run(body: Callable[[], Awaitable[None]], time: VirtualTime | None = None) -> float:
    """Runs it on a clock that jumps; how many seconds passed."""
    time = time or VirtualTime()
    anyio.run(body, backend_options={"loop_factory": time.loop_factory})
    return time.seconds


def most_in_any_second(moments: list[float]) -> int:
    moments = sorted(moments)
    first = most = 0
    for last, moment in enumerate(moments):
        while moment - moments[first] >= 1 - INSTANT:
            first += 1
        most = max(most, last - first + 1)
    return most


def allowed_in_any_second(rate: float) -> int:
    return math.floor(rate * (1 + CATCH_UP_SECONDS) + INSTANT) + 1


@dataclass(slots=True)
class Scene:
    """Workers that send requests with pauses in between, and refusals that come as they please."""

    limiter: Limiter
    pauses: list[list[float]]
    refusals: list[tuple[float, float, bool]] = field(default_factory=list[tuple[float, float, bool]])
    left: list[float] = field(default_factory=list[float])
    closed: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    async def play(self) -> None:
        async with anyio.create_task_group() as tasks:
            for pauses in self.pauses:
                tasks.start_soon(self._send, pauses)
            tasks.start_soon(self._refuse)

    async def _send(self, pauses: list[float]) -> None:
        for pause in pauses:
            await anyio.sleep(pause)
            await self.limiter.depart()
            self.left.append(anyio.current_time())

    async def _refuse(self) -> None:
        for pause, wait, cut in self.refusals:
            await anyio.sleep(pause)
            self.limiter.refused(wait, cut=cut)
            now = anyio.current_time()
            self.closed.append((now, now + wait))

    def check(self) -> None:
        assert len(self.left) == sum(map(len, self.pauses))
        assert most_in_any_second(self.left) <= allowed_in_any_second(self.limiter.full_rate)
        for since, until in self.closed:
            assert not [moment for moment in self.left if since + INSTANT < moment < until - INSTANT]
        assert self.limiter.full_rate * LEAST_SHARE <= self.limiter.rate <= self.limiter.full_rate


rates = st.sampled_from([0.5, 1.0, 7.5, 25.0, 90.0, 100.0])
pauses = st.just(0.0) | st.floats(0.0, 0.3) | st.sampled_from([0.05, 1.0, 5.0])
workers = st.lists(st.lists(pauses, min_size=1, max_size=12), min_size=1, max_size=15)
refusals = st.lists(
    st.tuples(st.floats(0.0, 1.5), st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0, 7.0]) | st.floats(0.0, 2.0), st.booleans()),
    max_size=5,
)


@given(rates, workers, refusals)
def test_never_more_leaves_than_the_rate_allows_and_nothing_before_the_moment_told(
    rate: float, pauses: list[list[float]], refusals: list[tuple[float, float, bool]]
) -> None:
    scene = Scene(Limiter(rate), pauses, refusals)
    run(scene.play)
    scene.check()


@pytest.mark.parametrize("wait", [0.0, 0.05, 0.1, 0.2, 0.4])
def test_a_refusal_shorter_than_the_queue_lets_nothing_leave_twice_as_fast(wait: float) -> None:
    # Forty requests have their moments up to 0.44 s ahead when the refusal comes, and forty more queue behind them.
    scene = Scene(Limiter(90.0), [[0.0] * 20] * 40, [(0.3, wait, False)])
    run(scene.play)
    scene.check()


def test_requests_leave_evenly_and_as_fast_as_allowed() -> None:
    scene = Scene(Limiter(90.0), [[0.0] * 30] * 12)
    took = run(scene.play)
    gaps = [later - earlier for earlier, later in pairwise(scene.left)]
    # The first few may catch up with the start.
    assert all(gap == pytest.approx(1 / 90.0) for gap in gaps[6:])
    assert took == pytest.approx(360 / 90.0, abs=CATCH_UP_SECONDS + 2 / 90.0)


def test_a_pause_earns_no_burst() -> None:
    scene = Scene(Limiter(90.0), [[0.0, *[600.0, *[0.0] * 200]]])
    run(scene.play)
    after = [moment for moment in scene.left if moment >= 600]
    assert sum(moment < after[0] + 0.1 for moment in after) <= 0.1 * 90 + CATCH_UP_SECONDS * 90 + 1
    scene.check()


def test_a_wake_up_that_comes_late_costs_nothing() -> None:
    async def body() -> None:
        limiter = Limiter(100.0)
        for _ in range(200):
            await limiter.depart()
            # As late as 4 ms each time, by a busy machine.
            await anyio.sleep(0.004)

    assert run(body) == pytest.approx(2.0, abs=0.1)


def test_a_slow_rate_is_kept_over_minutes() -> None:
    scene = Scene(Limiter(0.1), [[0.0] * 3, [0.0] * 3])
    assert run(scene.play) == pytest.approx(50.0, abs=0.1)


# --- Refusals


def test_all_who_wait_wait_for_the_moment_told_and_then_leave_in_a_row() -> None:
    scene = Scene(Limiter(90.0), [[0.0] * 5] * 30, [(0.1, 10.0, False)])
    run(scene.play)
    scene.check()
    after = [moment for moment in scene.left if moment > 0.1 + INSTANT]
    assert min(after) >= 10.1 - INSTANT
    assert max(after) == pytest.approx(10.1 + (150 - (len(scene.left) - len(after))) / 90, abs=0.5)


def test_a_shorter_wait_takes_nothing_back_from_a_longer_one() -> None:
    scene = Scene(Limiter(90.0), [[0.0, 0.5]], [(0.1, 10.0, False), (0.1, 0.0, False), (0.1, 1.0, True)])
    run(scene.play)
    scene.check()
    assert scene.left[-1] >= 10.1 - INSTANT


def rates_after(*steps: tuple[float, bool]) -> list[float]:
    """The rate of a limiter of 100 a second after each step: a pause, then a refusal (with a cut) or a request."""
    seen: list[float] = []

    async def body() -> None:
        limiter = Limiter(100.0)
        for pause, is_refusal in steps:
            await anyio.sleep(pause)
            if is_refusal:
                limiter.refused(0.0, cut=True)
            else:
                await limiter.depart()
            seen.append(limiter.rate)

    run(body)
    return seen


def test_a_refusal_cuts_the_rate() -> None:
    assert rates_after((0.0, True)) == [100 * CUT]


def test_the_refusals_of_what_was_under_way_together_cut_it_once() -> None:
    assert rates_after((0.0, True), (0.1, True), (0.4, True), (0.5, True)) == [100 * CUT] * 4


def test_a_later_refusal_cuts_it_again() -> None:
    assert rates_after((0.0, True), (1.5, True))[1] == pytest.approx(min(100, 85 + 1.5 * 100 * GROWTH_PER_SECOND) * CUT)


def test_the_rate_grows_back_evenly_and_no_further_than_it_was() -> None:
    steps = [1 / 4, 1 / 8, 1 / 8]
    grown = [100 * (CUT + GROWTH_PER_SECOND * seconds) for seconds in (0, 1 / 4, 3 / 8, 1 / 2)]
    assert grown[-1] < 100
    seen = rates_after((0.0, True), *[(step, False) for step in steps], (60.0, False))
    assert seen == pytest.approx([*grown, 100])


def test_the_rate_never_falls_to_nothing() -> None:
    # A refusal every other second, while nothing leaves in between that would let it grow.
    async def body() -> None:
        limiter = Limiter(100.0)
        for _ in range(200):
            await anyio.sleep(1.01)
            limiter.refused(0.0, cut=True)
            assert limiter.rate >= 100.0 * LEAST_SHARE
        await limiter.depart()

    run(body)


def test_a_refusal_for_its_score_leaves_the_rate_as_it_is() -> None:
    async def body() -> None:
        limiter = Limiter(100.0)
        limiter.refused(1.0, cut=False)
        assert limiter.rate == 100.0
        await limiter.depart()
        assert anyio.current_time() >= 1.0 - INSTANT

    run(body)


# --- In flight


@given(st.lists(st.floats(0.0, 60.0), min_size=1, max_size=50), st.sampled_from([1.0, 10.0, 90.0, 500.0]))
def test_how_many_may_be_in_flight_follows_rate_and_latency_within_bounds(latencies: list[float], rate: float) -> None:
    limiter = Limiter(rate)
    assert limiter.most_in_flight == START_IN_FLIGHT
    average = latencies[0]
    for number, latency in enumerate(latencies):
        limiter.answered(latency)
        average = average if number == 0 else average * 0.9 + latency * 0.1
        assert LEAST_IN_FLIGHT <= limiter.most_in_flight <= MOST_IN_FLIGHT
        # Never too few to keep the rate busy at this latency, as far as the bound allows.
        assert limiter.most_in_flight >= min(MOST_IN_FLIGHT, math.floor(rate * average))
        assert limiter.most_in_flight <= max(LEAST_IN_FLIGHT, rate * average * 1.5 + 3)


@pytest.mark.parametrize(("latency", "in_flight"), [(0.0, 4), (0.02, 5), (0.1, 16), (0.25, 36), (0.3, 40), (30.0, 40)])
def test_a_steady_latency_settles(latency: float, in_flight: int) -> None:
    limiter = Limiter(90.0)
    for _ in range(100):
        limiter.answered(latency)
    assert limiter.most_in_flight == in_flight


def test_one_slow_answer_changes_little() -> None:
    limiter = Limiter(90.0)
    for _ in range(100):
        limiter.answered(0.02)
    limiter.answered(0.2)
    assert limiter.most_in_flight <= 8


@given(st.integers(1, 200), st.lists(st.floats(0.0, 60.0), max_size=20))
def test_a_number_that_was_set_is_kept(concurrency: int, latencies: list[float]) -> None:
    limiter = Limiter(90.0, concurrency)
    for latency in latencies:
        limiter.answered(latency)
        assert limiter.most_in_flight == concurrency


@given(st.integers(1, 8), st.lists(st.floats(0.01, 2.0), min_size=1, max_size=30))
def test_no_more_histories_are_read_at_once_than_allowed(concurrency: int, durations: list[float]) -> None:
    now_reading = most = 0

    async def read(limiter: Limiter, duration: float) -> None:
        nonlocal now_reading, most
        place = object()
        await limiter.take_place(place)
        now_reading += 1
        most = max(most, now_reading)
        await anyio.sleep(duration)
        now_reading -= 1
        limiter.leave_place(place)

    async def body() -> None:
        limiter = Limiter(90.0, concurrency)
        async with anyio.create_task_group() as tasks:
            for duration in durations:
                tasks.start_soon(read, limiter, duration)

    run(body)
    assert most == min(concurrency, len(durations))
    assert now_reading == 0


def test_when_answers_become_quicker_those_already_reading_finish_and_fewer_follow() -> None:
    reading = 0
    at_once: list[int] = []

    async def body() -> None:
        limiter = Limiter(90.0)
        for _ in range(100):
            limiter.answered(0.3)
        assert limiter.most_in_flight == 40
        release = anyio.Event()

        async def read(place: int) -> None:
            nonlocal reading
            await limiter.take_place(place)
            reading += 1
            at_once.append(reading)
            await release.wait()
            await anyio.sleep(1)
            reading -= 1
            limiter.leave_place(place)

        async with anyio.create_task_group() as tasks:
            for place in range(60):
                tasks.start_soon(read, place)
            await anyio.sleep(1)
            assert reading == 40
            for _ in range(100):
                limiter.answered(0.001)
            assert limiter.most_in_flight == LEAST_IN_FLIGHT
            assert reading == 40
            release.set()

    run(body)
    assert reading == 0
    assert len(at_once) == 60
    assert max(at_once[40:]) == LEAST_IN_FLIGHT


def test_whoever_gives_up_waiting_takes_no_place() -> None:
    async def body() -> None:
        limiter = Limiter(90.0, 1)
        await limiter.take_place("first")
        for impatient in range(3):
            with anyio.move_on_after(1) as scope:
                await limiter.take_place(impatient)
            assert scope.cancelled_caught
        limiter.leave_place("first")
        with anyio.fail_after(1):
            await limiter.take_place("next")

    run(body)


def test_a_place_is_left_once_and_by_whoever_took_it() -> None:
    async def body() -> None:
        limiter = Limiter(90.0, 2)
        await limiter.take_place("first")
        with pytest.raises(RuntimeError):
            limiter.leave_place("second")
        limiter.leave_place("first")
        with pytest.raises(RuntimeError):
            limiter.leave_place("first")

    run(body)
