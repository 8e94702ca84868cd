-- Kaplan–Meier curves of how long stays last, one a status and period. They are numbered while they are computed: texts are
-- slow to sort. A curve's number is that of its status, the kind of its period and the period's day since 1900.
{% set per_status, per_kind = 1000000, 100000 %}
with stays as (

    select
        statuses.status_number,
        {{ attio.local_date('entries.entered_at') }} as entered_on,
        {{ attio.entry_microseconds('entries.entered_at') }} as entry_us,
        {{ attio.microseconds_between('entries.entered_at', 'coalesce(entries.left_at, ' ~ attio.as_of() ~ ')') }} as exit_us,
        case when entries.left_at is null then 0 else 1 end as ended
    from {{ ref('attio__status_history') }} as entries
    inner join {{ ref('int_attio__status') }} as statuses
        on entries.source_relation = statuses.source_relation
        and entries.history = statuses.history
        and entries.status_id = statuses.status_id
    where not entries.is_late_entry and {{ attio.is_observed('entries.left_at') }}

),

observations as (

    select status_number * {{ per_status }} as curve, entry_us, exit_us, ended
    from stays
    {% for period in ['month', 'quarter'] %}
    union all
    select
        status_number * {{ per_status }} + {{ loop.index * per_kind }}
        + {{ attio.days_between("cast('1900-01-01' as date)", attio.first_day_of(period, 'entered_on')) }} as curve,
        entry_us,
        exit_us,
        ended
    from stays
    {% endfor %}

),

at_risk as (

    {{ attio.risk_table('observations', ['curve']) }}

),

steps as (

    select
        curve,
        at_us,
        at_risk,
        ended,
        {{ attio.survival(['curve']) }} as survival,
        lag(at_us) over (partition by curve order by at_us) as previous_us,
        lead(at_us) over (partition by curve order by at_us) as next_us
    from at_risk

),

-- The curve changes where a stay ended; its first and last moment are there to draw it by.
kept as (

    select
        *,
        {{ attio.as_bigint('floor(curve / ' ~ per_status ~ '.0)') }} as status_number
    from steps
    where ended > 0 or previous_us is null or next_us is null

),

decoded as (

    select
        *,
        {{ attio.as_bigint('floor((curve - status_number * ' ~ per_status ~ ') / ' ~ per_kind ~ '.0)') }} as kind_number
    from kept

)

select
    curve,
    status_number,
    {{ attio.as_text("case kind_number when 0 then 'all' when 1 then 'month' else 'quarter' end") }} as period_kind,
    case
        when kind_number > 0
            then {{ attio.days_after("cast('1900-01-01' as date)", 'curve - status_number * ' ~ per_status ~ ' - kind_number * ' ~ per_kind) }}
    end as period_start,
    {{ attio.as_bigint('at_us') }} as at_us,
    {{ attio.as_bigint('at_risk') }} as at_risk,
    {{ attio.as_bigint('ended') }} as ended,
    {{ attio.as_double('survival') }} as survival
from decoded
