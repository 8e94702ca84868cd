import json
import logging
import subprocess
import sys
from pathlib import Path

from attio_sync.fivetran import DASHBOARD_CHARACTERS
from attio_workbench.sdk_log import kept_log


def test_what_is_printed_and_logged_is_kept_and_warnings_are_remembered_as_they_are(tmp_path: Path) -> None:
    package = logging.getLogger("attio_sync")
    before = list(package.handlers), package.propagate, package.level
    with kept_log(tmp_path / "log") as warnings:
        print("one")  # noqa: T201 (as the SDK does)
        logging.getLogger("attio_sync.sync").info("two")
        logging.getLogger("attio_sync.sync").warning("three <%s>", "3")

    first, second, third = (tmp_path / "log").read_text("utf-8").splitlines()
    assert first == "one"
    assert (second[13:20], second[-3:]) == ("INFO   ", "two")
    assert (third[13:20], third[-9:]) == ("WARNING", "three <3>")
    assert warnings == ["three <3>"]
    assert (package.handlers, package.propagate, package.level) == before


def test_the_state_is_cut_and_the_longest_sentence_is_not(tmp_path: Path) -> None:
    state = json.dumps({"last_sync": "2026-11-24T20:24:30", "ledger": "eAGEfHc8" * 10_000})
    sentence = f"20:24:30.459 INFO     ⚡ connector {'x' * DASHBOARD_CHARACTERS}"
    with kept_log(tmp_path / "log"):
        print(f"checkpoint recorded: {state}")  # noqa: T201 (as the SDK does)
        print(sentence)  # noqa: T201 (as the SDK does)

    cut, whole = (tmp_path / "log").read_text("utf-8").splitlines()
    assert cut.startswith('checkpoint recorded: {"last_sync": "2026-11-24T20:24:30", "ledger": "eAGEfHc8')
    assert cut.endswith(f"… ({len(state) + 21:,} characters)")
    assert len(cut) < 500
    assert whole == sentence


def test_nothing_is_said_of_the_log_while_python_ends(tmp_path: Path) -> None:
    # In development mode every Python says what goes wrong while it ends, as Python 3.13 always does.
    code = """if True:
        import pathlib, sys
        from attio_workbench.sdk_log import kept_log
        with kept_log(pathlib.Path(sys.argv[1])):
            print(1)
    """
    command = [sys.executable, "-X", "dev", "-c", code, str(tmp_path / "log")]

    finished = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own)

    assert (finished.returncode, finished.stdout) == (0, "")
    assert "Exception ignored" not in finished.stderr
