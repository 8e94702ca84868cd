-- Stays as they were as of attio_as_of: what began later is not there, what ended later still lasts.
{% set by_record = 'over (partition by source_relation, history, record_id order by position)' %}
with begun as (

    select
        *,
        row_number() {{ by_record }} as stay_number,
        lead(active_from) {{ by_record }} as next_from,
        lag(status_id) {{ by_record }} as previous_status_id,
        lead(status_id) {{ by_record }} as next_status_id
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
        end as ends_at,
        row_number() over (partition by source_relation, history, record_id, status_id order by position) as visit
    from begun

),

imports as (

    select source_relation, history, active_from
    from begun
    where stay_number = 1
    group by source_relation, history, active_from
    having count(*) >= {{ attio.whole_number('attio_late_entry_records', var('attio_late_entry_records', 20), 1) }}

),

stays as (

    select
        ended.*,
        case
            when ended.ends_at < ended.active_from then ended.active_from
            when ended.ends_at <= {{ attio.as_of() }} then ended.ends_at
        end as left_at,
        imports.active_from is not null as is_of_an_import
    from ended
    left join imports
        on ended.source_relation = imports.source_relation
        and ended.history = imports.history
        and ended.active_from = imports.active_from

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
    {{ attio.as_bigint(attio.microseconds_between('active_from', 'coalesce(left_at, ' ~ attio.as_of() ~ ')')) }} as microseconds,
    stay_number = 1 and {{ attio.is_late_entry('active_from', 'is_of_an_import') }} as is_late_entry,
    created_by_actor_type as moved_by_type,
    created_by_actor_id as moved_by_id
from stays
