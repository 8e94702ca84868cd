"""What the tests of the connector share."""

import pytest


@pytest.fixture
def small_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger a quarter as large as the smallest one: 67 records that changed are already more than it can name."""
    monkeypatch.setattr("attio_sync.ledger.LEAST_CELLS", 192)
