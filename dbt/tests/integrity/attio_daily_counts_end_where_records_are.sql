-- Every stay is counted on the day it began and the day it ended; who is in a status on the last day is there now; and nobody
-- is less than nobody.
with days as (

    select
        source_relation,
        history,
        status_id,
        sum(entries) as entries,
        sum(exits) as exits,
        min(in_status) as fewest
    from {{ ref('attio__status_daily') }}
    group by source_relation, history, status_id

),

last_days as (

    select source_relation, history, max(date_day) as date_day
    from {{ ref('attio__status_daily') }}
    group by source_relation, history

),

at_the_end as (

    select days.source_relation, days.history, days.status_id, days.in_status
    from {{ ref('attio__status_daily') }} as days
    inner join last_days
        on days.source_relation = last_days.source_relation
        and days.history = last_days.history
        and days.date_day = last_days.date_day

),

stays as (

    select
        source_relation,
        history,
        status_id,
        count(*) as entries,
        count(left_at) as exits
    from {{ ref('attio__status_history') }}
    group by source_relation, history, status_id

)

select stays.source_relation, stays.history, stays.status_id, stays.entries, days.entries as daily_entries
from stays
left join days
    on stays.source_relation = days.source_relation and stays.history = days.history and stays.status_id = days.status_id
left join at_the_end
    on stays.source_relation = at_the_end.source_relation
    and stays.history = at_the_end.history
    and stays.status_id = at_the_end.status_id
where days.entries is null
    or days.entries <> stays.entries
    or days.exits <> stays.exits
    or days.fewest < 0
    or at_the_end.in_status <> stays.entries - stays.exits
