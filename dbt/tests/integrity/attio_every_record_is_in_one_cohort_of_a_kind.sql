-- All cohorts of a kind together have every record that was not imported, and those that won or lost where stays say so.
with records as (

    select source_relation, history, record_id
    from {{ ref('attio__status_history') }}
    where direction = 'entry' and not is_late_entry

),

reached as (

    select stays.source_relation, stays.history, stays.status_id, count(distinct stays.record_id) as reached
    from {{ ref('attio__status_history') }} as stays
    inner join records
        on stays.source_relation = records.source_relation
        and stays.history = records.history
        and stays.record_id = records.record_id
    where stays.status_kind = 'lost'
    group by stays.source_relation, stays.history, stays.status_id

),

totals as (

    select source_relation, history, count(*) as records
    from records
    group by source_relation, history

),

cohorts as (

    select
        source_relation,
        history,
        cohort_kind,
        status_id,
        sum(cohort_records) as records,
        sum(reached) as reached,
        sum(case when reached > cohort_records or reached < 0 then 1 else 0 end) as wrong_rows
    from {{ ref('attio__funnel') }}
    group by source_relation, history, cohort_kind, status_id

)

select cohorts.source_relation, cohorts.history, cohorts.cohort_kind, cohorts.status_id, totals.records, cohorts.records as in_cohorts
from cohorts
left join totals
    on cohorts.source_relation = totals.source_relation and cohorts.history = totals.history
left join reached
    on cohorts.source_relation = reached.source_relation
    and cohorts.history = reached.history
    and cohorts.status_id = reached.status_id
where totals.records is null
    or cohorts.records <> totals.records
    or cohorts.wrong_rows > 0
    or (reached.reached is not null and reached.reached <> cohorts.reached)
