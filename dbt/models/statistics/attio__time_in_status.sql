{% set horizon = attio.as_double(var('attio_horizon_days', 90)) %}
{% set keys = 'source_relation, history, status_id, period_kind, period_start' %}
with stays as (

    select
        source_relation,
        history,
        status_id,
        {{ attio.local_date('entered_at') }} as entered_on,
        is_current,
        is_late_entry,
        not is_late_entry and {{ attio.is_observed('left_at') }} as is_in_curve
    from {{ ref('attio__status_history') }}

),

in_periods as (

    {% for period in ['month', 'quarter'] %}
    select
        source_relation,
        history,
        status_id,
        {{ attio.as_text("'" ~ period ~ "'") }} as period_kind,
        {{ attio.first_day_of(period, 'entered_on') }} as period_start,
        is_current,
        is_late_entry,
        is_in_curve
    from stays
    union all
    {% endfor %}
    select source_relation, history, status_id, {{ attio.as_text("'all'") }} as period_kind, cast(null as date) as period_start, is_current, is_late_entry, is_in_curve
    from stays

),

counted as (

    select
        {{ keys }},
        count(*) as stays,
        sum(case when is_current then 1 else 0 end) as open_stays,
        sum(case when is_late_entry then 1 else 0 end) as late_entries,
        sum(case when is_in_curve then 1 else 0 end) as stays_in_curve
    from in_periods
    group by {{ keys }}

),

-- A status that nobody was ever in has its row too.
rows_wanted as (

    select {{ keys }} from counted
    union
    select source_relation, history, status_id, {{ attio.as_text("'all'") }} as period_kind, cast(null as date) as period_start
    from {{ ref('attio__status') }}

),

steps as (

    select
        {{ keys }},
        days,
        survival,
        lead(days) over (partition by {{ keys }} order by days) as next_days,
        min(days) over (partition by {{ keys }}) as first_days,
        case
            when min(survival) over (partition by {{ keys }}) = 0 or max(days) over (partition by {{ keys }}) > {{ horizon }}
                then {{ horizon }}
            else max(days) over (partition by {{ keys }})
        end as horizon_days
    from {{ ref('attio__survival') }}

),

-- Rounding must not keep a curve from 3/4, 1/2 or 1/4.
curves as (

    select
        {{ keys }},
        min(case when survival <= 0.75 + 1e-12 then days end) as lower_quartile_days,
        min(case when survival <= 0.5 + 1e-12 then days end) as median_days,
        min(case when survival <= 0.25 + 1e-12 then days end) as upper_quartile_days,
        max(horizon_days) as horizon_days,
        max(case when first_days < horizon_days then first_days else horizon_days end)
        + sum(
            survival * case
                when days >= horizon_days then 0.0
                when next_days is null or next_days > horizon_days then horizon_days - days
                else next_days - days
            end
        ) as mean_days_to_horizon
    from steps
    group by {{ keys }}

)

select
    rows_wanted.source_relation,
    rows_wanted.history,
    rows_wanted.status_id,
    statuses.status_title,
    statuses.status_order,
    statuses.status_kind,
    rows_wanted.period_kind,
    rows_wanted.period_start,
    {{ attio.as_bigint('coalesce(counted.stays, 0)') }} as stays,
    {{ attio.as_bigint('coalesce(counted.open_stays, 0)') }} as open_stays,
    {{ attio.as_bigint('coalesce(counted.late_entries, 0)') }} as late_entries,
    {{ attio.as_double('curves.lower_quartile_days') }} as lower_quartile_days,
    {{ attio.as_double('curves.median_days') }} as median_days,
    {{ attio.as_double('curves.upper_quartile_days') }} as upper_quartile_days,
    {{ attio.as_double('curves.mean_days_to_horizon') }} as mean_days_to_horizon,
    {{ attio.as_double('curves.horizon_days') }} as horizon_days,
    coalesce(counted.stays_in_curve, 0) < {{ var('attio_few_records', 20) | int }} as is_few
from rows_wanted
inner join {{ ref('attio__status') }} as statuses
    on rows_wanted.source_relation = statuses.source_relation
    and rows_wanted.history = statuses.history
    and rows_wanted.status_id = statuses.status_id
{% for found in ['counted', 'curves'] %}
left join {{ found }}
    on rows_wanted.source_relation = {{ found }}.source_relation
    and rows_wanted.history = {{ found }}.history
    and rows_wanted.status_id = {{ found }}.status_id
    and rows_wanted.period_kind = {{ found }}.period_kind
    and coalesce(rows_wanted.period_start, cast('1900-01-01' as date)) = coalesce({{ found }}.period_start, cast('1900-01-01' as date))
{% endfor %}
