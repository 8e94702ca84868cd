"""Pure: one HTML file from what the page is given, with nothing in it that could load or run anything else."""

import base64
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from attio_workbench.findings import Evidence, Finding
from attio_workbench.findings.sentences import heading_of, listed, noun_of
from attio_workbench.report.curves import SHOWN_DAYS

_HERE = Path(__file__).parent
ECHARTS = _HERE / "vendor" / "echarts.min.js"
LEAST_P = 1e-6
"""Below this a probability says how the test is made, not how sure one can be."""

MOST_NOUNS = 3
"""As many are named in the heading."""

ORDER = '<p class="order">What has changed or differs most, in proportion, comes first; then what is open and stuck.</p>\n'

_SCRIPTS = ("base", "drawn", "charts", "flow", "ageing", "survival", "funnel", "conversion", "waiting", "names", "main")
"""In the order in which they build on each other: together they are one script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What stands on the page.

    Args:
        title: the heading.
        subtitle: what it is about and as of when.
        made: how the page was made, for those who ask.
        notes: what is guessed of the statuses, and what is only a filter; empty where there is nothing to say.
        findings: the most important first.
        histories: as `content.build_content` gives them.
    """

    title: str
    subtitle: str
    made: str
    warning: str
    notes: Sequence[str]
    findings: Sequence[Finding]
    histories: Sequence[Mapping[str, Any]]


def render(page: Page) -> str:
    """The whole file."""
    style = _asset("report.css").replace("/* dark.css */", _asset("dark.css").strip())  # chosen, or preferred by the system
    script = "{\n" + "\n".join(_asset(f"{name}.js") for name in _SCRIPTS) + "}\n"
    echarts = ECHARTS.read_text(encoding="utf-8")
    return Template(_asset("report.html")).substitute(
        policy=policy(scripts=(echarts, script), style=style),
        title=escape(page.title),
        subtitle=escape(page.subtitle),
        made=escape(page.made),
        warning=f'<p><a href="#notes">{escape(page.warning)}</a></p>\n' if page.warning else "",
        notes="".join(f"<p>{escape(note)}</p>\n" for note in page.notes if note),
        sentences="\n".join(_item(finding, _place(page, finding)) for finding in page.findings),
        order=ORDER if sum(finding.compares for finding in page.findings) > 1 else "",
        data=json_block({"shownDays": SHOWN_DAYS, "histories": page.histories}),
        style=style,
        echarts=echarts,
        script=script,
    )


def title_of(histories: Sequence[str]) -> str:
    """What a manager calls it, by its attribute where it is one, by what their records are where they are several."""
    names = list(dict.fromkeys(histories))
    nouns = list(dict.fromkeys(map(noun_of, names)))
    if len(names) == 1:
        return heading_of(names[0])
    more = [] if len(nouns) <= MOST_NOUNS else [f"{len(nouns) - MOST_NOUNS} more"]
    return listed([*nouns[:MOST_NOUNS], *more]).capitalize()


def policy(scripts: Sequence[str], style: str) -> str:
    """Nothing but these scripts and this style: nothing is loaded, sent or framed.

    Neither `unsafe-inline` nor `unsafe-hashes` is needed: charts in SVG get their styles through the object model, which
    such a policy allows. Only the tooltips that ECharts makes itself are markup with styles; `charts.js` makes its own.
    """
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    only = f"default-src 'none'; script-src {allowed}; style-src 'sha256-{_digest(style)}'"
    return f"{only}; base-uri 'none'; form-action 'none'"


def json_block(value: Any) -> str:
    """JSON in which nothing ends a script or begins a comment, whatever a title says."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _place(page: Page, finding: Finding) -> int | None:
    """Which history a sentence goes with; None for one said whichever is chosen: a change, or that there is none."""
    if finding.compares or finding.kind == "nothing":
        return None
    keys = [(one["relation"], one["history"]) for one in page.histories]
    key = finding.source_relation, finding.history
    return keys.index(key) if key in keys else None


def _item(finding: Finding, place: int | None) -> str:
    of = "" if place is None else f' data-history="{place}"'
    parts = [f'<li{of}><p class="said">{escape(finding.sentence)}</p>']
    if finding.worth:
        parts.append(f'<p class="worth">{escape(finding.worth)}</p>')
    evidence = "".join(map(_evidence, finding.evidence))
    if finding.adjusted_p is not None:
        parts.append(f'<p class="strength">{escape(strength_text(finding.adjusted_p))}</p>')
        evidence += f"<p>adjusted p (Benjamini and Hochberg): {_figure(finding.adjusted_p)}</p>"
    parts.append(f'<details><summary>Evidence</summary><div class="evidence">{evidence}</div></details></li>')
    return "".join(parts)


def strength_text(adjusted_p: float) -> str:
    """How sure a comparison is, for people who did not ask for a p-value: what the false discovery rate is at most."""
    times = 1 / max(adjusted_p, LEAST_P)
    digit = 10.0 ** math.floor(math.log10(times))
    sure = math.floor(times / digit + 1e-9) * digit  # rounded down: no surer than it is
    most = f"of findings at least this clear, on average at most one in {sure:,.0f} is one"
    return f"Almost certainly no coincidence: {most}, however much is compared."


def _evidence(evidence: Evidence) -> str:
    figures = " · ".join(f"{name}: {_figure(value)}" for name, value in evidence.figures.items())
    return (
        f"<p><code>{escape(evidence.model)}</code> where <code>{escape(evidence.where)}</code>: {escape(evidence.rule)}."
        f"<br>{escape(figures)}</p>"
    )


def _figure(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return (_HERE / "page" / name).read_text(encoding="utf-8")
