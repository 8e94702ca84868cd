import io
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from rich.console import Console
from tests.workbench.conftest import AttioSync, Demonstration, assert_one_line

from attio_simulator import Workspace
from attio_sync.settings import load_settings
from attio_workbench.changes import true_stays
from attio_workbench.demo import compare, say_what_next
from attio_workbench.errors import WorkbenchError
from attio_workbench.figures import sources_table
from attio_workbench.held import open_held
from attio_workbench.origin import clear_for_demo
from attio_workbench.place import Place

pytestmark = pytest.mark.slow  # the documents' commands run it too

DEMO = ("demo", "--no-report", "--records", "24", "--into")


@pytest.fixture
def demonstrated(demonstration: Demonstration, place: Path) -> Path:
    """A folder into which a demo has run."""
    shutil.copytree(demonstration.place, place)
    return place


def test_the_demo_shows_two_syncs_and_what_is_next(demonstration: Demonstration) -> None:
    finished = demonstration.finished

    assert (finished.code, finished.err) == (0, "")
    listed, read, saved = (
        [int(n) for n in line.split()[-2:]]
        for line in finished.out.splitlines()
        if line.startswith(("records listed", "histories read", "never moved"))
    )
    # 200 applications, 20 deals for each of two attributes, and whatever is in the list.
    assert listed[0] >= 200 + 20 + 20
    assert (read[0] > read[1], saved[0] > 0) == (True, True)
    for said in (
        "First sync: ",
        "In the workspace  ",
        "Second sync: ",
        "rows written into the warehouse ",
        "refused by Attio as too many at once (429) ",
        "of 90",
        "✓ The warehouse holds exactly what the workspace holds: ",
        "Time spent in each status",
        "Take-home task ",
        "\napplications.source ",
        "\ndeals.value                        20 ",
        "\nlists/talent_pool.stage ",
        "\ndeals.stage  ",
        "\nmoves, by whom ",
        "\nRecruiter 1 ",
        "nobody leaves",
        f"duckdb {demonstration.place / 'files' / 'warehouse.db'}\n",
        "attio-sync check\n",
        "ATTIO_API_TOKEN=…",
    ):
        assert said in finished.out


def test_what_is_tracked_is_named_in_full_in_80_columns(demonstrated: Path) -> None:
    console = Console(file=io.StringIO(), width=80, record=True)

    with open_held(Place(demonstrated), load_settings({"attio_api_token": "none"}, ())) as held:
        console.print(sources_table(held, {"first": Counter(), "second": Counter()}))
        names = [source.name for source in held.sources]

    lines = console.export_text().splitlines()
    assert [line.split()[0] for line in lines[2:]] == names
    assert "applications.workflow_status" in names


def test_what_the_demo_tells_to_draw_can_be_drawn(attio_sync: AttioSync, demonstration: Demonstration) -> None:
    [command] = [line for line in demonstration.finished.out.splitlines() if " --local" in line]

    drawn = attio_sync(*command.split()[1:])

    assert (drawn.code, drawn.err) == (0, "")
    assert "deals.stage of " in drawn.out
    assert "deals.value of " in drawn.out


def test_what_a_demo_left_is_not_moved_aside_but_makes_room(demonstrated: Path) -> None:
    assert clear_for_demo(Place(demonstrated)) is None
    assert "warehouse.db" not in files(demonstrated)
    assert not (demonstrated.parent / "place-backups").exists()


def test_what_is_next_is_not_wider_than_the_terminal_but_for_commands_with_a_path(demonstrated: Path) -> None:
    console = Console(file=io.StringIO(), width=60, record=True)

    say_what_next(console, Place(demonstrated), "6f1f1d4c-6b0e-4f0e-9d5a-0f4a3c9f5a11")

    # What is longer is a command with a path: the terminal breaks it, so that it can be copied as one line.
    following = console.export_text()
    assert [line for line in following.splitlines() if len(line) > 60 and str(demonstrated) not in line] == []
    assert "under Workspace settings → Developers." in " ".join(following.split())


