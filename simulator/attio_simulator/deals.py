"""Deals in a workspace for hiring: a second pipeline, moved by the same members; same seed and same start, same bytes."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from .crm import STANDARD, add_declared

if TYPE_CHECKING:
    from .writes import Workspace

PERIOD = timedelta(days=90)
STAY = {"Lead": timedelta(days=6), "In progress": timedelta(days=15)}

# How probable each is.
IS_WON = 0.45
IS_HAGGLED = 0.4


def add_deals(workspace: Workspace, count: int, *, seed: int = 1) -> None:
    """Add Attio's standard object for deals, and deals created in the 90 days before the clock's start.

    Args:
        workspace: one that has members, and no deals yet.
        count: how many deals.
        seed: same seed and same start of the clock: the same deals.
    """
    deals = workspace.add_object("deals", "Deal", "Deals", is_standard=True)
    for one in STANDARD["deals"]:
        if "relationship" not in one.more:
            add_declared(workspace, deals, one, is_system=True)
    value = next(one for one in deals.attributes if one.slug == "value")
    chance = random.Random(f"deals {seed}")
    end = workspace.clock.start - timedelta(seconds=1)
    sellers = [member.actor for member in workspace.members[1:]]
    for number, passed in enumerate(sorted(chance.random() for _ in range(count)), 1):
        at, owner = end - PERIOD * (1 - passed), chance.choice(sellers)
        asked = round(chance.uniform(2_000, 60_000), -2)
        given = {"name": f"Deal {number:04d}", "owner": owner, "value": (asked, "USD")}
        deal = workspace.create_record("deals", "Lead", actor=owner, at=at, values=given)
        outcome = "Won 🎉" if chance.random() < IS_WON else "Lost"
        for stage, following in (("Lead", "In progress"), ("In progress", outcome)):
            at += timedelta(milliseconds=1) + STAY[stage] * chance.expovariate(1)
            if at >= end:
                break
            workspace.set_status(deal, following, actor=owner if chance.random() < 0.8 else chance.choice(sellers), at=at)  # noqa: PLR2004 - a probability
            if following == "In progress" and chance.random() < IS_HAGGLED:
                lower = (round(asked * chance.uniform(0.7, 0.95), -2), "USD")
                workspace.set_values(workspace.record(deal), value, [lower], actor=owner, at=at + (end - at) * 0.1)
