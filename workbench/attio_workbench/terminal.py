"""How things are said in the terminal: figures, instants, lengths of time, bars."""

import codecs
import io
import os
import shutil
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.markup import escape

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

SECONDS_WITHOUT_A_WORD = 2.0
SECONDS_BETWEEN_LINES = 10.0
"""How long a command may be silent, and how often it repeats what it waits for."""

EIGHTHS = " ▏▎▍▌▋▊▉█"

PLAIN = (
    dict.fromkeys(EIGHTHS[1:4], ".")
    | dict.fromkeys(EIGHTHS[4:], "#")
    | {"✓": "+", "✗": "x", "→": "->", "…": "...", "×": "x", "–": "-", "—": "-", "’": "'"}
)
"""What stands for a character where output cannot show it; for any other one `?` does."""


def open_console() -> Console:
    """A console on today's standard output, which stays the same when the SDK's output is redirected."""
    return Console(file=sys.stdout, highlight=False, soft_wrap=False)


def show_what_can_be_shown() -> None:
    """From now on a character that standard output or error cannot encode is replaced, and nothing fails because of it."""
    codecs.register_error("plain", _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain")


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(PLAIN.get(c, "?") for c in error.object[error.start : error.end]), error.end  # pyrefly: ignore[no-matching-overload] (its object is a str)


def length_text(length: timedelta) -> str:
    """A length of time in its two largest units: `3 d 4 h`, `4 h 10 min`, `25 s`."""
    seconds = int(length.total_seconds())
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < DAY:
        hours, rest = divmod(seconds, HOUR)
        return f"{hours} h {rest // MINUTE} min" if rest >= MINUTE else f"{hours} h"
    days, rest = divmod(seconds, DAY)
    return f"{days:,} d {rest // HOUR} h" if rest >= HOUR else f"{days:,} d"


def instant_text(instant: datetime) -> str:
    """An instant to the minute, in UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def bar_text(share: float, width: int) -> str:
    """A bar that fills this share of the width, to the eighth of a cell; anything above nothing can be seen."""
    eighths = round(min(1.0, max(0.0, share)) * width * 8)
    if share > 0:
        eighths = max(1, eighths)
    full, rest = divmod(eighths, 8)
    return "█" * full + (EIGHTHS[rest] if rest else "")


def path_text(path: Path) -> str:
    """A path as one would type it here."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def command_text() -> str:
    """This command as one can type it again here, also where it is not on the path."""
    script = Path(sys.argv[0]).absolute()
    return path_text(script) if script.name == "attio-sync" else "attio-sync"


@contextmanager
def ended_as_by_ctrl_c() -> Generator[None]:
    """While this lasts, SIGTERM and SIGHUP end the command as Ctrl-C does: it says what is kept, and the cursor returns."""
    ours = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) is signal.SIG_DFL]  # nohup ignores SIGHUP
    for number in ours:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def under_way(console: Console, what: str) -> Generator[None]:
    """Says what takes long: in a terminal something moves beside it, elsewhere it is a line, and another now and then."""
    if console.is_terminal:
        with console.status(escape(what)):
            yield
    else:
        console.print(f"{what} …", markup=False, soft_wrap=True)
        with told_again(what):
            yield


@contextmanager
def told_again(what: str, how_far: Callable[[str], str] = "{} so far".format) -> Generator[None]:
    """Says every ten seconds how far something is that may take long, given how long it has taken."""
    began, ended = time.monotonic(), threading.Event()

    def say() -> None:
        while not ended.wait(SECONDS_BETWEEN_LINES):
            tell(what, how_far(length_text(timedelta(seconds=time.monotonic() - began))))

    telling = threading.Thread(target=say, daemon=True)  # whatever blocks this one
    telling.start()
    try:
        yield
    finally:
        ended.set()
        telling.join()


class Pace:
    """When it is time to say what takes long: once it has lasted longer than a moment, and again every ten seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, seconds: float = SECONDS_WITHOUT_A_WORD) -> None:
        self._clock = clock
        self._say_at = clock() + seconds

    def is_due(self) -> bool:
        """Whether it is time; then it will be again only later."""
        now = self._clock()
        if now < self._say_at:
            return False
        self._say_at = now + SECONDS_BETWEEN_LINES
        return True


def tell(what: str, how_far: str) -> None:
    """How far something is, on standard error: for where nothing can be shown that moves."""
    _say(what, "2", how_far)


def warn(sentence: str) -> None:
    """A warning, on standard error: one line, but for a terminal that is narrower."""
    _say("warning", "33", sentence)


def fail(sentence: str) -> None:
    """An error, on standard error: one line, but for a terminal that is narrower."""
    _say("error", "31", sentence)


def _say(word: str, color: str, sentence: str) -> None:
    colored = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    line = f"{word}: {' '.join(sentence.split())}"
    if sys.stderr.isatty():  # which would break it within a word
        width = shutil.get_terminal_size().columns
        line = textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
    if colored:
        line = line.replace(f"{word}:", f"\x1b[{color}m{word}:\x1b[0m", 1)
    with suppress(OSError):  # a terminal that was closed
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
