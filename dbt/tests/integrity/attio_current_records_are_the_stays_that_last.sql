-- In each status as many records as stays that last; the moves told of records are those told of stays.
with stays as (

    select
        source_relation,
        history,
        status_id,
        sum(case when is_current then 1 else 0 end) as lasting
    from {{ ref('attio__status_history') }}
    group by source_relation, history, status_id

),

records as (

    select source_relation, history, status_id, count(*) as lasting
    from {{ ref('attio__current_status') }}
    where status_id is not null
    group by source_relation, history, status_id

)

select
    coalesce(stays.source_relation, records.source_relation) as source_relation,
    coalesce(stays.history, records.history) as history,
    coalesce(stays.status_id, records.status_id) as status_id,
    stays.lasting as stays_that_last,
    records.lasting as records_there
from stays
full outer join records
    on stays.source_relation = records.source_relation
    and stays.history = records.history
    and stays.status_id = records.status_id
where coalesce(stays.lasting, 0) <> coalesce(records.lasting, 0)
