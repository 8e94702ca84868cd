-- By any day the outcomes of a status have 1 together at most, and no outcome's share shrinks from one day to a later one.
with shares as (

    select
        *,
        sum(share) over (partition by source_relation, history, status_id, day) as together,
        lag(share) over (partition by source_relation, history, status_id, outcome_status_id order by day) as share_before
    from {{ ref('attio__conversion') }}

)

select *
from shares
where share < 0 or together > 1 + 1e-9 or share < share_before - 1e-12
