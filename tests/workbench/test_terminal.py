import io
import re
import threading

import pytest
from rich.console import Console

from attio_workbench import terminal
from attio_workbench.terminal import SECONDS_BETWEEN_LINES, SECONDS_WITHOUT_A_WORD, Pace, told_again, under_way


def test_what_takes_long_is_said_after_a_moment_and_then_now_and_then() -> None:
    seconds = 100.0
    pace = Pace(lambda: seconds)

    said: list[float] = []
    for _ in range(250):
        if pace.is_due():
            said.append(seconds - 100.0)
        seconds += 0.1

    moments = [SECONDS_WITHOUT_A_WORD + n * SECONDS_BETWEEN_LINES for n in range(3)]
    assert [round(at) for at in said] == moments


def test_what_is_under_way_is_said_before_it_is_done_and_again_also_where_output_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "SECONDS_BETWEEN_LINES", 0.001)
    shown, again = io.StringIO(), ""

    with under_way(Console(file=shown, width=20), "Building [all] the models with dbt"):
        assert shown.getvalue() == "Building [all] the models with dbt …\n"
        while not again:
            again = capsys.readouterr().err

    assert re.match(r"Building \[all\] the models with dbt: \d+ s so far\n", again)
    assert shown.getvalue().count("\n") == 1


def test_what_goes_on_is_said_again_until_it_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(terminal, "SECONDS_BETWEEN_LINES", 0.001)
    times, enough = list[str](), threading.Event()

    def how_far(so_far: str) -> str:
        times.append(so_far)
        if len(times) == 3:
            enough.set()
        return f"after {so_far}"

    with told_again("counting", how_far):
        assert enough.wait(60)

    said = capsys.readouterr().err.splitlines()
    assert said == [f"counting: after {so_far}" for so_far in times]
