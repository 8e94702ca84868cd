"""What Attio answers, as validated models."""

from attio_sync.attio_types.records import ListedRecord, parse_listed_record
from attio_sync.attio_types.timestamps import parse_timestamp, sortable_timestamp
from attio_sync.attio_types.values import (
    Actor,
    AttioApplicationWorkflowStatusAttribute,
    AttributeHistory,
    Status,
    parse_history,
)
from attio_sync.attio_types.workspace import AttioAttribute, AttioObject, AttioStatus, AttioWorkspaceMember, TokenIdentity

__all__ = [
    "Actor",
    "AttioApplicationWorkflowStatusAttribute",
    "AttioAttribute",
    "AttioObject",
    "AttioStatus",
    "AttioWorkspaceMember",
    "AttributeHistory",
    "ListedRecord",
    "Status",
    "TokenIdentity",
    "parse_history",
    "parse_listed_record",
    "parse_timestamp",
    "sortable_timestamp",
]
