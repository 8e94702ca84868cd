select
    source_relation,
    history,
    status_id,
    status_title,
    status_order,
    status_kind,
    waiting_on,
    is_archived,
    is_mapped,
    target_days
from {{ ref('int_attio__status') }}
