select
    statuses.source_relation,
    statuses.history,
    statuses.status_id,
    statuses.status_title,
    curves.period_kind,
    {{ attio.as_date('curves.period_start') }} as period_start,
    {{ attio.days('curves.at_us') }} as days,
    curves.at_risk,
    curves.ended,
    curves.survival
from {{ ref('int_attio__curves') }} as curves
inner join {{ ref('int_attio__status') }} as statuses
    on curves.status_number = statuses.status_number
