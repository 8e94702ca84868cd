-- The records as of attio_as_of: one whose first stay began later was not there yet.
select
    listed.source_relation,
    listed.history,
    listed.record_id,
    listed.parent_object,
    listed.parent_record_id
from {{ ref('stg_attio__record') }} as listed
left join {{ ref('int_attio__stays') }} as first_stays
    on listed.source_relation = first_stays.source_relation
    and listed.history = first_stays.history
    and listed.record_id = first_stays.record_id
    and first_stays.stay_number = 1
where first_stays.record_id is not null or coalesce(listed.stays, 0) = 0
