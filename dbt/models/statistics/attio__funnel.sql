-- Records by when they came in. When imported ones came in is unknown, so they are in no cohort.
with records as (

    select source_relation, history, record_id, entered_at, {{ attio.local_date('entered_at') }} as entered_on
    from {{ ref('attio__status_history') }}
    where direction = 'entry' and not is_late_entry

),

first_visits as (

    select source_relation, history, record_id, status_id, status_kind, status_order, min(entered_at) as entered_at
    from {{ ref('attio__status_history') }}
    group by source_relation, history, record_id, status_id, status_kind, status_order

),

-- On the way to being won, a status that was skipped counts as passed when a later one was reached; an archived one, which
-- many could not have been in, counts for itself only.
reached as (

    select
        records.source_relation,
        records.history,
        records.record_id,
        records.entered_on,
        statuses.status_id,
        min({{ attio.microseconds_between('records.entered_at', 'visits.entered_at') }}) as reached_us
    from records
    inner join first_visits as visits
        on records.source_relation = visits.source_relation
        and records.history = visits.history
        and records.record_id = visits.record_id
    inner join {{ ref('attio__status') }} as statuses
        on visits.source_relation = statuses.source_relation and visits.history = statuses.history
    where visits.status_id = statuses.status_id
        or (
            visits.status_kind in ('open', 'won')
            and statuses.status_kind = 'open'
            and not coalesce(statuses.is_archived, false)
            and visits.status_order > statuses.status_order
        )
    group by records.source_relation, records.history, records.record_id, records.entered_on, statuses.status_id

),

-- Fit to compare: all that came in was seen, and its youngest record has had the horizon's days.
cohorts as (

    {% for period in ['week', 'month', 'quarter'] %}
    select
        source_relation,
        history,
        {{ attio.as_text("'" ~ period ~ "'") }} as cohort_kind,
        {{ attio.first_day_of(period, 'entered_on') }} as cohort_start,
        {{ attio.is_observed_from(attio.first_day_of(period, 'entered_on')) }} as is_observed,
        {{ attio.first_day_of(period, 'entered_on') }}
        < {{ attio.first_day_of(period, attio.days_after(attio.local_date(attio.as_of()), 0 - attio.whole_number('attio_horizon_days', var('attio_horizon_days', 90), 1))) }} as is_old_enough,
        count(*) as cohort_records
    from records
    group by source_relation, history, {{ attio.first_day_of(period, 'entered_on') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

counted as (

    {% for period in ['week', 'month', 'quarter'] %}
    select
        source_relation,
        history,
        {{ attio.as_text("'" ~ period ~ "'") }} as cohort_kind,
        {{ attio.first_day_of(period, 'entered_on') }} as cohort_start,
        status_id,
        count(*) as reached,
        {{ attio.median(attio.days('reached_us')) }} as median_days
    from reached
    group by source_relation, history, {{ attio.first_day_of(period, 'entered_on') }}, status_id
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    cohorts.source_relation,
    cohorts.history,
    cohorts.cohort_kind,
    cohorts.cohort_start,
    statuses.status_id,
    statuses.status_title,
    statuses.status_order,
    statuses.status_kind,
    {{ attio.as_bigint('cohorts.cohort_records') }} as cohort_records,
    {{ attio.as_bigint('coalesce(counted.reached, 0)') }} as reached,
    {{ attio.as_double('coalesce(counted.reached, 0)') }} / {{ attio.as_double('cohorts.cohort_records') }} as share,
    {{ attio.as_double('counted.median_days') }} as median_days,
    cohorts.is_observed and cohorts.is_old_enough as is_mature,
    cohorts.is_observed
from cohorts
inner join {{ ref('attio__status') }} as statuses
    on cohorts.source_relation = statuses.source_relation and cohorts.history = statuses.history
left join counted
    on cohorts.source_relation = counted.source_relation
    and cohorts.history = counted.history
    and cohorts.cohort_kind = counted.cohort_kind
    and cohorts.cohort_start = counted.cohort_start
    and statuses.status_id = counted.status_id
