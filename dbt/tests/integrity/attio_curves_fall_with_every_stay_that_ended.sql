-- A curve holds each stay that ended, imported ones apart; it lies between 0 and 1 and only falls.
with stays as (

    select
        source_relation,
        history,
        status_id,
        sum(case when left_at is not null then 1 else 0 end) as ended
    from {{ ref('attio__status_history') }}
    where not is_late_entry and {{ attio.is_observed('left_at') }}
    group by source_relation, history, status_id

),

steps as (

    select
        *,
        lag(survival) over (
            partition by source_relation, history, status_id, period_kind, period_start
            order by days
        ) as survival_before
    from {{ ref('attio__survival') }}

),

curves as (

    select
        source_relation,
        history,
        status_id,
        period_kind,
        sum(ended) as ended,
        sum(
            case when survival < 0 or survival > 1 or survival > survival_before + 1e-12 or ended > at_risk then 1 else 0 end
        ) as wrong_steps
    from steps
    group by source_relation, history, status_id, period_kind

)

select stays.source_relation, stays.history, stays.status_id, curves.period_kind, stays.ended, curves.ended as ended_in_curve
from stays
left join curves
    on stays.source_relation = curves.source_relation
    and stays.history = curves.history
    and stays.status_id = curves.status_id
where curves.ended is null or stays.ended <> curves.ended or curves.wrong_steps > 0
