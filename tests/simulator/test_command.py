from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from attio_simulator import Limits
from attio_simulator.server import main, run

SIMULATOR = Path(__file__).parents[2] / "simulator"


def test_the_command_serves_until_it_is_interrupted() -> None:
    command = [sys.executable, "-m", "attio_simulator", "--records", "30", "--seed", "7", "--port", "0"]
    options = ["--latency-ms", "1-2", "--other-client", "0.5"]
    with subprocess.Popen(  # noqa: S603 - our own command
        [*command, *options], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(SIMULATOR)}
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("url: ").strip()
        token = process.stdout.readline().removeprefix("token: ").strip()
        headers = {"authorization": f"Bearer {token}"}
        try:
            records = httpx2.post(f"{url}/v2/objects/applications/records/query", headers=headers).json()["data"]
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()  # else a failure would wait for a server without end
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
    assert len(records) == 30


def test_the_command_refuses_a_host_that_is_not_loopback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--records", "0", "--host", "0.0.0.0", "--no-limits", "--latency-ms", "5"])  # noqa: S104 - it is refused
    assert caught.value.code == 1
    assert "loopback only" in capsys.readouterr().err


def test_run_announces_where_it_listens() -> None:
    announced: list[tuple[str, str]] = []

    def announce(url: str, token: str) -> None:
        announced.append((url, token))
        assert httpx2.get(f"{url}/v2/self", headers={"authorization": f"Bearer {token}"}).json()["active"] is True
        raise KeyboardInterrupt

    run(5, 1, 0, limits=Limits.off(), token="a token of ours", announce=announce)
    assert announced[0][1] == "a token of ours"


@pytest.mark.parametrize(("workspace", "slugs"), [("hiring", 4), ("crm", 6)])
def test_run_serves_the_workspace_that_is_asked_for(workspace: str, slugs: int) -> None:
    served: list[int] = []

    def announce(url: str, token: str) -> None:
        served.append(len(httpx2.get(f"{url}/v2/objects", headers={"authorization": f"Bearer {token}"}).json()["data"]))
        raise KeyboardInterrupt

    run(5, 1, 0, workspace=workspace, limits=Limits.off(), announce=announce)
    assert served == [slugs]
