"""What the tests of the report share: models that dbt built, and one browser with its pages."""

import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache, partial
from io import StringIO
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request
from tests.conftest import PROFILE, forget_settings
from tests.support.browser import MISSING, chromium_path, open_chromium
from tests.support.sharing import alone, shared_folder

from attio_workbench.cli import main
from attio_workbench.findings import findings
from attio_workbench.models import Models
from attio_workbench.report import command
from attio_workbench.report.command import report_of
from attio_workbench.report.content import split_histories
from attio_workbench.report.warehouse import fetch_models

APPLICATIONS = 160
PIPELINE, SOURCE = "applications.workflow_status", "applications.source"
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
    settings = demo_settings(server.url, simulator.token, sys.argv[3]).model_copy(
        update={"requests_per_second": 5_000.0, "definitions": False}
    )
    run_locally(settings, Place(Path(sys.argv[1])), lambda _: None)
"""


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a run have in common."""
    return shared_folder(tmp_path_factory)


SLUG = "acme"
CLAIMED = f"""
    CREATE OR REPLACE TABLE attio_sync_origin AS SELECT 'https://api.attio.com' AS origin, 'id' AS workspace_id,
        '{SLUG}' AS workspace_slug, '{PIPELINE},{SOURCE},lists/hiring.channels' AS history;
    CREATE TABLE tester.attio_hiring_channels AS
        SELECT *, NULL::JSON AS current_values FROM tester.attio_applications_source;
    CREATE TABLE tester.attio_hiring_channels_history AS FROM tester.attio_applications_source_history;
"""  # noqa: S608 (our own)
"""As if it had been synced from a real workspace, together with a select of several values."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What the command said, what it wrote, and the models that it drew it from."""

    code: object
    out: str
    err: str
    html: str
    models: Models


def run(*arguments: str | Path) -> object:
    """The exit code of a command in this process."""
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    return end.value.code


def report_on(place: Path) -> Reported:
    """Runs the command where a sync has been, which builds the models."""
    read: list[Models] = []

    def fetched(*given: Any) -> Models:
        read.append(fetch_models(*given))
        return read[0]

    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        forget_settings(patch)
        patch.setenv("COLUMNS", "1000")
        patch.setattr(command, "fetch_models", fetched)
        code = run("report", "--into", place, "--vars", AS_OF)
    html = (place / "files" / "report.html").read_text(encoding="utf-8")
    return Reported(code, out.getvalue(), err.getvalue(), html, *read)


@pytest.fixture(scope="session")
def reported(shared: Path) -> Reported:
    """A sync, and the command that builds the models; whoever comes first runs them."""
    place, kept = shared / "report", shared / "reported.pickle"
    with alone(shared / "report.lock"):
        if not kept.exists():
            sync = [sys.executable, "-c", SYNC, str(place), str(APPLICATIONS), f"{PIPELINE},{SOURCE}", START]
            subprocess.run(sync, check=True, capture_output=True)  # noqa: S603 (our own code)
            with duckdb.connect(str(place / "files" / "warehouse.db")) as connection:
                connection.execute(CLAIMED)
            done = report_on(place)
            shutil.copy(place / "files" / "warehouse.db", shared)
            kept.write_bytes(pickle.dumps(done))
    read: Reported = pickle.loads(kept.read_bytes())  # noqa: S301 (written a moment ago, by us)
    return read


@pytest.fixture(scope="session")
def warehouse(reported: Reported, shared: Path) -> Path:
    """A database with the tables of a sync and the models that dbt made of them, which is only read."""
    assert reported.code == 0
    return shared / "warehouse.db"


@pytest.fixture(scope="session")
def sourced(reported: Reported) -> Models:
    """Every row of every model, as `attio-sync report` reads it: of a pipeline, and of where its applications came from."""
    return reported.models


@pytest.fixture(scope="session")
def models(sourced: Models) -> Models:
    """Every row of the pipeline alone."""
    return split_histories(sourced)["", PIPELINE]


PICTURES = ("flow", "ageing", "survival", "funnel", "conversion", "transitions", "waiting")
HEIGHT = 400
ALIKE = "tbody > tr:nth-child(n + 4), .sentences > li:nth-child(n + 5), .panel:nth-child(n + 3)"

CHANGED = """
() => [
  [document.querySelector(".timeline"), "[aria-expanded=true]"],
  [document.querySelector("#stuck-only:not(:checked)"), "#stuck-only"],
  [document.querySelector("#with-outcomes:checked"), "#with-outcomes"],
  [!document.querySelector("[aria-sort=descending] [data-sort=percentile]"), "[data-sort=percentile]"],
  [document.querySelector("#reset:not([hidden])"), "#reset"],
  [document.querySelectorAll(".names tbody tr").length > 25, "#stuck-only"],
  [document.querySelectorAll(".names tbody tr").length > 25, "#stuck-only"],
].filter(([is]) => is).map(([, press]) => press)
"""
"""What must be pressed for a page to be as it was opened."""


