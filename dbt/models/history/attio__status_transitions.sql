-- A move is a stay that followed another; how long the one before had lasted is known of those that were not imported.
with moves as (

    select
        source_relation,
        history,
        previous_status_id as from_status_id,
        status_id as to_status_id,
        lag(case when not is_late_entry then days_in_status end)
            over (partition by source_relation, history, record_id order by position) as days_before
    from {{ ref('attio__status_history') }}

),

counted as (

    select
        source_relation,
        history,
        from_status_id,
        to_status_id,
        count(*) as moves,
        {{ attio.median('days_before') }} as median_days_before
    from moves
    where from_status_id is not null
    group by source_relation, history, from_status_id, to_status_id

)

select
    counted.source_relation,
    counted.history,
    counted.from_status_id,
    from_status.status_title as from_status_title,
    from_status.status_order as from_status_order,
    counted.to_status_id,
    to_status.status_title as to_status_title,
    to_status.status_order as to_status_order,
    {{ attio.as_bigint('counted.moves') }} as moves,
    {{ attio.as_double('counted.moves') }}
    / {{ attio.as_double('sum(counted.moves) over (partition by counted.source_relation, counted.history, counted.from_status_id)') }} as share,
    {{ attio.as_double('counted.median_days_before') }} as median_days_before,
    to_status.status_order < from_status.status_order as is_back
from counted
inner join {{ ref('attio__status') }} as from_status
    on counted.source_relation = from_status.source_relation
    and counted.history = from_status.history
    and counted.from_status_id = from_status.status_id
inner join {{ ref('attio__status') }} as to_status
    on counted.source_relation = to_status.source_relation
    and counted.history = to_status.history
    and counted.to_status_id = to_status.status_id
