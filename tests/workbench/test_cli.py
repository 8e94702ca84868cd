import subprocess
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import typer
from fivetran_connector_sdk_core import SdkException
from tests.workbench.conftest import AttioSync

from attio_workbench.cli import app, sentence_of
from attio_workbench.terminal import bar_text, instant_text, length_text


@pytest.mark.parametrize("command", [(), ("demo",), ("check",), ("sync",), ("history",), ("simulate",)])
def test_help_explains_by_example(attio_sync: AttioSync, command: tuple[str, ...]) -> None:
    finished = attio_sync(*command, "--help")

    assert finished.code == 0
    assert f"\n  {' '.join(('attio-sync', *command))}" in finished.out
    assert "Traceback" not in finished.out


def test_help_shows_no_value_from_the_environment(attio_sync: AttioSync, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTIO_API_TOKEN", "tok-SECRET-91d0f7")

    # The fixture looks for the token in whatever is said.
    assert attio_sync("sync", "--help").code == 0


def test_the_version_is_that_of_the_project(attio_sync: AttioSync) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]

    finished = attio_sync("--version")

    assert (finished.code, finished.out, finished.err) == (0, f"attio-sync {project['version']}\n", "")


def test_help_does_not_load_the_sdk() -> None:
    code = """if True:
        import sys
        from attio_workbench.cli import main
        try:
            main(["--help"])
        except SystemExit:
            loaded = {"fivetran_connector_sdk", "duckdb", "attio_simulator"} & set(sys.modules)
            sys.exit(", ".join(loaded) or 0)
    """
    finished = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)  # noqa: S603 (our own)

    assert (finished.returncode, finished.stderr) == (0, "")


def test_an_option_that_does_not_exist_is_said_without_a_traceback(attio_sync: AttioSync) -> None:
    finished = attio_sync("sync", "--nope")

    assert finished.code == 2
    assert finished.err.startswith("Usage: attio-sync sync [OPTIONS]\n")
    assert "No such option: --nope" in finished.err
    assert "Traceback" not in finished.err


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (SdkException("one\ntwo"), "one"),
        (duckdb.IOException("IO Error: the disk is full\nmore"), "IO Error: the disk is full"),
        (PermissionError(13, "Permission denied", "/x"), "Permission denied: /x"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_what_can_happen_to_anybody_is_one_line(error: Exception, sentence: str) -> None:
    assert sentence_of(error) == sentence


def test_what_nobody_foresaw_is_one_line_and_its_traceback_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "files" / "attio-sync.log"
    hidden = "a local variable"
    with pytest.raises(KeyError) as caught:
        {}[hidden[:1]]

    sentence = sentence_of(caught.value, log)

    assert sentence == f"unexpected, and a bug: KeyError: 'a' (where: {log})"
    assert "Traceback (most recent call last)" in log.read_text()
    assert "a local variable" not in log.read_text().replace('hidden = "a local variable"', "")


def test_a_file_that_ended_too_early_is_not_called_an_abort() -> None:
    # As Python says of a compiled file that a full disk has cut; typer takes it for the end of what somebody types.
    commands = typer.Typer(cls=app.info.cls)

    @commands.callback()
    def every() -> None: ...

    @commands.command()
    def cut() -> None:
        message = "marshal data too short"
        raise EOFError(message)

    with pytest.raises(RuntimeError, match=r"^EOFError: marshal data too short$"):
        commands(["cut"])


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=23, minutes=5), "23 h 5 min"),
        (timedelta(days=3, hours=4), "3 d 4 h"),
        (timedelta(days=2000, minutes=30), "2,000 d"),
    ],
)
def test_lengths_of_time_have_two_units(length: timedelta, text: str) -> None:
    assert length_text(length) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0, ""), (0.001, "▏"), (0.5, "██"), (0.53125, "██▏"), (1, "████"), (2, "████"), (-1, "")]
)
def test_bars_are_drawn_to_the_eighth(share: float, text: str) -> None:
    assert bar_text(share, 4) == text


def test_instants_are_in_utc() -> None:
    east = datetime.fromisoformat("2026-11-24T10:59:59+02:00")

    assert instant_text(east) == "2026-11-24 08:59"
    assert instant_text(east.astimezone(UTC)) == instant_text(east)