@dataclass
class Opened:
    """A page of the browser, the report in it, and what that did which it should not."""

    page: Page
    complaints: list[str] = field(default_factory=list[str])
    requests: list[str] = field(default_factory=list[str])
    cohort: str = ""

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
        """Opens a file as if there had been none before; in a low window, in whose sight there is little to draw."""
        self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", media="screen")
        self.page.set_viewport_size({"width": width, "height": HEIGHT})
        self.page.mouse.move(0, 0)
        self.complaints.clear()
        self.requests.clear()
        self.page.goto(path.as_uri())
        self.cohort = self.page.input_value("#cohort")

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
        if self.page.eval_on_selector_all(f"#{picture} .chart", "charts => charts.some(chart => !chart.firstChild)"):
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
        if PROFILE == "short":  # axe looks at each element for itself, and these are made alike
            self.page.eval_on_selector_all(ALIKE, "elements => elements.forEach(one => one.remove())")
        found = cast("dict[str, Any]", Axe().run(self.page, options={"resultTypes": ["violations"]}).response)
        assert len(found["passes"]) > 20
        return [
            (one["id"], one["nodes"][0]["html"]) for one in found["violations"] if one["impact"] in {"serious", "critical"}
        ]

    def draw_all(self) -> None:
        """Draws all pictures: in a window as high as they are, all come into sight at once."""
        size = self.page.viewport_size
        assert size
        self.page.set_viewport_size({"width": size["width"], "height": 20_000})
        for picture in PICTURES:
            self.page.wait_for_selector(f"#{picture} .chart svg")
        self.page.set_viewport_size(size)

    def scroll_through(self) -> None:
        """The same, as a reader does it."""
        for picture in PICTURES:
            self.drawn(picture)

    def put_back(self) -> None:
        """Undoes whatever was chosen, sorted or opened; its pictures may have to be drawn anew then."""
        page = self.page
        for press in page.evaluate(CHANGED):
            page.locator(press).first.press("Space")
        page.evaluate("document.querySelectorAll('details[open]').forEach(one => one.open = false)")
        if page.input_value("#cohort") != self.cohort:
            page.select_option("#cohort", self.cohort)
        page.mouse.move(0, 0)  # else a picture that comes to lie beneath it tells of its place


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
        self.kept: dict[str, Opened] = {}
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

    def keep(self, name: str, open_it: Callable[[], Opened]) -> Opened:
        """A page that many tests share, opened by whoever comes first."""
        if name not in self.kept:
            self.kept[name] = open_it()
        return self.kept[name]

    def close(self) -> None:
        """Ends it; whoever wants another page gets another browser."""
        self._ending.close()
        self._browser = None
        self.is_drawn = False
        self.free.clear()
        self.kept.clear()


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


@pytest.fixture(scope="session")
def show(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Opened]:
    """Opens a report in a page, always as the same file: what the browser has compiled of its scripts it finds again."""
    path = tmp_path_factory.mktemp("opened") / "report.html"

    def show_it(html: str, **shown: Any) -> Opened:
        path.write_text(html, encoding="utf-8")
        it = chromium.take()
        it.show(path, **shown)
        return it

    return show_it


@pytest.fixture
def open_report(html_of_the_synced: Callable[[str | None], str], show: Callable[..., Opened]) -> Iterator[Open]:
    """Opens the report of the models given, or of the synced ones; at the end nothing was complained of or sent for."""
    opened: list[Opened] = []

    def open_it(
        given: Models | None = None, *, slug: str | None = None, scheme: str = "light", width: int = 1280
    ) -> Opened:
        opened.append(show(html_of(given, slug) if given else html_of_the_synced(slug), scheme=scheme, width=width))
        return opened[-1]

    yield open_it
    chromium.free += opened
    for it in opened:
        it.assert_in_order()


@pytest.fixture
def seen(html_of_the_synced: Callable[[str | None], str], show: Callable[..., Opened]) -> Iterator[Opened]:
    """The report of the synced models, opened once for all tests that leave it as it was."""
    yield (it := chromium.keep("seen", lambda: show(html_of_the_synced(None))))
    it.assert_in_order()


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
    chromium.is_drawn = False
    yield seen
    seen.put_back()


@pytest.fixture
def lent_phone(html_of_the_synced: Callable[[str | None], str], show: Callable[..., Opened]) -> Iterator[Opened]:
    """The same on a phone."""
    yield (it := chromium.keep("phone", lambda: show(html_of_the_synced(None), width=375)))
    it.put_back()
    it.assert_in_order()


@pytest.fixture
def lent_sourced(sourced: Models, show: Callable[..., Opened]) -> Iterator[Opened]:
    """The same of a pipeline that can be filtered by where its applications came from."""
    yield (it := chromium.keep("sourced", lambda: show(html_of(sourced, None))))
    it.put_back()
    it.assert_in_order()
