"""The report's figures end to end in a tiny size: real models, a real page, a real browser."""

import shutil

import pytest
from benchmarks.figures import report
from benchmarks.scale import TINY
from tests.support.browser import MISSING, chromium_path


@pytest.mark.skipif(chromium_path() is None, reason=MISSING)
@pytest.mark.long
@pytest.mark.skipif(shutil.which("uv") is None, reason="there is no uv here, in whose environment dbt runs")
def test_a_report_is_measured_from_the_models_to_the_first_paint() -> None:
    (section,) = report.measure(TINY)

    size, paint, large_size, _ = section.figures
    assert "50 records" in size.name
    assert "100 records" in large_size.name
    assert 1 < float(size.measured.removesuffix(" MB")) < 2
    assert float(paint.measured.removesuffix(" s")) > 0
    assert section.body.count("\n| ") == 4
