-- Each record that entered a status which is no outcome: how long until the first outcome after that, or until it was last seen.
with stays as (

    select
        source_relation,
        history,
        record_id,
        position,
        status_id,
        status_kind,
        entered_at,
        left_at,
        is_late_entry,
        row_number() over (partition by source_relation, history, record_id, status_id order by position) as visit,
        min(case when status_kind in ('won', 'lost') then position end) over (
            partition by source_relation, history, record_id
            order by position rows between 1 following and unbounded following
        ) as outcome_position,
        max(position) over (partition by source_relation, history, record_id) as last_position
    from {{ ref('attio__status_history') }}

),

-- From the first time that a record was in the status; when an imported one entered it is unknown.
followed as (

    select
        entries.source_relation,
        entries.history,
        entries.status_id,
        entries.record_id,
        entries.entered_at,
        outcomes.status_id as outcome_status_id,
        outcomes.entered_at as outcome_at,
        coalesce(outcomes.entered_at, last_stays.left_at, {{ attio.as_of() }}) as last_seen_at
    from stays as entries
    inner join stays as last_stays
        on entries.source_relation = last_stays.source_relation
        and entries.history = last_stays.history
        and entries.record_id = last_stays.record_id
        and entries.last_position = last_stays.position
    left join stays as outcomes
        on entries.source_relation = outcomes.source_relation
        and entries.history = outcomes.history
        and entries.record_id = outcomes.record_id
        and entries.outcome_position = outcomes.position
    where entries.visit = 1
        and not entries.is_late_entry
        and entries.status_kind in ('open', 'paused')

)

select
    source_relation,
    history,
    status_id,
    record_id,
    outcome_status_id,
    {{ attio.entry_microseconds('entered_at') }} as entry_us,
    {{ attio.microseconds_between('entered_at', 'last_seen_at') }} as exit_us,
    case when outcome_at is null then 0 else 1 end as ended
from followed
where {{ attio.is_observed('last_seen_at') }}
