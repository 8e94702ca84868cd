-- Aalen–Johansen: what an outcome's share grows by at each moment is the share that was still on its way, times the part of
-- those at risk that came to this outcome then.
{% set keys = ['source_relation', 'history', 'status_id'] %}
with at_risk as (

    {{ attio.risk_table(ref('int_attio__outcomes'), keys) }}

),

any_outcome as (

    select
        *,
        {{ attio.survival(keys) }} as survival
    from at_risk

),

moments as (

    select
        *,
        coalesce(lag(survival) over (partition by {{ keys | join(', ') }} order by at_us), 1.0) as survival_before
    from any_outcome

),

by_outcome as (

    select {{ keys | join(', ') }}, exit_us as at_us, outcome_status_id, count(*) as came
    from {{ ref('int_attio__outcomes') }}
    where ended = 1
    group by {{ keys | join(', ') }}, exit_us, outcome_status_id

)

select
    moments.source_relation,
    moments.history,
    moments.status_id,
    moments.at_us,
    moments.entered,
    moments.removed,
    moments.survival,
    by_outcome.outcome_status_id,
    {{ attio.as_double('moments.survival_before') }} * {{ attio.as_double('by_outcome.came') }} / {{ attio.as_double('moments.at_risk') }} as increment,
    row_number() over (
        partition by moments.source_relation, moments.history, moments.status_id, moments.at_us
        order by by_outcome.outcome_status_id
    ) as row_of_moment
from moments
left join by_outcome
    on moments.source_relation = by_outcome.source_relation
    and moments.history = by_outcome.history
    and moments.status_id = by_outcome.status_id
    and moments.at_us = by_outcome.at_us
