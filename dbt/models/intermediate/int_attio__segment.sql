{{ config(enabled=(var('attio_segments', none) or []) | length > 0) }}
-- Which segments of its history a record is in: one for each attribute that it is split by, by the value the record has.
with pairs as (

    {% for segment in attio.segments() -%}
    select {{ attio.as_text("'" ~ segment.history ~ "'") }} as history, {{ attio.as_text("'" ~ segment.by ~ "'") }} as segmented_by
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

valued as (

    select
        records.source_relation,
        records.history,
        records.record_id,
        pairs.segmented_by,
        stays.status_id as value_id
    from {{ ref('stg_attio__record') }} as records
    inner join pairs on records.history = pairs.history
    left join {{ ref('int_attio__stays') }} as stays
        on records.source_relation = stays.source_relation
        and pairs.segmented_by = stays.history
        and records.record_id = stays.record_id
        and stays.left_at is null

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
where sized.number_of_values between 2 and {{ var('attio_segment_values', 20) | int }}
