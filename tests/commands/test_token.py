"""The token is nowhere but where it was given, whatever goes wrong, and goes to nobody but Attio."""

import base64
import io
import logging
import signal
import socket
import threading
import traceback
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager

import anyio
import duckdb
import pytest
from tests.commands.conftest import NewProject, Serve
from tests.commands.projects import PATIENCE_SECONDS, TOKEN, Attio, Finished, Project, Started, assert_failed, finish
from tests.conftest import PROFILE
from tests.support.holding import holding
from tests.support.virtual_time import VirtualTime
from tests.support.warehouse import MemoryWarehouse

from attio_simulator import Fault, Mangle
from attio_sync.checks import check_token, run
from attio_sync.client import AttioClient
from attio_sync.errors import AttioSyncError
from attio_sync.runtime import Environment
from attio_sync.settings import Settings, load_settings
from attio_sync.streams import schema
from attio_sync.sync import run_sync

# Everything that can be made to talk, talks.
TALKATIVE = """
import faulthandler, logging, sys, traceback

def show(kind, error, trace):
    sys.stderr.write("".join(traceback.TracebackException(kind, error, trace, capture_locals=True).format()))

logging.basicConfig(level=logging.NOTSET, stream=sys.stderr)
faulthandler.enable()
sys.excepthook = show
"""

# A server that says again what it was sent.
REPEATED = {
    "status_code": 403,
    "type": "auth_error",
    "code": "unauthorized",
    "message": f"the token {TOKEN} may not do this",
}

IN_SHORT = ("repeated", "half of the body", "other values")
"""Failures of each kind, one with a crash report; the others are the long profile's, but for the unknown token below."""

SHAPES = (
    TOKEN.encode(),
    base64.b64encode(TOKEN.encode()),
    base64.b64encode(f":{TOKEN}".encode())[2:],
    TOKEN.encode().hex().encode(),
)


def make_talkative(project: Project) -> Project:
    (project.place / "talkative").mkdir()
    (project.place / "talkative" / "sitecustomize.py").write_text(TALKATIVE)
    project.variables |= {"PYTHONPATH": f"{project.place / 'talkative'}:{project.folder}", "PYTHONASYNCIODEBUG": "1"}
    return project


def assert_nowhere(project: Project, *finished: Finished) -> None:
    """The token is in nothing that was said, and in no file."""
    said = [text.encode() for one in finished for text in (one.out, one.err)]
    written = [path.read_bytes() for path in project.place.rglob("*") if path.is_file()]
    for content in [*said, *written, *stored(project)]:
        for shape in SHAPES:
            assert shape not in content


def stored(project: Project) -> list[bytes]:
    """What the warehouse holds, in case its file is compressed."""
    path = project.folder / "files" / "warehouse.db"
    if not path.exists():
        return []
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute("SELECT table_schema, table_name FROM information_schema.tables").fetchall()
        return [str(connection.table(f"{schema}.{table}").fetchall()).encode() for schema, table in names]


def of_httpcore(finished: Finished) -> int:
    """How many lines the HTTP library has logged: proof that the log is as loud as it gets."""
    return finished.err.count("httpcore2")


