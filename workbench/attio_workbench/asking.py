"""A client for the commands that ask Attio something themselves: while it waits, it says what for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from rich.console import Console
from rich.markup import escape

from attio_sync.client import AttioClient
from attio_sync.settings import Settings
from attio_workbench.terminal import SECONDS_BETWEEN_LINES, SECONDS_WITHOUT_A_WORD, warn

SECONDS_BETWEEN_LOOKS = 0.1


@asynccontextmanager
async def asking(console: Console, settings: Settings) -> AsyncGenerator[AttioClient]:
    """A client for these settings; what it waits for is said at once, and again every ten seconds."""
    async with AttioClient.connect(settings) as client:
        # No task group: it would wrap every error in a group.
        watching = asyncio.create_task(_watch(console, client, settings.attio_base_url))
        try:
            yield client
        finally:
            watching.cancel()


async def _watch(console: Console, client: AttioClient, address: str) -> None:
    clock = asyncio.get_running_loop().time
    said_at: float | None = None
    by = clock() + SECONDS_WITHOUT_A_WORD
    while True:
        # Until an answer has told Attio's time there was none.
        silent = clock() >= by and client.clock_lead_seconds is None
        if not client.waiting and not silent:
            said_at = None
        elif said_at is None or clock() - said_at >= SECONDS_BETWEEN_LINES:
            said_at = clock()
            _say(console, client.waiting or f"no answer from {address} yet")
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


def _say(console: Console, sentence: str) -> None:
    if console.is_terminal:  # through the console, which may show something that moves
        console.print(f"[yellow]waiting:[/yellow] {escape(sentence)}")
    else:
        warn(sentence)
