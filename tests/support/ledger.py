"""What the state says the destination holds, against what it holds."""

from typing import Any

from tests.support.world import World

from attio_sync.fingerprints import fingerprint
from attio_sync.histories import parse_history, stays_of
from attio_sync.ledger import load_ledger

KEY = "applications.workflow_status=attio_workflow_status"


def ledger_state(world: World) -> dict[str, Any]:
    """The ledger of the applications, as the state holds it."""
    return world.warehouse.state["histories"][KEY]["ledger"]


def assert_the_ledger_says_what_the_destination_holds(world: World) -> None:
    """Nothing is left of it when that is taken out."""
    ledger = load_ledger(ledger_state(world))
    for record_id, raw in world.histories.items():
        ledger.take_out(record_id, fingerprint(stays_of(parse_history(record_id, raw))))
    assert ledger.present.decode() == {}
    assert [past and past.decode() for past in ledger.past] == [{}] * len(ledger.past)
