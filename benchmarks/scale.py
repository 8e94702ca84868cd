"""How large each measurement is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """The sizes of one run; the defaults are those that the goals are for."""

    quick: bool = False
    paced: int = 10_000
    shared: int = 6_000
    costed: int = 10_000
    small: int = 10_000
    large: int = 200_000
    killed: int = 12_000
    compared: int = 1_000
    planted: int = 10_000
    watched: int = 10_000
    reported: int = 20_000
    months: tuple[int, ...] = (1_000, 10_000)
    histories: tuple[int, ...] = (1, 2, 3, 4, 6, 12, 24, 48, 64)
    sources: int = 30_000
    syncs: int = 288
    repeats: int = 2
    seeds: int = 200
    searched: int = 1_500
    powered: int = 25
    checkpoint_seconds: float | None = None


FULL = Scale()
QUICK = Scale(
    quick=True,
    paced=1_500,
    shared=1_500,
    costed=2_000,
    small=2_000,
    large=20_000,
    killed=1_500,
    compared=150,
    planted=2_000,
    watched=2_000,
    reported=2_000,
    months=(500, 2_000),
    seeds=20,
    sources=1_000,
    powered=2,
    checkpoint_seconds=4.0,
)
TINY = Scale(
    quick=True,
    paced=100,
    shared=100,
    costed=100,
    small=50,
    large=100,
    killed=100,
    compared=20,
    planted=200,
    watched=100,
    reported=50,
    months=(50, 100),
    histories=(64,),
    syncs=24,
    sources=120,
    repeats=1,
    seeds=3,
    searched=1_000,
    powered=1,
    checkpoint_seconds=1.0,
)
