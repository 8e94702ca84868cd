{% for connection in attio.connections() %}
{% set last_connection = loop.last %}
{% for history in attio.histories() %}
select
    {{ attio.as_text("'" ~ connection.name ~ "'") }} as source_relation,
    {{ attio.as_text("'" ~ history.history ~ "'") }} as history,
    {{ attio.as_text(history.id_column) }} as record_id,
    {{ attio.as_bigint('position') }} as position,
    {{ attio.as_text('status_id') }} as status_id,
    {{ attio.as_text('status_title') }} as status_title,
    coalesce(status_is_archived, false) as status_is_archived,
    {{ attio.as_text('target_time_in_status') }} as target_time_in_status,
    {{ attio.utc('active_from') }} as active_from,
    {{ attio.utc('active_until') }} as active_until,
    {{ attio.as_text('created_by_actor_type') }} as created_by_actor_type,
    {{ attio.as_text('created_by_actor_id') }} as created_by_actor_id
from {{ attio.source_table(connection, history.table ~ '_history') }}
where not coalesce(_fivetran_deleted, false)
{% if not (loop.last and last_connection) %}union all{% endif %}
{% endfor %}
{% endfor %}
