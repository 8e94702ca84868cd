with moves as (

    select source_relation, history, status_id, {{ attio.local_date('entered_at') }} as date_day, 1 as entries, 0 as exits
    from {{ ref('attio__status_history') }}
    union all
    select source_relation, history, status_id, {{ attio.local_date('left_at') }} as date_day, 0 as entries, 1 as exits
    from {{ ref('attio__status_history') }}
    where left_at is not null

),

by_day as (

    select source_relation, history, status_id, date_day, sum(entries) as entries, sum(exits) as exits
    from moves
    group by source_relation, history, status_id, date_day

),

first_days as (

    select source_relation, history, min(date_day) as first_day
    from by_day
    group by source_relation, history

),

days as (

    select
        first_days.source_relation,
        first_days.history,
        {{ attio.days_after('first_days.first_day', 'numbers.n') }} as date_day
    from first_days
    cross join ({{ attio.numbers() }}) as numbers
    where numbers.n <= {{ attio.days_between('first_days.first_day', attio.local_date(attio.as_of())) }}

),

counted as (

    select
        days.source_relation,
        days.history,
        days.date_day,
        statuses.status_id,
        statuses.status_title,
        statuses.status_order,
        statuses.status_kind,
        coalesce(by_day.entries, 0) as entries,
        coalesce(by_day.exits, 0) as exits
    from days
    inner join {{ ref('attio__status') }} as statuses
        on days.source_relation = statuses.source_relation and days.history = statuses.history
    left join by_day
        on days.source_relation = by_day.source_relation
        and days.history = by_day.history
        and days.date_day = by_day.date_day
        and statuses.status_id = by_day.status_id

)

select
    source_relation,
    history,
    {{ attio.as_date('date_day') }} as date_day,
    {{ attio.as_text("'" ~ attio.time_zone() ~ "'") }} as time_zone,
    status_id,
    status_title,
    status_order,
    status_kind,
    {{ attio.as_bigint('sum(entries - exits) over (
        partition by source_relation, history, status_id
        order by date_day rows between unbounded preceding and current row
    )') }} as in_status,
    {{ attio.as_bigint('entries') }} as entries,
    {{ attio.as_bigint('exits') }} as exits
from counted
