{% for connection in attio.connections() %}
{% set first_connection = loop.first %}
{% set last_connection = loop.last %}
{% for history in attio.histories(warns=first_connection) %}
{% set is_status = history.type == 'status' %}
select
    {{ attio.as_text("'" ~ connection.name ~ "'") }} as source_relation,
    {{ attio.as_text("'" ~ history.history ~ "'") }} as history,
    {{ attio.as_text(history.id_column) }} as record_id,
    {{ attio.as_bigint('position') }} as position,
    {{ attio.as_text('status_id' if is_status else 'option_id') }} as status_id,
    {{ attio.as_text('status_title' if is_status else 'option_title') }} as status_title,
    {{ 'coalesce(status_is_archived, false)' if is_status else 'false' }} as status_is_archived,
    {{ attio.as_text('target_time_in_status' if is_status else 'null') }} as target_time_in_status,
    {{ attio.utc('active_from') }} as active_from,
    {{ attio.utc('active_until') }} as active_until,
    {{ attio.as_text('created_by_actor_type') }} as created_by_actor_type,
    {{ attio.as_text('created_by_actor_id') }} as created_by_actor_id
from {{ attio.source_table(connection, history.table ~ '_history') }}
where not coalesce(_fivetran_deleted, false)
{% if not (loop.last and last_connection) %}union all{% endif %}
{% endfor %}
{% endfor %}
