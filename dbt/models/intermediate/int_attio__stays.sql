-- Stays as they were as of attio_as_of: what began later is not there, what ended later still lasts.
with begun as (

    select
        *,
        lead(active_from) over (partition by source_relation, history, record_id order by position) as next_from,
        row_number() over (partition by source_relation, history, record_id order by position) as stay_number
    from {{ ref('stg_attio__status_history') }}
    where active_from <= {{ attio.as_of() }}

),

-- Nobody is in two statuses at once: a stay ends when the next one begins, if it did not end before.
ended as (

    select
        *,
        case
            when next_from is not null and (active_until is null or active_until > next_from) then next_from
            else active_until
        end as ends_at
    from begun

),

ordered as (

    select
        *,
        case
            when ends_at < active_from then active_from
            when ends_at <= {{ attio.as_of() }} then ends_at
        end as left_at,
        sum(case when stay_number = 1 then 1 else 0 end)
            over (partition by source_relation, history, active_from) as first_stays_at_once,
        lag(status_id) over (partition by source_relation, history, record_id order by position) as previous_status_id,
        lead(status_id) over (partition by source_relation, history, record_id order by position) as next_status_id,
        row_number() over (partition by source_relation, history, record_id, status_id order by position) as visit
    from ended

)

select
    source_relation,
    history,
    record_id,
    position,
    stay_number,
    visit,
    status_id,
    status_title,
    status_is_archived,
    target_time_in_status,
    previous_status_id,
    next_status_id,
    active_from as entered_at,
    left_at,
    {{ attio.microseconds_between('active_from', 'coalesce(left_at, ' ~ attio.as_of() ~ ')') }} as microseconds,
    stay_number = 1 and {{ attio.is_late_entry('active_from', 'first_stays_at_once') }} as is_late_entry,
    created_by_actor_type as moved_by_type,
    created_by_actor_id as moved_by_id
from ordered
