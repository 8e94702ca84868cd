{% for connection in attio.connections() %}
select
    {{ attio.as_text("'" ~ connection.name ~ "'") }} as source_relation,
    {{ attio.as_text(dbt.concat(['object', "'.'", 'attribute'])) }} as history,
    {{ attio.as_text('status_id') }} as status_id,
    {{ attio.as_bigint('position') }} as position,
    {{ attio.as_text('title') }} as status_title,
    coalesce(is_archived, false) as is_archived,
    coalesce(celebration_enabled, false) as celebration_enabled,
    {{ attio.as_text('target_time_in_status') }} as target_time_in_status,
    {{ attio.as_double(attio.duration_days('target_time_in_status')) }} as target_days
from {{ attio.source_table(connection, 'attio_status') }}
where not coalesce(_fivetran_deleted, false)
{% if not loop.last %}union all{% endif %}
{% endfor %}
