{% set horizon = attio.as_double(attio.whole_number('attio_horizon_days', var('attio_horizon_days', 90), 1)) %}
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

    select distinct {{ keys }}
    from (
        select {{ keys }} from counted
        union all
        select source_relation, history, status_id, {{ attio.as_text("'all'") }} as period_kind, cast(null as date) as period_start
        from {{ ref('attio__status') }}
    ) as counted_or_listed

),

-- How far each curve is followed: to the horizon, but not beyond the last that was watched if some were still there.
horizons as (

    select
        curve,
        min(status_number) as status_number,
        min(period_kind) as period_kind,
        min(period_start) as period_start,
        {{ attio.days('min(at_us)') }} as first_days,
        case
            when min(survival) = 0 or {{ attio.days('max(at_us)') }} > {{ horizon }} then {{ horizon }}
            else {{ attio.days('max(at_us)') }}
        end as horizon_days
    from {{ ref('int_attio__curves') }}
    group by curve

),

steps as (

    select
        curve,
        survival,
        {{ attio.days('at_us') }} as days,
        {{ attio.days('lead(at_us) over (partition by curve order by at_us)') }} as next_days
    from {{ ref('int_attio__curves') }}

),

-- Rounding must not keep a curve from 3/4, 1/2 or 1/4.
read_off as (

    select
        steps.curve,
        min(case when steps.survival <= 0.75 + 1e-12 then steps.days end) as lower_quartile_days,
        min(case when steps.survival <= 0.5 + 1e-12 then steps.days end) as median_days,
        min(case when steps.survival <= 0.25 + 1e-12 then steps.days end) as upper_quartile_days,
        sum(
            steps.survival * case
                when steps.days >= horizons.horizon_days then 0.0
                when steps.next_days is null or steps.next_days > horizons.horizon_days then horizons.horizon_days - steps.days
                else steps.next_days - steps.days
            end
        ) as days_after_first
    from steps
    inner join horizons on steps.curve = horizons.curve
    group by steps.curve

),

curves as (

    select
        statuses.source_relation,
        statuses.history,
        statuses.status_id,
        horizons.period_kind,
        horizons.period_start,
        read_off.lower_quartile_days,
        read_off.median_days,
        read_off.upper_quartile_days,
        horizons.horizon_days,
        case when horizons.first_days < horizons.horizon_days then horizons.first_days else horizons.horizon_days end
        + read_off.days_after_first as mean_days_to_horizon
    from horizons
    inner join read_off on horizons.curve = read_off.curve
    inner join {{ ref('int_attio__status') }} as statuses on horizons.status_number = statuses.status_number

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
    coalesce(counted.stays_in_curve, 0) < {{ attio.whole_number('attio_few_records', var('attio_few_records', 20), 0) }} as is_few
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
