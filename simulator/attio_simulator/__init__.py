"""A stand-in for Attio (https://attio.com) on this machine: for tests, demonstrations and measurements."""

from __future__ import annotations

from .behaviour import Behaviour
from .clock import Clock
from .crm import TRACKED
from .crm_data import generate_crm
from .data import generate_hiring_pipeline
from .deals import add_deals
from .faults import Fault, Faults
from .happenings import KINDS, Happening, Happenings
from .limits import Limits
from .mangling import Mangle
from .planting import Leak, LeakOf, MovesBack, Planted, Slower, Waiting
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
    "KINDS",
    "SYSTEM",
    "TRACKED",
    "Actor",
    "Behaviour",
    "Clock",
    "Fault",
    "Faults",
    "Happening",
    "Happenings",
    "Leak",
    "LeakOf",
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
    "Token",
    "Waiting",
    "Workspace",
    "add_deals",
    "generate_crm",
    "generate_hiring_pipeline",
]
