{{ config(enabled=(var('attio_segments', none) or []) | length > 0) }}
-- Which segments of its history a record is in: one for each attribute that it is split by, by the value the record has.
with pairs as (

    {% for segment in attio.segments() -%}
    select {{ attio.as_text("'" ~ segment.history ~ "'") }} as history, {{ attio.as_text("'" ~ segment.by ~ "'") }} as segmented_by
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

current_stays as (

    select source_relation, history, record_id, status_id, moved_by_id
    from {{ ref('int_attio__stays') }}
    where left_at is null

),

valued as (

    select
        records.source_relation,
        records.history,
        records.record_id,
        pairs.segmented_by,
        current_stays.status_id as value_id
    from {{ ref('int_attio__record') }} as records
    inner join pairs on records.history = pairs.history and pairs.segmented_by <> 'moved_by'
    left join current_stays
        on records.source_relation = current_stays.source_relation
        and pairs.segmented_by = current_stays.history
        and records.record_id = current_stays.record_id
    union all
    -- Who moved it last: of a record that is in no status nobody did.
    select
        current_stays.source_relation,
        current_stays.history,
        current_stays.record_id,
        pairs.segmented_by,
        current_stays.moved_by_id as value_id
    from current_stays
    inner join pairs on current_stays.history = pairs.history and pairs.segmented_by = 'moved_by'

),

-- What has a value of its own for nearly every record tells nothing by its values.
sized as (

    select source_relation, history, segmented_by, count(*) as number_of_values
    from (select distinct source_relation, history, segmented_by, value_id from valued) as found
    group by source_relation, history, segmented_by

)

select
    valued.source_relation,
    valued.history,
    valued.record_id,
    valued.segmented_by,
    valued.value_id,
    {{ attio.as_text(dbt.concat(['valued.history', "'['", 'valued.segmented_by', "'='", "coalesce(valued.value_id, '')", "']'"])) }} as segment
from valued
inner join sized
    on valued.source_relation = sized.source_relation
    and valued.history = sized.history
    and valued.segmented_by = sized.segmented_by
where sized.number_of_values between 2 and {{ attio.whole_number('attio_segment_values', var('attio_segment_values', 20), 2) }}
