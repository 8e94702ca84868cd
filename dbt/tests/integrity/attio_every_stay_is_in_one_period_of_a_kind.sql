-- Stays, those that last and late entries: all periods of a kind together have as many as the history.
with stays as (

    select
        source_relation,
        history,
        status_id,
        count(*) as stays,
        sum(case when is_current then 1 else 0 end) as open_stays,
        sum(case when is_late_entry then 1 else 0 end) as late_entries
    from {{ ref('attio__status_history') }}
    group by source_relation, history, status_id

),

periods as (

    select
        source_relation,
        history,
        status_id,
        period_kind,
        sum(stays) as stays,
        sum(open_stays) as open_stays,
        sum(late_entries) as late_entries
    from {{ ref('attio__time_in_status') }}
    where stays > 0
    group by source_relation, history, status_id, period_kind

),

kinds as (

    select 'all' as period_kind union all select 'month' as period_kind union all select 'quarter' as period_kind

)

select stays.source_relation, stays.history, stays.status_id, kinds.period_kind, stays.stays, periods.stays as stays_of_periods
from stays
cross join kinds
left join periods
    on stays.source_relation = periods.source_relation
    and stays.history = periods.history
    and stays.status_id = periods.status_id
    and kinds.period_kind = periods.period_kind
where periods.stays is null
    or stays.stays <> periods.stays
    or stays.open_stays <> periods.open_stays
    or stays.late_entries <> periods.late_entries
