-- Only open records have one, all of them do whose status has a curve and whose age is known, and it lies between 0 and 1.
select records.source_relation, records.history, records.record_id, records.outcome, records.percentile_in_status
from {{ ref('attio__current_status') }} as records
left join {{ ref('attio__survival') }} as curves
    on records.source_relation = curves.source_relation
    and records.history = curves.history
    and records.status_id = curves.status_id
    and curves.period_kind = 'all'
    and curves.days = 0
left join {{ ref('attio__status_history') }} as stays
    on records.source_relation = stays.source_relation
    and records.history = stays.history
    and records.record_id = stays.record_id
    and stays.is_current
where records.percentile_in_status < 0
    or records.percentile_in_status > 1
    or (records.outcome <> 'open' and records.percentile_in_status is not null)
    or (records.outcome = 'open' and curves.days is not null and records.percentile_in_status is null and not stays.is_late_entry)
