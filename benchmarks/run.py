"""`make bench`: measures all figures, or those named, prints one table and writes it to RESULTS.md.

python benchmarks/run.py [--quick] [pace | reconciliation | month | comparison …]
"""

import argparse
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

# So that `benchmarks` is a package, also when this file is run as a script.
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.figures import (
    comparison,
    cost,
    differences,
    findings,
    kill,
    memory,
    minutes,
    models,
    month,
    pace,
    reconciliation,
    report,
    shared,
    sources,
    states,
)
from benchmarks.processes import say
from benchmarks.results import Figure, Section

from benchmarks import results, scale

MEASUREMENTS: dict[str, Callable[[scale.Scale], list[Section]]] = {
    "pace": pace.measure,
    "virtual": pace.measure_in_virtual_time,
    "shared": shared.measure,
    "cost": cost.measure,
    "kill": kill.measure,
    "reconciliation": reconciliation.measure,
    "differences": differences.measure,
    "minutes": minutes.measure,
    "month": month.measure,
    "models": models.measure,
    "report": report.measure,
    "states": states.measure,
    "sources": sources.measure,
    "comparison": comparison.measure,
    "memory": memory.measure,
    "findings": findings.measure,
}


def measure(name: str, size: scale.Scale) -> list[Section]:
    """One measurement; if it fails, the others go on and the table says so."""
    say(f"{name} …")
    try:
        return MEASUREMENTS[name](size)
    except Exception as error:  # noqa: BLE001 (an hour of other measurements must not be lost)
        traceback.print_exc()
        return [
            Section(name.capitalize(), (Figure(name, "", "failed", met=False, note=f"{type(error).__name__}: {error}"),))
        ]


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; exit code 1 where a measurement failed."""
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description="Measures the figures of RESULTS.md.")
    parser.add_argument(
        "names", nargs="*", metavar="figure", help=f"one or more of {', '.join(MEASUREMENTS)} (default: all)"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, some minutes; the goals are for the full ones")
    parser.add_argument("--update", action="store_true", help="replace these figures in RESULTS.md")
    parser.add_argument("--output", type=Path, help="where to write (default: RESULTS.md if all are measured in full size)")
    options = parser.parse_args(arguments)
    if unknown := set(options.names) - set(MEASUREMENTS):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    size = scale.QUICK if options.quick else scale.FULL
    started = time.monotonic()
    sections = [section for name in options.names or MEASUREMENTS for section in measure(name, size)]
    minutes = (time.monotonic() - started) / 60
    print(f"\n{results.terminal_table(sections)}\n")
    output: Path | None = options.output
    if output is None and not options.names and not options.quick:
        output = results.RESULTS
    text = results.document(sections, quick=options.quick, minutes=minutes)
    if options.update:
        output, text = results.RESULTS, results.updated(results.RESULTS.read_text(encoding="utf-8"), sections)
    elif output == results.RESULTS and results.RESULTS.exists():
        kept = results.long_profile(results.RESULTS.read_text(encoding="utf-8"))
        text += f"\n{kept}\n" if kept else ""
    if output:
        output.write_text(text, encoding="utf-8")
        print(f"written to {output}")
    else:
        print(results.notes(sections))
    return int(any(figure.measured == "failed" for section in sections for figure in section.figures))


if __name__ == "__main__":
    sys.exit(main())
