"""A stand-in for Attio (https://attio.com) on this machine: for tests, demonstrations and measurements."""

from __future__ import annotations

from .behaviour import Behaviour
from .clock import Clock
from .data import generate_hiring_pipeline
from .faults import Fault, Faults
from .limits import Limits
from .mangling import Mangle
from .requests import RequestCounters, RequestInfo
from .schema import SYSTEM, Actor
from .simulator import Simulator
from .sockets import RunningServer
from .tokens import ALL_SCOPES, DEFAULT_TOKEN, Token
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
    "Limits",
    "Mangle",
    "RequestCounters",
    "RequestInfo",
    "RunningServer",
    "Simulator",
    "SimulatorTransport",
    "Token",
    "Workspace",
    "generate_hiring_pipeline",
]
