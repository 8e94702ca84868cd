"""A client for the commands that ask Attio something themselves: while it waits, it says what for."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

from rich.console import Console
from rich.markup import escape

from attio_sync.catalog import Catalog, Found
from attio_sync.client import AttioClient
from attio_sync.errors import AttioSyncError, GaveUpError, UnauthorizedError
from attio_sync.runtime import counted
from attio_sync.settings import Settings
from attio_sync.sources import Source
from attio_workbench.terminal import SECONDS_BETWEEN_LINES, Pace, told_again, warn

SECONDS_BETWEEN_LOOKS = 0.1


@asynccontextmanager
async def asking(console: Console, settings: Settings) -> AsyncGenerator[AttioClient]:
    """A client for these settings; what it waits for longer than a moment is said, and again every ten seconds.

    That nothing can be reached at all is said at once.
    """
    async with AttioClient.connect(settings) as client:
        # No task group: it would wrap every error in a group.
        watching = asyncio.create_task(_watch(console, client, settings.attio_base_url))
        try:
            yield client
        finally:
            watching.cancel()


@contextmanager
def looking_up(client: AttioClient) -> Generator[None]:
    """Says now and then how many requests there were, while names are looked up: each object and list takes one."""
    what = "looking up objects, lists and attributes"
    with told_again(what, lambda so_far: f"{counted(client.counts.total, 'request')}, {so_far} so far"):
        yield


async def find_all(catalog: Catalog, settings: Settings) -> Found:
    """What the setting `history` means in the workspace; also what a sync takes for granted is looked up.

    Raises:
        GaveUpError, UnauthorizedError: nothing can be found out now.
    """
    found = await catalog.find(settings.history)
    failures, known = dict(found.failures), list[Source]()
    for source in found.sources:
        try:
            known.append(await catalog.known(source))
        except (GaveUpError, UnauthorizedError):
            raise
        except AttioSyncError as error:
            failures[source.name] = await catalog.explained(source, error)
    return replace(found, sources=known, failures=failures)


async def _watch(console: Console, client: AttioClient, address: str) -> None:
    clock = asyncio.get_running_loop().time
    pace: Pace | None = None
    at_once = True
    while True:
        is_known = client.clock_lead_seconds is not None  # until an answer has told Attio's time there was none
        if client.waiting and not is_known and at_once:  # the address may be wrong
            at_once = False
            pace = Pace(clock, SECONDS_BETWEEN_LINES)
            _say(console, client.waiting)
        elif not client.waiting and is_known:
            pace = None
        elif pace is None:
            pace = Pace(clock)
        elif pace.is_due():
            _say(console, client.waiting or f"no answer from {address} yet")
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


def _say(console: Console, sentence: str) -> None:
    if console.is_terminal:  # through the console, which may show something that moves
        console.print(f"[yellow]waiting:[/yellow] {escape(sentence)}")
    else:
        warn(sentence)
