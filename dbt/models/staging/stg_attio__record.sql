{% for connection in attio.connections() %}
{% set last_connection = loop.last %}
{% for history in attio.histories() %}
select
    {{ attio.as_text("'" ~ connection.name ~ "'") }} as source_relation,
    {{ attio.as_text("'" ~ history.history ~ "'") }} as history,
    {{ attio.as_text(history.id_column) }} as record_id,
    {{ attio.as_text('parent_object' if history.is_list else 'null') }} as parent_object,
    {{ attio.as_text('parent_record_id' if history.is_list else 'null') }} as parent_record_id,
    {{ attio.as_bigint('stays') }} as stays
from {{ attio.source_table(connection, history.table) }}
where not coalesce(_fivetran_deleted, false)
{% if not (loop.last and last_connection) %}union all{% endif %}
{% endfor %}
{% endfor %}
