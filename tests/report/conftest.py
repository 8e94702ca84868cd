"""What the tests of the report share: models that dbt built, and one browser with its pages."""

import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request
from tests.conftest import PROFILE
from tests.support.browser import MISSING, chromium_path, open_chromium
from tests.support.sharing import alone, shared_folder

from attio_workbench.findings import findings
from attio_workbench.models import Models
from attio_workbench.report.command import report_of
from attio_workbench.report.content import split_histories
from attio_workbench.report.warehouse import fetch_models, local_warehouse

APPLICATIONS = 250
PIPELINE, SOURCE = "applications.workflow_status", "applications.source"
HISTORIES = [
    {"history": PIPELINE, "table": "attio_workflow_status", "id_column": "application_id", "type": "status"},
    {"history": SOURCE, "table": "attio_applications_source", "id_column": "application_id", "type": "select"},
]
"""As the command gives them to dbt, which then finds its package parsed already."""

START, AS_OF = "2026-05-14T10:00:00Z", "attio_as_of: 2026-05-14T11:00:00Z"
"""When the workspace stands still, and when it is told as of: months fall the same way whenever the tests run."""

OF_SEGMENTS = ("status_daily", "time_in_status", "survival", "conversion", "status_transitions", "funnel")
"""Models that tell each segment on its own."""

SYNC = """\
import sys
from datetime import datetime
from pathlib import Path
from attio_simulator import Clock, Limits, Simulator, generate_hiring_pipeline
from attio_workbench.demo import demo_settings
from attio_workbench.local_run import run_locally
from attio_workbench.place import Place

clock = Clock(start=datetime.fromisoformat(sys.argv[4]))
workspace = generate_hiring_pipeline(int(sys.argv[2]), seed=2, clock=clock)
for record_id in workspace.record_ids("applications")[::9]:
    workspace.clear_value(record_id, "source")
simulator = Simulator(workspace, limits=Limits.off())
with simulator.serve() as server:
    settings = demo_settings(server.url, simulator.token, sys.argv[3]).model_copy(update={"requests_per_second": 5_000.0})
    run_locally(settings, Place(Path(sys.argv[1])), lambda _: None)
"""


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a run have in common."""
    return shared_folder(tmp_path_factory)


@pytest.fixture(scope="session")
def place(shared: Path) -> Path:
    """Where a sync and dbt have been; whoever comes first makes it, and the test of the command has it for itself."""
    place, dbt = shared / "report", shared / "report" / "files" / "dbt"
    with alone(shared / "report.lock"):
        if not (shared / "models.pickle").exists():
            command = [sys.executable, "-c", SYNC, str(place), str(APPLICATIONS), f"{PIPELINE},{SOURCE}", START]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 (our own code)
            local = local_warehouse(place / "files" / "warehouse.db", HISTORIES, dbt)
            models = fetch_models(replace(local, given=AS_OF), dbt)
            shutil.copy(place / "files" / "warehouse.db", shared)
            (shared / "models.pickle").write_bytes(pickle.dumps(models))
    return place


@pytest.fixture(scope="session")
def warehouse(place: Path, shared: Path) -> Path:
    """A database with the tables of a sync and the models that dbt made of them, which is only read."""
    assert place.exists()
    return shared / "warehouse.db"


@pytest.fixture(scope="session")
def sourced(warehouse: Path, shared: Path) -> Models:
    """Every row of every model, as `attio-sync report` reads it: of a pipeline, and of where its applications came from."""
    assert warehouse.exists()
    read: Models = pickle.loads((shared / "models.pickle").read_bytes())  # noqa: S301 (written a moment ago, by us)
    return read


@pytest.fixture(scope="session")
def models(sourced: Models) -> Models:
    """Every row of the pipeline alone."""
    return split_histories(sourced)["", PIPELINE]


@dataclass
class Opened:
    """A page of the browser, the report in it, and what that did which it should not."""

    page: Page
    complaints: list[str] = field(default_factory=list[str])
    requests: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        def on_console(message: ConsoleMessage) -> None:
            self.complaints.append(f"{message.type}: {message.text}")

        def on_request(request: Request) -> None:
            self.requests.append(request.url)

        self.page.set_default_timeout(10_000)
        self.page.on("console", on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", on_request)

    def show(self, path: Path, *, scheme: str = "light", width: int = 1280) -> None:
        """Opens a file as if there had been none before."""
        self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", media="screen")
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.mouse.move(0, 0)
        self.complaints.clear()
        self.requests.clear()
        self.page.goto(path.as_uri())

    def assert_in_order(self) -> None:
        """Nothing was complained of or sent for."""
        assert self.complaints == []
        assert [url for url in self.requests if not url.startswith("file:")] == []
        assert len(self.requests) == 1

    def rows(self, picture: str) -> list[list[str]]:
        """The text of the table beneath a picture."""
        return self.cells(f"#{picture} .figures tbody tr")

    def cells(self, rows: str) -> list[list[str]]:
        """The text of the cells of these rows."""
        found: list[list[str]] = self.page.eval_on_selector_all(
            rows, "rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim()))"
        )
        return found

    def drawn(self, picture: str) -> str:
        """The text in a picture, after it has come into sight."""
        self.page.locator(f"#{picture}").scroll_into_view_if_needed()
        self.page.wait_for_selector(f"#{picture} .chart svg")
        texts: list[str] = self.page.eval_on_selector_all(
            f"#{picture} .chart svg text", "texts => texts.map(text => text.textContent)"
        )
        return "\n".join(texts)

    def list_all(self) -> None:
        """Lists also what is not stuck; by key, as pictures that are drawn meanwhile move the box away from a mouse."""
        box = self.page.locator("#stuck-only")
        if box.is_checked():
            box.press("Space")
        assert not box.is_checked()

    def serious(self) -> list[tuple[str, str]]:
        """What axe finds serious or critical: its rule, and the first place."""
        if PROFILE == "short":  # axe looks at each cell for itself, and the rows of a table are made alike
            self.page.eval_on_selector_all("tbody > tr:nth-child(n + 6)", "rows => rows.forEach(row => row.remove())")
        found = cast("dict[str, Any]", Axe().run(self.page, options={"resultTypes": ["violations"]}).response)
        assert len(found["passes"]) > 20
        return [
            (one["id"], one["nodes"][0]["html"]) for one in found["violations"] if one["impact"] in {"serious", "critical"}
        ]

    def draw_all(self) -> None:
        """Scrolls through the page, as a reader does."""
        for picture in ("flow", "ageing", "survival", "funnel", "conversion", "transitions", "waiting"):
            self.drawn(picture)


type Open = Callable[..., Opened]


@pytest.fixture(scope="session")
def bare(models: Models) -> Models:
    """Hardly anything to draw, for tests of what stands above the pictures."""
    return Models(as_of=models.as_of, status=models.status, current_status=models.current_status[:1])


def html_of(models: Models, slug: str | None) -> str:
    return report_of(models, findings(models), slug)


@pytest.fixture(scope="session")
def html_of_the_synced(models: Models) -> Callable[[str | None], str]:
    """The report of the synced models, which most tests look at, by slug: made once."""
    return cache(partial(html_of, models))


class Chromium:
    """The machine's Chromium, headless, and its pages: a report is there in half the time where one was before."""

    def __init__(self) -> None:
        self.free: list[Opened] = []
        self.seen: Opened | None = None
        self.is_drawn = False
        self._browser: Browser | None = None
        self._ending = ExitStack()

    def take(self) -> Opened:
        """A page that nobody uses; whoever takes it gives it back to the free ones."""
        if self._browser is None:
            if chromium_path() is None:
                pytest.skip(MISSING)
            self._browser = self._ending.enter_context(open_chromium())
        return self.free.pop() if self.free else Opened(self._browser.new_page())

    def close(self) -> None:
        """Ends it; whoever wants another page gets another browser."""
        self._ending.close()
        self._browser = self.seen = None
        self.is_drawn = False
        self.free.clear()


