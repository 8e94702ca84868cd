"""The `.env` files that settings may come from: which are read, and whether each line of them says what it is meant to."""

import io
from collections.abc import Iterator
from pathlib import Path

from dotenv.parser import parse_stream

from attio_sync.errors import SettingsError

CONNECTOR = Path(__file__).parents[1]
ENV_FILES = (CONNECTOR.parent / ".env", CONNECTOR / ".env")
"""Where a `.env` is looked for: the repository's root and the connector's folder, the second before the first."""

PREFIX = "ATTIO_"
"""How the names of settings begin there."""


def env_files_read(env_files: tuple[Path, ...] = ENV_FILES) -> list[Path]:
    """The `.env` files that exist and so are read, the one that counts more last."""
    return [path for path in env_files if path.is_file()]


def check_env_files(env_files: tuple[Path, ...]) -> None:
    """Makes sure that nothing in them is passed over in silence. No line is quoted: it may hold the token.

    Raises:
        SettingsError: one cannot be read, has a line that gives no value, or gives a setting two of them.
    """
    for path in env_files_read(env_files):
        first: dict[str, int] = {}
        for line, name in _names(path):
            if name in first:
                message = f"{path} has {name} twice, in lines {first[name]} and {line}: leave one of them out"
                raise SettingsError(message)
            first[name] = line


def _names(path: Path) -> Iterator[tuple[int, str]]:
    """The settings that a file gives, each with its line."""
    for binding in parse_stream(io.StringIO(_text(path))):
        name = (binding.key or "").upper()
        is_ours = name.startswith(PREFIX)
        text = binding.original.string
        line = binding.original.line + text[: -len(text.lstrip())].count("\n")
        if binding.error or (is_ours and binding.value is None):
            message = f"{path}, line {line}, is not NAME=value, as in {PREFIX}PAGE_SIZE=500: correct it"
            raise SettingsError(message)
        if is_ours:
            yield line, name


def _text(path: Path) -> str:
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}. Correct its permissions, or remove it"
        raise SettingsError(message) from None
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # UTF-16 may pass for UTF-8, and then holds these
        message = f"{path} is not in UTF-8, so nothing in it can be read: save it again in that encoding"
        raise SettingsError(message)
    return text
