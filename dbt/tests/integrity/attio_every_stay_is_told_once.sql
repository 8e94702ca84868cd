-- As many stays of each history as were read, less those that began after attio_as_of.
with read as (

    select source_relation, history, count(*) as stays
    from {{ attio.with_segments(ref('stg_attio__status_history'), ['record_id', 'active_from']) }} as every_stay
    where active_from <= {{ attio.as_of() }}
    group by source_relation, history

),

told as (

    select source_relation, history, count(*) as stays, count(distinct stay_id) as keys
    from {{ ref('attio__status_history') }}
    group by source_relation, history

)

select read.source_relation, read.history, read.stays as read_stays, told.stays as told_stays
from read
full outer join told
    on read.source_relation = told.source_relation and read.history = told.history
where read.stays is null or told.stays is null or read.stays <> told.stays or told.keys <> told.stays
