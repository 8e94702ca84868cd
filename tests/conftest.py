"""Profiles (TEST_PROFILE): `short` is what `make test` runs, `all` what CI does, and `long` repeats more of it."""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings
from tests.support import no_pandas as no_pandas  # noqa: PLC0414 (imported for what it does)

TEST_PROFILE = os.environ.get("TEST_PROFILE", "short")
PROFILE = "short" if TEST_PROFILE == "all" else TEST_PROFILE
"""How much is repeated: with all tests no more than with those that are not slow."""

# How long it takes says nothing on a machine that is shared. The short profile tries the same examples each time: what
# fails there is what a change has broken; the long one looks for others.
UNHURRIED = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("short", UNHURRIED, max_examples=10, derandomize=True)
settings.register_profile("long", UNHURRIED, max_examples=2000)
settings.load_profile(PROFILE)


def pytest_xdist_auto_num_workers() -> int:
    """`-n auto` is one more than there are cores: some tests only wait."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """What is there for good is not looked through for garbage again and again, and what comes and goes less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


def forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the settings of the connector out of the environment."""
    for name in list(os.environ):
        if name.startswith("ATTIO_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def environment_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees a token or setting of the person who runs it, and none reports its runs to anybody."""
    forget_settings(monkeypatch)
    monkeypatch.setenv("DO_NOT_TRACK", "1")


SLOW = {"show", "free_page", "reported"}
"""Fixtures of a browser, and of models that dbt builds: what uses one is slow, whether marked as such or not."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if PROFILE != "long" and item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="long profile only: make test-long"))
        elif TEST_PROFILE == "short" and (item.get_closest_marker("slow") or SLOW.intersection(fixtures_of(item))):
            item.add_marker(pytest.mark.skip(reason="slow: make test-all"))


def fixtures_of(item: pytest.Item) -> list[str]:
    """What a test uses, and what that uses."""
    return item.fixturenames if isinstance(item, pytest.Function) else []
