"""What the models say that is worth a sentence, and not chance: pure functions from rows to findings."""

from attio_workbench.findings.find import LEVEL, findings
from attio_workbench.findings.finding import Evidence, Finding, Kind

__all__ = ["LEVEL", "Evidence", "Finding", "Kind", "findings"]