chromium = Chromium()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """While the browser is open an event loop runs in this thread: tests in other folders run their own."""
    if nextitem is None or nextitem.path.parent != Path(__file__).parent:
        chromium.close()


@pytest.fixture
def free_page() -> Iterator[Opened]:
    """A page for whatever file."""
    it = chromium.take()
    yield it
    chromium.free.append(it)


@pytest.fixture
def open_report(html_of_the_synced: Callable[[str | None], str], tmp_path: Path) -> Iterator[Open]:
    """Opens the report of the models given, or of the synced ones; at the end nothing was complained of or sent for."""
    opened: list[Opened] = []

    def open_it(
        given: Models | None = None, *, slug: str | None = None, scheme: str = "light", width: int = 1280
    ) -> Opened:
        path = tmp_path / f"report{len(opened)}.html"
        path.write_text(html_of(given, slug) if given else html_of_the_synced(slug), encoding="utf-8")
        opened.append(it := chromium.take())
        it.show(path, scheme=scheme, width=width)
        return it

    yield open_it
    chromium.free += opened
    for it in opened:
        it.assert_in_order()


@pytest.fixture
def seen(html_of_the_synced: Callable[[str | None], str], tmp_path: Path) -> Iterator[Opened]:
    """The report of the synced models, opened once for all tests that leave it as it was."""
    if chromium.seen is None:
        path = tmp_path / "report.html"
        path.write_text(html_of_the_synced(None), encoding="utf-8")
        chromium.seen = chromium.take()
        chromium.seen.show(path)
    yield chromium.seen
    chromium.seen.assert_in_order()


@pytest.fixture
def report(seen: Opened) -> Opened:
    """The same with all its pictures, for tests that change nothing in it."""
    if not chromium.is_drawn:
        seen.draw_all()
        chromium.is_drawn = True
    return seen


@pytest.fixture
def lent(seen: Opened) -> Iterator[Opened]:
    """The same for tests that only choose what is shown, which is undone; its pictures may have to be drawn anew then."""
    cohort = seen.page.input_value("#cohort")
    chromium.is_drawn = False
    yield seen
    if seen.page.is_visible("#reset"):
        seen.page.click("#reset")
    seen.page.select_option("#cohort", cohort)
    seen.page.uncheck("#with-outcomes")
