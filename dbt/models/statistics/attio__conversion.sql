{% set days = [7, 14, 30, 60, 90] %}
with curves as (

    select * from {{ ref('int_attio__outcome_curves') }}

),

followed as (

    select
        source_relation,
        history,
        status_id,
        sum(case when row_of_moment = 1 then entered else 0 end) as entered,
        max(at_us) as longest_us,
        min(survival) as survival
    from curves
    group by source_relation, history, status_id

),

at_risk as (

    {% for day in days %}
    select
        source_relation,
        history,
        status_id,
        {{ day }} as day,
        sum(case when row_of_moment = 1 and at_us < {{ day }} * cast(86400000000 as {{ attio.type_bigint() }}) then entered else 0 end)
        - sum(case when row_of_moment = 1 and at_us < {{ day }} * cast(86400000000 as {{ attio.type_bigint() }}) then removed else 0 end) as at_risk
    from curves
    group by source_relation, history, status_id
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

shares as (

    {% for day in days %}
    select
        source_relation,
        history,
        status_id,
        outcome_status_id,
        {{ day }} as day,
        sum(case when at_us <= {{ day }} * cast(86400000000 as {{ attio.type_bigint() }}) then increment else 0.0 end) as share
    from curves
    where outcome_status_id is not null
    group by source_relation, history, status_id, outcome_status_id
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

-- Where nobody was followed for so many days and some were still on their way, the share by then is not known.
select
    origins.source_relation,
    origins.history,
    origins.status_id,
    origins.status_title,
    origins.status_order,
    outcomes.status_id as outcome_status_id,
    outcomes.status_title as outcome_status_title,
    outcomes.status_kind as outcome_kind,
    {{ attio.as_bigint('at_risk.day') }} as day,
    {{ attio.as_bigint('followed.entered') }} as entered,
    {{ attio.as_bigint('at_risk.at_risk') }} as at_risk,
    {{ attio.as_double("case
        when followed.longest_us >= at_risk.day * cast(86400000000 as " ~ attio.type_bigint() ~ ") or followed.survival = 0
            then coalesce(shares.share, 0.0)
    end") }} as share,
    followed.entered < {{ attio.whole_number('attio_few_records', var('attio_few_records', 20), 0) }} as is_few
from {{ ref('attio__status') }} as origins
inner join {{ ref('attio__status') }} as outcomes
    on origins.source_relation = outcomes.source_relation
    and origins.history = outcomes.history
    and outcomes.status_kind in ('won', 'lost')
inner join followed
    on origins.source_relation = followed.source_relation
    and origins.history = followed.history
    and origins.status_id = followed.status_id
inner join at_risk
    on origins.source_relation = at_risk.source_relation
    and origins.history = at_risk.history
    and origins.status_id = at_risk.status_id
left join shares
    on origins.source_relation = shares.source_relation
    and origins.history = shares.history
    and origins.status_id = shares.status_id
    and outcomes.status_id = shares.outcome_status_id
    and at_risk.day = shares.day
