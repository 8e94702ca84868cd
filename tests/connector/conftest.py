"""What the tests of the connector share."""

import pytest


@pytest.fixture
def small_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger an eighth as large as the smallest one: 34 records that changed are already more than it can name."""
    monkeypatch.setattr("attio_sync.ledger.LEAST_CELLS", 96)
