-- A stay is over when the next one begins, and none ends before it began.
with stays as (

    select
        source_relation,
        history,
        record_id,
        position,
        entered_at,
        left_at,
        lead(entered_at) over (partition by source_relation, history, record_id order by position) as next_entered_at
    from {{ ref('attio__status_history') }}

)

select *
from stays
where left_at < entered_at
    or (next_entered_at is not null and (left_at is null or left_at > next_entered_at) and next_entered_at >= entered_at)