@pytest.mark.long  # the two above, and the first demo
def test_a_second_demo_replaces_the_first_one_also_in_a_narrow_terminal(
    attio_sync: AttioSync, demonstrated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    second = attio_sync(*DEMO, demonstrated)

    assert (second.code, second.err) == (0, "")
    assert "moved to" not in second.out
    assert "✓ The warehouse holds exactly what the workspace holds: " in second.out
    assert files(demonstrated) == ["attio-sync.log", "demo-state.json", "warehouse.db"]
    # What is longer is a command with a path: the terminal breaks it, so that it can be copied as one line.
    following = second.out.partition("\nNext\n")[2]
    assert [line for line in following.splitlines() if len(line) > 60 and str(demonstrated) not in line] == []
    assert "under Workspace settings → Developers." in " ".join(following.split())


def test_a_database_of_ones_own_is_moved_aside_and_not_touched(demonstration: Demonstration) -> None:
    finished, place = demonstration.finished, demonstration.place

    # Neither among what `fivetran reset` deletes, nor among what ships.
    [folder] = (place.parent / "place-backups").iterdir()
    assert (finished.code, finished.err) == (0, "")
    assert f"was not made by the demo and was moved to {folder}: warehouse.db, state.json" in finished.out
    assert (folder / "state.json").read_text() == '{"mine": true}'
    with duckdb.connect(str(folder / "warehouse.db"), read_only=True) as connection:
        assert connection.execute("SELECT n FROM mine").fetchall() == [(42,)]


def test_what_somebody_synced_into_the_demos_database_is_moved_aside(demonstrated: Path) -> None:
    place = demonstrated
    # As `fivetran debug` leaves it behind.
    (place / "files" / "state.json").write_text("{}")

    said = clear_for_demo(Place(place))

    assert "was not made by the demo and was moved to " in str(said)
    assert len(list(place.parent.glob("place-backups/*/warehouse.db"))) == 1


@pytest.mark.usefixtures("attio")
def test_a_sync_after_the_demo_starts_with_a_database_of_its_own(attio_sync: AttioSync, demonstrated: Path) -> None:
    place = demonstrated
    (place / "files" / "report.html").write_text("of the demo")

    finished = attio_sync("sync", "--into", place)

    [folder] = (place.parent / "place-backups").iterdir()
    assert finished.code == 0
    assert finished.err == (
        f"warning: {place / 'files' / 'warehouse.db'} held data from the demo and was moved to {folder}: "
        "warehouse.db, report.html\n"
    )
    assert not (place / "files" / "report.html").exists()
    with duckdb.connect(str(place / "files" / "warehouse.db"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM tester.attio_workflow_status").fetchone() == (40,)


def test_the_demo_takes_no_notice_of_settings_for_a_real_workspace(demonstration: Demonstration) -> None:
    finished = demonstration.finished

    assert (finished.code, finished.err) == (0, "")
    assert "✓ The warehouse holds exactly" in finished.out
    assert "full passes" not in finished.out


def test_a_database_that_is_open_elsewhere_is_left_alone(attio_sync: AttioSync, demonstrated: Path) -> None:
    place = demonstrated
    database = place / "files" / "warehouse.db"
    with held_open(database):
        finished = attio_sync(*DEMO, place)

    assert_one_line(finished, f"{database} is open elsewhere")


def test_a_warehouse_that_does_not_hold_the_truth_is_noticed() -> None:
    workspace = Workspace.hiring()
    workspace.create_record("applications", "Applied")
    stays = list(true_stays(workspace))

    compare(workspace, stays)
    with pytest.raises(WorkbenchError, match="1 stays differ"):
        compare(workspace, [])


def test_without_a_terminal_it_says_nothing_but_its_figures(demonstration: Demonstration) -> None:
    assert "\x1b" not in demonstration.finished.out
    assert "warning" not in demonstration.finished.out.lower()


def files(place: Path) -> list[str]:
    return sorted(path.name for path in (place / "files").iterdir())


def held_open(database: Path) -> "subprocess.Popen[str]":
    """Another process that has the database open until the context ends."""
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    process = subprocess.Popen(  # noqa: S603 (our own)
        [sys.executable, "-c", code, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process
