"""What Attio answers, as validated models."""

from attio_sync.attio_types.records import EntryOf, ListedRecord, parse_listed_record
from attio_sync.attio_types.timestamps import optional_timestamp, parse_timestamp, sortable_timestamp
from attio_sync.attio_types.values import Actor, AttioApplicationWorkflowStatusAttribute, AttioValue, Status
from attio_sync.attio_types.workspace import (
    AttioAttribute,
    AttioList,
    AttioObject,
    AttioOption,
    AttioStatus,
    AttioWorkspaceMember,
    TokenIdentity,
)

__all__ = [
    "Actor",
    "AttioApplicationWorkflowStatusAttribute",
    "AttioAttribute",
    "AttioList",
    "AttioObject",
    "AttioOption",
    "AttioStatus",
    "AttioValue",
    "AttioWorkspaceMember",
    "EntryOf",
    "ListedRecord",
    "Status",
    "TokenIdentity",
    "optional_timestamp",
    "parse_listed_record",
    "parse_timestamp",
    "sortable_timestamp",
]
