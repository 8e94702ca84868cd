{% set keys = ['source_relation', 'history', 'status_id', 'period_kind', 'period_start'] %}
with stays as (

    select
        source_relation,
        history,
        status_id,
        {{ attio.local_date('entered_at') }} as entered_on,
        {{ attio.entry_microseconds('entered_at') }} as entry_us,
        {{ attio.microseconds_between('entered_at', 'coalesce(left_at, ' ~ attio.as_of() ~ ')') }} as exit_us,
        case when left_at is null then 0 else 1 end as ended
    from {{ ref('attio__status_history') }}
    where not is_late_entry and {{ attio.is_observed('left_at') }}

),

observations as (

    select source_relation, history, status_id, {{ attio.as_text("'all'") }} as period_kind, cast(null as date) as period_start, entry_us, exit_us, ended
    from stays
    {% for period in ['month', 'quarter'] %}
    union all
    select
        source_relation,
        history,
        status_id,
        {{ attio.as_text("'" ~ period ~ "'") }} as period_kind,
        {{ attio.first_day_of(period, 'entered_on') }} as period_start,
        entry_us,
        exit_us,
        ended
    from stays
    {% endfor %}

),

at_risk as (

    {{ attio.risk_table('observations', keys) }}

),

curve as (

    select
        *,
        {{ attio.survival(keys) }} as survival,
        row_number() over (partition by {{ keys | join(', ') }} order by at_us) as from_start,
        row_number() over (partition by {{ keys | join(', ') }} order by at_us desc) as from_end
    from at_risk

)

-- The curve changes where a stay ended; its first and last moment are there to draw it by.
select
    curve.source_relation,
    curve.history,
    curve.status_id,
    statuses.status_title,
    curve.period_kind,
    curve.period_start,
    {{ attio.days('curve.at_us') }} as days,
    {{ attio.as_bigint('curve.at_risk') }} as at_risk,
    {{ attio.as_bigint('curve.ended') }} as ended,
    {{ attio.as_double('curve.survival') }} as survival
from curve
inner join {{ ref('attio__status') }} as statuses
    on curve.source_relation = statuses.source_relation
    and curve.history = statuses.history
    and curve.status_id = statuses.status_id
where curve.ended > 0 or curve.from_start = 1 or curve.from_end = 1
