import io

from rich.console import Console

from attio_workbench.terminal import SECONDS_BETWEEN_LINES, SECONDS_WITHOUT_A_WORD, Pace, under_way


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


def test_what_is_under_way_is_said_before_it_is_done_also_where_output_is_no_terminal() -> None:
    shown = io.StringIO()

    with under_way(Console(file=shown, width=20), "Building [all] the models with dbt"):
        assert shown.getvalue() == "Building [all] the models with dbt …\n"

    assert shown.getvalue().count("\n") == 1
