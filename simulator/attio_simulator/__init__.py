"""A stand-in for Attio (https://attio.com) on this machine: for tests, demonstrations and measurements."""

from __future__ import annotations

from .behaviour import Behaviour
from .clock import Clock
from .data import generate_hiring_pipeline
from .faults import Fault, Faults
from .limits import Limits
from .mangling import Mangle
from .planting import Leak, MovesBack, Planted, Slower, Waiting
from .requests import RequestCounters, RequestInfo
from .schema import SYSTEM, Actor
from .simulator import ALL_SCOPES, DEFAULT_TOKEN, Simulator
from .sockets import RunningServer
from .transport import SimulatorTransport
from .writes import Workspace

__all__ = [
    "ALL_SCOPES",
    "DEFAULT_TOKEN",
    "SYSTEM",
    "Actor",
    "Behaviour",
    "Clock",
    "Fault",
    "Faults",
    "Leak",
    "Limits",
    "Mangle",
    "MovesBack",
    "Planted",
    "RequestCounters",
    "RequestInfo",
    "RunningServer",
    "Simulator",
    "SimulatorTransport",
    "Slower",
    "Waiting",
    "Workspace",
    "generate_hiring_pipeline",
]
