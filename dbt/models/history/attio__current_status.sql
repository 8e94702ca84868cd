with stays as (

    select * from {{ ref('attio__status_history') }}

),

by_record as (

    select
        source_relation,
        history,
        record_id,
        count(*) - 1 as moves,
        sum(case when is_back then 1 else 0 end) as moves_back
    from stays
    group by source_relation, history, record_id

),

records as (

    select
        listed.source_relation,
        listed.history,
        listed.record_id,
        listed.parent_object,
        listed.parent_record_id,
        coalesce(by_record.moves, 0) as moves,
        coalesce(by_record.moves_back, 0) as moves_back
    from {{ attio.with_segments(ref('int_attio__record'), ['record_id', 'parent_object', 'parent_record_id']) }} as listed
    left join by_record
        on listed.source_relation = by_record.source_relation
        and listed.history = by_record.history
        and listed.record_id = by_record.record_id

),

joined as (

    select
        records.source_relation,
        records.history,
        records.record_id,
        records.parent_object,
        records.parent_record_id,
        records.moves,
        records.moves_back,
        first_stay.entered_at as first_entered_at,
        first_stay.status_id as first_status_id,
        first_stay.status_title as first_status_title,
        current_stay.status_id,
        current_stay.status_title,
        current_stay.status_order,
        current_stay.status_kind,
        current_stay.waiting_on,
        current_stay.entered_at,
        current_stay.days_in_status,
        current_stay.weekdays_in_status,
        current_stay.moved_by_name,
        current_stay.is_late_entry,
        statuses.target_days,
        statuses.status_number,
        {{ attio.microseconds_between(
            'first_stay.entered_at',
            "case when current_stay.status_kind in ('won', 'lost') then current_stay.entered_at else " ~ attio.as_of() ~ " end"
        ) }} as age_us
    from records
    left join stays as first_stay
        on records.source_relation = first_stay.source_relation
        and records.history = first_stay.history
        and records.record_id = first_stay.record_id
        and first_stay.direction = 'entry'
    left join stays as current_stay
        on records.source_relation = current_stay.source_relation
        and records.history = current_stay.history
        and records.record_id = current_stay.record_id
        and current_stay.is_current
    left join {{ ref('int_attio__status') }} as statuses
        on current_stay.source_relation = statuses.source_relation
        and current_stay.history = statuses.history
        and current_stay.status_id = statuses.status_id

),

-- The curve is read off at each record's age: survival only falls, so the least up to there is the one there.
ages as (

    select source_relation, history, record_id, status_number, days_in_status as days, 1 as is_record, cast(null as {{ attio.type_double() }}) as survival
    from joined
    where status_kind = 'open' and not coalesce(is_late_entry, false)
    union all
    select
        {{ attio.as_text('null') }} as source_relation,
        {{ attio.as_text('null') }} as history,
        {{ attio.as_text('null') }} as record_id,
        status_number,
        {{ attio.days('at_us') }} as days,
        0 as is_record,
        survival
    from {{ ref('int_attio__curves') }}
    where period_kind = 'all'

),

percentiles as (

    select
        source_relation,
        history,
        record_id,
        1.0 - min(survival) over (
            partition by status_number
            order by days, is_record rows between unbounded preceding and current row
        ) as percentile_in_status
    from ages

)

select
    joined.source_relation,
    joined.history,
    joined.record_id,
    joined.parent_object,
    joined.parent_record_id,
    joined.status_id,
    joined.status_title,
    joined.status_order,
    joined.status_kind,
    joined.waiting_on,
    joined.entered_at,
    {{ attio.local_date('joined.entered_at') }} as entered_on,
    joined.days_in_status,
    joined.weekdays_in_status,
    {{ attio.as_double('percentiles.percentile_in_status') }} as percentile_in_status,
    joined.target_days,
    case when joined.status_kind in ('open', 'paused') then joined.days_in_status > joined.target_days end as is_past_target,
    joined.first_entered_at,
    joined.first_status_id,
    joined.first_status_title,
    {{ attio.days('joined.age_us') }} as age_days,
    {{ attio.as_bigint('joined.moves') }} as moves,
    {{ attio.as_bigint('joined.moves_back') }} as moves_back,
    {{ attio.as_text("coalesce(joined.status_kind, 'none')") }} as outcome,
    joined.moved_by_name
from joined
left join percentiles
    on joined.source_relation = percentiles.source_relation
    and joined.history = percentiles.history
    and joined.record_id = percentiles.record_id
