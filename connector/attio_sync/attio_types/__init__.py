"""What Attio answers, as validated models."""

from attio_sync.attio_types.values import AttioApplicationWorkflowStatusAttribute

__all__ = ["AttioApplicationWorkflowStatusAttribute"]
