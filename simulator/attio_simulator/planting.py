"""What can be planted into a generated pipeline, so that whoever looks for it can be proven to find it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .hiring import RECRUITERS, SOURCES

# The way through the pipeline, and how probable it is to go on from each place.
PATH = ("Applied", "Screening", "Interview", "Take-home task", "Offer", "Hired")
GOES_ON = (0.75, 0.6, 0.55, 0.6, 0.7)
GOES_BACK = 0.08


@dataclass(frozen=True, slots=True)
class Slower:
    """Since a day, records leave a status at a slower pace.

    Args:
        status: the title of one that is left again: any of `PATH` but the last.
        days_ago: how many days before the clock's start it began. Who is in the status then, is slower from then on.
        factor: how many times as long it takes; below 1 it is faster.
    """

    status: str
    days_ago: float
    factor: float = 2.5

    def __post_init__(self) -> None:
        _check_status(self.status)
        _check_positive("days_ago", self.days_ago)
        _check_positive("factor", self.factor)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one recruiter moved into a status waits there, as long as there is a history.

    Args:
        recruiter: which, from 1 on.
        factor: how many times as long it takes; below 1 it is faster.
    """

    recruiter: int
    factor: float = 2.5

    def __post_init__(self) -> None:
        _check_positive("factor", self.factor)
        if not 1 <= self.recruiter <= RECRUITERS:
            message = f"there is no recruiter {self.recruiter}: they are 1 to {RECRUITERS}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Leak:
    """Since a day, fewer of those that leave a status go on to the next: the others are rejected, or withdraw.

    Args:
        status: the title of one that is left again: any of `PATH` but the last.
        days_ago: how many days before the clock's start it began.
        lost: the share of those that would have gone on.
    """

    status: str
    days_ago: float
    lost: float = 0.5

    def __post_init__(self) -> None:
        _check_status(self.status)
        _check_positive("days_ago", self.days_ago)
        _check_share("lost", self.lost)


@dataclass(frozen=True, slots=True)
class LeakOf:
    """Of the applications from one source fewer go on from any status, as long as there is a history.

    Args:
        source: the title of one of `SOURCES`.
        lost: the share of those that would have gone on.
    """

    source: str
    lost: float = 0.5

    def __post_init__(self) -> None:
        _check_share("lost", self.lost)
        if self.source not in SOURCES:
            message = f"{self.source!r} is no source: they are {', '.join(SOURCES)}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class MovesBack:
    """Since a day, another share of the moves out of a status (the first one excepted) goes back to the one before.

    Args:
        days_ago: how many days before the clock's start it began.
        share: the share since then; before it is `GOES_BACK`.
    """

    days_ago: float
    share: float = 0.25

    def __post_init__(self) -> None:
        _check_positive("days_ago", self.days_ago)
        _check_share("share", self.share)


type Finding = Slower | Waiting | Leak | LeakOf | MovesBack

_WRITTEN = re.compile(
    r"(?:leak-of=(?P<source>[^:]+)|(?:(?P<timed>slower|leak)=(?P<status>[^:]+):|(?P<other>waiting|moves-back)=)"
    r"(?P<number>\d+(?:\.\d+)?))(?::(?P<size>\d+(?:\.\d+)?))?"
)


def parse_finding(text: str) -> Finding:
    """Read what is to be planted: `slower=Interview:90:2.5`, `waiting=3:2.5`, `leak=Screening:90:0.5`, `leak-of=Agency`, ….

    What comes last in each can be left out.

    Raises:
        ValueError: it cannot be read, or there is no such status, recruiter or source.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None or (found["other"] == "waiting" and not found["number"].isdigit()):
        message = (
            f"{text!r} cannot be planted: write as in slower=Interview:90:2.5, waiting=3:2.5, leak=Screening:90:0.5, "
            "leak-of=Agency:0.5, moves-back=90:0.3"
        )
        raise ValueError(message)
    size = () if found["size"] is None else (float(found["size"]),)
    if found["source"]:
        return LeakOf(found["source"], *size)
    kind, status, number = found["timed"], found["status"], float(found["number"])
    if kind:
        return Slower(status, number, *size) if kind == "slower" else Leak(status, number, *size)
    return Waiting(int(number), *size) if found["other"] == "waiting" else MovesBack(number, *size)


@dataclass(frozen=True, slots=True)
class Planted:
    """A pipeline in which nothing changes with time or differs between people but what is planted.

    Without it histories are squeezed so that most of them fit in before now, and so the youngest are the quickest. With
    it each stay has the length it has, and lasts still where that reaches beyond now.

    Args:
        findings: what is planted; nothing is a plan too.
        days: over how many days before the clock's start the records are spread, evenly.

    Raises:
        ValueError: two of one kind concern the same status or recruiter, or one began before the first record.
    """

    findings: tuple[Finding, ...] = ()
    days: int = 270

    def __post_init__(self) -> None:
        _check_positive("days", self.days)
        names = ("status", "recruiter", "source")
        about = [
            (type(one), next((getattr(one, name) for name in names if hasattr(one, name)), "")) for one in self.findings
        ]
        if len(set(about)) < len(about):
            message = "of one kind only one can be planted in a status, or for a recruiter or a source"
            raise ValueError(message)
        for one in self.findings:
            if not isinstance(one, Waiting | LeakOf) and one.days_ago >= self.days:
                message = f"{one} began before the first record, which is {self.days} days old"
                raise ValueError(message)

    def kept_longer(self, status: str, since: int, length: int, end: int) -> int:
        """Give when a stay ends that would last `length`: all in nanoseconds, `end` is the clock's start."""
        for one in self.findings:
            if isinstance(one, Slower) and one.status == status:
                begin = max(since, _began(one.days_ago, end))
                if since + length > begin:
                    return begin + int((since + length - begin) * one.factor)
        return since + length

    def patience(self, recruiter: int) -> float:
        """Give how many times as long something waits that this recruiter moved."""
        return next((one.factor for one in self.findings if isinstance(one, Waiting) and one.recruiter == recruiter), 1.0)

    def lost(self, status: str, source: str, at: int, end: int) -> float:
        """Give the share that is lost of those from a source that would go on from a status at a moment."""
        kept = 1.0
        for one in self.findings:
            if isinstance(one, Leak) and one.status == status and at >= _began(one.days_ago, end):
                kept *= 1 - one.lost
            if isinstance(one, LeakOf) and one.source == source:
                kept *= 1 - one.lost
        return 1 - kept

    def goes_back(self, at: int, end: int) -> float:
        """Give the share of moves that go back at a moment."""
        backs = (one for one in self.findings if isinstance(one, MovesBack))
        return next((one.share for one in backs if at >= _began(one.days_ago, end)), GOES_BACK)


def _began(days_ago: float, end: int) -> int:
    return end - int(days_ago * 86_400) * 1_000_000_000


def _check_status(title: str) -> None:
    if title not in PATH[:-1]:
        message = f"{title!r} is no status that is left again: they are {', '.join(PATH[:-1])}"
        raise ValueError(message)


def _check_positive(name: str, value: float) -> None:
    if not value > 0:
        message = f"{name} must be above 0, not {value}"
        raise ValueError(message)


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        message = f"{name} is a share from 0 to 1, not {value}"
        raise ValueError(message)
