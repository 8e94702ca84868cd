-- Every status that is listed or was ever stayed in, with its place in the pipeline: as mapped, else as guessed.
with stays as (

    select
        source_relation,
        history,
        status_id,
        count(*) as stays,
        sum(case when left_at is not null then 1 else 0 end) as ended_stays,
        sum(case when stay_number = 1 then 1 else 0 end) as first_stays,
        min(entered_at) as first_entered_at
    from {{ ref('int_attio__stays') }}
    group by source_relation, history, status_id

),

-- What a status was called where it was last stayed in: for those that Attio lists no more.
read as (

    select *
    from (
        select
            source_relation,
            history,
            status_id,
            status_title,
            status_is_archived,
            {{ attio.duration_days('target_time_in_status') }} as target_days,
            row_number() over (
                partition by source_relation, history, status_id
                order by entered_at desc, record_id desc, position desc
            ) as newest
        from {{ ref('int_attio__stays') }}
    ) as by_age
    where newest = 1

),

tracked as (

    {% for history in attio.histories() -%}
    select {{ attio.as_text("'" ~ history.history ~ "'") }} as history
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

listed as (

    select statuses.*
    from (
        select
            source_relation,
            history,
            status_id,
            position,
            status_title,
            is_archived,
            celebration_enabled,
            target_days,
            lower(trim(status_title)) as known_as
        from {{ ref('stg_attio__status') }}
        {% if var('attio__using_select_options', true) %}
        union all
        select
            source_relation,
            history,
            option_id as status_id,
            position,
            option_title as status_title,
            is_archived,
            false as celebration_enabled,
            cast(null as {{ attio.type_double() }}) as target_days,
            {{ attio.as_text("''") }} as known_as
        from {{ ref('stg_attio__select_option') }}
        {% endif %}
    ) as statuses
    inner join tracked on statuses.history = tracked.history

),

keys as (

    select distinct source_relation, history, status_id
    from (
        select source_relation, history, status_id from listed
        union all
        select source_relation, history, status_id from stays
    ) as listed_or_stayed_in

),

mapped as (

    select *
    from (
        select
            history,
            status_id,
            lower(status_title) as status_title,
            status_order,
            status_kind,
            waiting_on,
            row_number() over (
                partition by history, coalesce(status_id, lower(status_title))
                order by status_order
            ) as row_of_status
        from {{ ref('stg_attio__status_mapping') }}
    ) as numbered
    where row_of_status = 1

),

joined as (

    select
        keys.source_relation,
        keys.history,
        keys.status_id,
        coalesce(listed.status_title, read.status_title, keys.status_id) as status_title,
        coalesce(listed.is_archived, read.status_is_archived, false) as is_archived,
        coalesce(listed.celebration_enabled, false) as celebration_enabled,
        listed.known_as,
        case when listed.status_id is null then read.target_days else listed.target_days end as target_days,
        coalesce(stays.stays, 0) as stays,
        coalesce(stays.ended_stays, 0) as ended_stays,
        coalesce(stays.first_stays, 0) as first_stays,
        row_number() over (
            partition by keys.source_relation, keys.history
            order by
                case when listed.position is null then 1 else 0 end,
                listed.position,
                stays.first_entered_at,
                keys.status_id
        ) as place
    from keys
    left join listed
        on keys.source_relation = listed.source_relation and keys.history = listed.history and keys.status_id = listed.status_id
    left join read
        on keys.source_relation = read.source_relation and keys.history = read.history and keys.status_id = read.status_id
    left join stays
        on keys.source_relation = stays.source_relation and keys.history = stays.history and keys.status_id = stays.status_id

),

-- The guess: in the order in which Attio lists them; celebrated is won; then what it is called, if that is unmistakable;
-- where nobody begins and whence nobody goes is lost.
placed as (

    select
        joined.source_relation,
        joined.history,
        joined.status_id,
        joined.status_title,
        joined.is_archived,
        joined.target_days,
        coalesce(by_id.history, by_title.history) is not null as is_mapped,
        coalesce(by_id.status_order, by_title.status_order, joined.place) as status_order,
        coalesce(
            by_id.status_kind,
            by_title.status_kind,
            case
                when joined.celebration_enabled or joined.known_as in ('won', 'closed won', 'hired', 'done', 'completed') then 'won'
                when joined.known_as in (
                    'lost', 'closed lost', 'rejected', 'withdrawn', 'declined', 'disqualified', 'unqualified', 'churned'
                ) then 'lost'
                when joined.known_as in ('paused', 'on hold') then 'paused'
                when joined.stays >= 5 and joined.ended_stays <= 0.02 * joined.stays and joined.first_stays <= 0.5 * joined.stays
                    then 'lost'
                else 'open'
            end
        ) as status_kind,
        coalesce(by_id.waiting_on, by_title.waiting_on) as waiting_on
    from joined
    left join mapped as by_id
        on joined.history = by_id.history and joined.status_id = by_id.status_id
    left join mapped as by_title
        on joined.history = by_title.history
        and by_title.status_id is null
        and lower(joined.status_title) = by_title.status_title

),

-- How many open statuses in use there are up to each one: what a move passed over.
passed as (

    select
        placed.source_relation,
        placed.history,
        placed.status_id,
        sum(case when others.status_order <= placed.status_order then 1 else 0 end) as open_up_to,
        sum(case when others.status_order < placed.status_order then 1 else 0 end) as open_before
    from placed
    left join placed as others
        on placed.source_relation = others.source_relation
        and placed.history = others.history
        and others.status_kind = 'open'
        and not others.is_archived
    group by placed.source_relation, placed.history, placed.status_id

),

of_histories as (

    select placed.*, passed.open_up_to, passed.open_before
    from placed
    inner join passed
        on placed.source_relation = passed.source_relation
        and placed.history = passed.history
        and placed.status_id = passed.status_id

)

-- A segment has the statuses of its history, in their order and of their kinds.
select
    source_relation,
    history,
    status_id,
    {{ attio.as_text('status_title') }} as status_title,
    {{ attio.as_bigint('status_order') }} as status_order,
    {{ attio.as_text('status_kind') }} as status_kind,
    {{ attio.as_text('waiting_on') }} as waiting_on,
    is_archived,
    is_mapped,
    {{ attio.as_double('target_days') }} as target_days,
    {{ attio.as_bigint('row_number() over (order by source_relation, history, status_id)') }} as status_number,
    {{ attio.as_bigint('open_up_to') }} as open_up_to,
    {{ attio.as_bigint('open_before') }} as open_before
from {{ attio.with_segments('of_histories', [
    'status_id', 'status_title', 'status_order', 'status_kind', 'waiting_on', 'is_archived', 'is_mapped', 'target_days',
    'open_up_to', 'open_before'
]) }} as with_segments
