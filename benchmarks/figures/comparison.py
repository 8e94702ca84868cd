"""The same job, the history of every application, done by this connector and by others on the same simulator."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.picture import Bar, Panel, draw
from benchmarks.processes import Measured, SimulatorProcess, say, simulator
from benchmarks.results import Figure, Section, table
from benchmarks.scale import Scale
from benchmarks.stays import Difference, difference, read_truth
from benchmarks.tools import Tool, let_days_pass, other_tools, own_tool

PICTURE = Path(__file__).parents[1] / "comparison.svg"
LATENCY = 0.1
OTHERS_SHARE = 0.9


@dataclass(frozen=True)
class Step:
    """One step: what happens in the workspace before it, how many days pass, and whether everything is read again."""

    name: str
    title: str
    days: int = 0
    full: bool = False
    fresh: bool = False


STEPS = (
    Step("first", "first sync"),
    Step("changes", "next sync, after moves and new records"),
    Step("day", "the daily sync, after moves, deletes, merges, cleared statuses, late and backdated moves", days=1),
    Step("month", "the same job a month later, after pasts rewritten behind a status that stays", days=30),
    Step("full", "everything read again, as each tool offers it", full=True),
    Step("refused", "first sync while another client takes 90 of the 100 in half of all seconds", full=True, fresh=True),
)


@dataclass(frozen=True)
class Result:
    """What one tool did in one step."""

    measured: Measured
    stats: dict[str, Any]
    difference: Difference

    @property
    def right(self) -> bool:
        """Whether it ended well, with the right rows."""
        return self.measured.code == 0 and self.difference.is_none

    @property
    def verdict(self) -> str:
        """As the table shows it."""
        return str(self.difference) if self.measured.code == 0 else f"failed, {self.difference}"


WHOLE_HISTORIES = {"values_page_default": 100_000, "values_page_maximum": None}
"""Attio documents no page size for values: a tool that does not page through them must not lose rows here."""

type Results = dict[tuple[str, str], Result]


def measure(scale: Scale) -> list[Section]:
    """Runs all steps with all tools, one after the other, and draws the picture."""
    own = own_tool()
    try:
        tools = [own, *other_tools()]
    except (OSError, subprocess.CalledProcessError) as error:
        note = f"the other tools could not be installed: {error}"
        return [Section("Comparison", (Figure("comparison with other tools", "ours ahead", "not measured", None, note),))]
    results: Results = {}
    imports: dict[str, float] = {}
    with (
        simulator(records=scale.compared, limits={"latency": LATENCY}, behaviour=WHOLE_HISTORIES) as attio,
        tempfile.TemporaryDirectory() as temporary,
    ):
        for tool in tools:
            imports[tool.name] = tool.measure_imports(Path(temporary)).peak_mib
        for step in STEPS:
            _prepare(attio, step, scale.compared)
            attio.ask("truth", path=str(Path(temporary) / "truth.json"))
            truth = read_truth(Path(temporary) / "truth.json")
            for tool in tools:
                folder = Path(temporary) / tool.name / ("fresh" if step.fresh else "kept")
                folder.mkdir(parents=True, exist_ok=True)
                if step.days and tool is own:
                    let_days_pass(folder, step.days)
                attio.ask("reset")
                measured = tool.sync(folder, attio, step.full)
                result = Result(measured, attio.ask("stats"), difference(truth, _rows(tool, folder)))
                results[tool.name, step.name] = result
                say(
                    f"comparison: {step.title}: {tool.name}: {measured.seconds:.1f} s, {result.stats['requests']:,} "
                    f"requests, {result.stats['refused']:,} refused, {measured.peak_mib:.0f} MiB, {result.verdict}"
                )
                if measured.code:
                    say(_last_line(folder))
    if not scale.quick:
        PICTURE.write_text(picture(tools, results), encoding="utf-8")
    return [Section("Comparison", (_figure(tools, results, scale),), body(tools, results, imports, scale))]


def _prepare(attio: SimulatorProcess, step: Step, records: int) -> None:
    if step.name == "changes":
        attio.ask("move", count=records // 10)
        attio.ask("create", count=records // 20)
    elif step.name == "day":
        attio.ask("move", count=max(1, records // 100))
        attio.ask("vanish", count=max(1, records // 200))
    elif step.name == "month":
        attio.ask("rewrite", count=max(1, records // 200))
    elif step.name == "refused":
        # Anew in each second, so that every tool meets as much of it however long it takes.
        attio.ask("limits", other_client_share=OTHERS_SHARE, other_client_period=1)


def _rows(tool: Tool, folder: Path) -> list[Any]:
    try:
        return tool.rows(folder)
    except (OSError, ValueError, RuntimeError, subprocess.CalledProcessError) as error:
        say(f"comparison: {tool.name} has no rows: {error}")
        return []


def _last_line(folder: Path) -> str:
    lines = (folder / "log.txt").read_text(encoding="utf-8").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"


def _figure(tools: list[Tool], results: Results, scale: Scale) -> Figure:
    own, others = tools[0], tools[1:]
    first = {tool.name: results[tool.name, "first"] for tool in tools}
    ahead = {
        "wall time": all(first[own.name].measured.seconds < first[o.name].measured.seconds for o in others),
        "requests": all(first[own.name].stats["requests"] < first[o.name].stats["requests"] for o in others),
        "memory": all(first[own.name].measured.peak_mib < first[o.name].measured.peak_mib for o in others),
    }
    always = [tool.name for tool in tools if all(results[tool.name, step].right for step in ("changes", "day", "refused"))]
    said = [f"{what}: {'ahead' if is_ahead else '**behind**'}" for what, is_ahead in ahead.items()]
    said.append(f"right after changes, deletes and clears (a day later) and 429s: {', '.join(always) or 'none'}")
    return Figure(
        f"the history of every application ({scale.compared:,}) by other tools",
        "ours ahead in wall time, requests, memory, and the only one with right rows",
        "; ".join(said),
        all(ahead.values()) and always == [own.name],
        MEMORY,
    )


def body(tools: list[Tool], results: Results, imports: dict[str, float], scale: Scale) -> str:
    """What stands below the table of figures."""
    parts = [COMPARISON.format(records=scale.compared)]
    for step in STEPS:
        rows = [
            [
                f"{tool.name} {tool.version}".strip(),
                f"{(one := results[tool.name, step.name]).measured.seconds:.1f}",
                f"{one.stats['requests']:,}",
                f"{one.stats['refused']:,}",
                f"{one.measured.peak_mib:.0f}",
                f"{one.measured.peak_mib - imports[tool.name]:.0f}",
                one.verdict,
            ]
            for tool in tools
        ]
        header = ["tool", "seconds", "requests", "429s", "peak, MiB", "above imports", "rows"]
        parts.append(f"### {step.title[0].upper()}{step.title[1:]}\n\n{table(header, rows)}")
    return "\n\n".join(parts)


MEMORY = (
    "memory is that of the whole process: importing Fivetran's SDK, which imports DuckDB, takes most of this "
    "connector's (see *above imports* for what the job itself takes), and the tools that only write messages load "
    "nothing"
)

COMPARISON = (
    "{records:,} applications, 60 % of which moved; 100 requests a second allowed, 100 ms latency; one simulator for "
    "all, one tool after the other. Each is written as its documentation advises, is incremental, and reads ten "
    "histories at once where it can (`others/`): a parent stream lists the applications that changed, a child stream "
    "reads the history of each, which comes in one page however long, for Attio documents no size of one. Seconds and "
    "memory are those of the whole process, start included. This connector and dlt load into DuckDB meanwhile; "
    "airbyte-cdk and singer-sdk only write messages, and the destination that upserts them by key is not in their "
    "figures. *The daily sync* and *the same job a month later* are what each does by itself, without anybody's help: "
    "this connector compares everything once a day, and reads every history again within thirty. A past that is "
    "rewritten behind a status that stays is found only by the latter, which is why it has a step of its own. That time "
    "passes is told to this connector by making its last comparison older; the others keep no such date. *Everything "
    "read again* asks for it: every slice here (`recheck_days` 1), `replace` with dlt, a full refresh with overwrite "
    "with Airbyte, activated versions with Singer; it is a second job to set up and schedule. What this connector "
    "delivered within the last hour (`buffer_minutes`) is listed again and not read again."
)


def picture(tools: list[Tool], results: Results) -> str:
    """The comparison as an SVG."""

    def bars(value: dict[str, float], unit: str) -> tuple[Bar, ...]:
        return tuple(Bar(tool.name, value[tool.name], f"{value[tool.name]:,.0f} {unit}".strip()) for tool in tools)

    first = {tool.name: results[tool.name, "first"] for tool in tools}
    later = {tool.name: results[tool.name, "changes"] for tool in tools}
    daily = {tool.name: results[tool.name, "day"] for tool in tools}
    panels = (
        # Rounded as in the table, of which they are rounded once more.
        Panel("First sync: seconds", bars({n: round(r.measured.seconds, 1) for n, r in first.items()}, "s")),
        Panel("First sync: requests", bars({n: float(r.stats["requests"]) for n, r in first.items()}, "")),
        Panel("First sync: peak memory", bars({n: r.measured.peak_mib for n, r in first.items()}, "MiB")),
        Panel("Sync after changes: seconds", bars({n: round(r.measured.seconds, 1) for n, r in later.items()}, "s")),
        Panel("Daily sync: requests", bars({n: float(r.stats["requests"]) for n, r in daily.items()}, "")),
        Panel("After it: rows missing or wrong", bars({n: float(r.difference.rows) for n, r in daily.items()}, "")),
    )
    titles = {
        "first": "first sync",
        "changes": "changes",
        "day": "deletes, clears",
        "month": "a month later",
        "full": "reading all",
        "refused": "429s",
    }
    marks = {tool.name: {titles[s.name]: results[tool.name, s.name].right for s in STEPS} for tool in tools}
    return draw(panels, marks)