@contextmanager
def recorder() -> Generator[tuple[str, list[bytes]]]:
    """A server on this machine that is not Attio: its URL, and whatever it is sent."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    received.append(connection.recv(65536))
                    connection.sendall(b'HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{"data": []}')

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", received
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.slow
def test_no_failing_command_shows_the_token(new_project: NewProject, serve: Serve) -> None:
    """All at once, because the retries of some take a quarter of a minute."""
    failures: dict[str, tuple[Attio, dict[str, str], str]] = {
        "unknown token": (serve(token="another"), {}, "Attio does not know this token"),
        "repeated": (
            serve(Fault(kind="answer", status=403, payload=REPEATED)),
            {},
            "unauthorized: the token [token] may not",
        ),
        "unknown object": (serve(), {"ATTIO_HISTORY": "nope.stage=t"}, "there is no object 'nope'"),
        "503": (serve(Fault(kind="server_error", status=503, body="json")), {}, "gave up after 6 attempts"),
        "no JSON": (serve(Fault(kind="not_json")), {}, "bytes that are not the JSON it should be"),
        "half of the JSON": (serve(Fault(kind="truncated", on=["values"])), {}, "bytes that are not the JSON it should be"),
        "half of the body": (serve(Fault(kind="cut")), {}, "gave up after 6 attempts"),
        "redirect": (serve(Fault(kind="redirect", location="http://127.0.0.1:9/v2/self")), {}, "answered 302"),
        "other values": (serve(Fault(kind="mangle", mangle=Mangle())), {}, "cannot be read, the first one"),
    }
    if PROFILE == "short":
        failures = {name: failures[name] for name in IN_SHORT}
    projects = {name: make_talkative(new_project(name)) for name in failures}
    running = {
        name: projects[name].start("fivetran", "debug", **attio.variables, **more)
        for name, (attio, more, _) in failures.items()
    }
    finished = {name: finish(process) for name, process in running.items()}

    for name, (_, _, message) in failures.items():
        assert_failed(finished[name], message)
        assert of_httpcore(finished[name]) > 5, finished[name].err
        assert_nowhere(projects[name], finished[name])
    with_a_crash_report = {name for name, project in projects.items() if list(project.folder.glob("crash-reports/*.log"))}
    assert with_a_crash_report == failures.keys() & {"503", "no JSON", "half of the JSON", "half of the body"}


@pytest.mark.parametrize("script", [pytest.param("test_script.py", marks=pytest.mark.long), "main.py"])
def test_no_script_shows_the_token(project: Project, serve: Serve, script: str) -> None:
    make_talkative(project)
    good = project.run("python", script, **serve().variables)
    bad = project.run("python", script, **serve(token="another").variables)

    assert (good.code, bad.code) == (0, 1)
    assert of_httpcore(good) > 5
    assert_nowhere(project, good, bad)


HOW_IT_DIES = (signal.SIGABRT, signal.SIGINT) + (signal.SIGKILL,) * (PROFILE == "long")
"""Of SIGKILL nothing can be said by who dies."""


def test_a_sync_that_dies_leaves_no_token_behind(new_project: NewProject, serve: Serve) -> None:
    projects = {how: make_talkative(new_project(how.name)) for how in HOW_IT_DIES}
    with ExitStack() as held:
        dying, amid = dict[signal.Signals, Started](), list[threading.Event]()
        for how, project in projects.items():
            attio = serve()
            amid.append(held.enter_context(holding(attio.simulator, 5)))
            dying[how] = project.start("fivetran", "debug", **attio.variables)
        assert all(has_come.wait(PATIENCE_SECONDS) for has_come in amid)
        for how, process in dying.items():
            process.send_signal(how)
        died = {how: finish(process) for how, process in dying.items()}

    for how, project in projects.items():
        assert died[how].code != 0
        assert_nowhere(project, died[how])
    assert "Current thread" in died[signal.SIGABRT].err


def test_a_token_in_a_configuration_file_stays_there(project: Project, attio: Attio) -> None:
    make_talkative(project)
    given = project.place / "given.json"
    given.write_text(f'{{"attio_api_token": "{TOKEN}", "attio_base_url": "{attio.url}", "page_sise": "{TOKEN}"}}')

    attio.simulator.token = "another"  # noqa: S105 (opens nothing)
    failed = project.run("fivetran", "debug", "--configuration", str(given))
    tested = project.run("fivetran", "configuration", "--test")
    given.unlink()

    assert_failed(
        failed, "Attio does not know this token", "'page_sise' is no setting and is ignored; did you mean 'page_size'?"
    )
    assert tested.code == 1
    assert_nowhere(project, failed, tested)


def test_a_redirect_to_another_server_is_not_followed(project: Project, serve: Serve) -> None:
    with recorder() as (elsewhere, received):
        attio = serve(Fault(kind="redirect", location=f"{elsewhere}/v2/objects"))
        script = project.run("python", "test_script.py", **attio.variables)

    assert script == Finished(1, "", "POST /v2/objects/applications/records/query answered 302\n")
    assert attio.simulator.requests.total == 1
    assert received == []


def test_the_token_does_not_leave_unencrypted(project: Project) -> None:
    with recorder() as (proxy, received):
        proxies = {"HTTP_PROXY": proxy, "http_proxy": proxy, "ALL_PROXY": proxy}
        # Other addresses are refused in test_settings.py.
        for url in ("http://127.0.0.1.example.com",):
            refused = project.run("python", "test_script.py", ATTIO_API_TOKEN=TOKEN, ATTIO_BASE_URL=url, **proxies)
            assert refused.code == 1
            assert refused.err == (
                "attio_base_url: must start with https:// (http:// is for this machine only): "
                "the token must not travel unencrypted\n"
            )

    assert received == []


def test_a_proxy_is_not_told_what_is_meant_for_this_machine(project: Project, attio: Attio) -> None:
    with recorder() as (proxy, received):
        proxies = {"HTTP_PROXY": proxy, "http_proxy": proxy, "ALL_PROXY": proxy}
        finished = project.run("python", "test_script.py", **attio.variables, **proxies)

    assert (finished.code, len(finished.out.splitlines())) == (0, 5)
    assert received == []


FAULTS: dict[str, Callable[[], list[Fault]]] = {
    "unknown token": list,
    "refused": lambda: [Fault(kind="rate_limited", retry_after="hour")],
    "503": lambda: [Fault(kind="server_error", status=503)],
    "no JSON": lambda: [Fault(kind="not_json")],
    "half of the body": lambda: [Fault(kind="cut", on=["values"])],
    "repeated": lambda: [Fault(kind="answer", status=500, payload=REPEATED)],
    "lost": lambda: [Fault(kind="drop")],
    "redirect": lambda: [Fault(kind="redirect")],
    "other values": lambda: [Fault(kind="mangle")],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_traceback_shows_the_token_even_with_the_values_of_all_variables(
    serve: Serve, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    caplog.set_level(logging.NOTSET)
    attio = serve(*FAULTS[fault](), token="another" if fault == "unknown token" else TOKEN)
    settings = load_settings(attio.settings, ())
    sink = MemoryWarehouse({table["table"]: table["primary_key"] for table in schema(settings.history.named)})

    # Pauses and timeouts take no time but what the server, which has a clock of its own, gets to answer.
    hurried = Environment(loop_factory=VirtualTime(grace=0.3).loop_factory)
    with pytest.raises(AttioSyncError) as caught:
        run_sync(settings, {}, sink, hurried)

    error: BaseException | None = caught.value
    while error is not None:
        told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        assert "settings = Settings(" in told or error is not caught.value
        assert TOKEN not in told + repr(error) + str(error) + repr(vars(error))
        error = error.__cause__
    assert "httpcore2" in caplog.text
    assert TOKEN not in caplog.text


def test_nothing_that_holds_the_token_shows_it(attio: Attio) -> None:
    settings = load_settings(attio.settings, ())

    async def shown() -> list[str]:
        async with AttioClient.connect(settings) as client:
            await client.fetch_self()
            http: object = vars(client)["_http"]
            return [repr(client), str(client), repr(vars(client)), repr(http), repr(vars(http))]

    told = [
        *anyio.run(shown),
        repr(settings),
        str(settings),
        repr(settings.model_dump()),
        settings.model_dump_json(),
    ]
    told += [repr(Environment()), run(settings, check_token), repr(Settings.model_fields)]

    assert TOKEN in settings.attio_api_token.get_secret_value()
    for text in told:
        assert TOKEN not in text


def test_a_wrong_token_is_not_repeated_in_the_message() -> None:
    output = io.StringIO()
    for token in (f"{TOKEN} and more", f"{TOKEN}\nX-Header: 1", f"{TOKEN}é", ["a", TOKEN]):
        try:
            load_settings({"attio_api_token": token}, ())
        except AttioSyncError as error:
            # Where a person passes the configuration themselves, the frames that hold it are theirs.
            traceback.print_exception(error, file=output)
        else:
            pytest.fail("accepted")

    assert "attio_api_token" in output.getvalue()
    assert TOKEN not in output.getvalue()
