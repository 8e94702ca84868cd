{{ config(enabled=var('attio__using_select_options', true)) }}
{% set has_selects = attio.histories() | selectattr('type', 'equalto', 'select') | list | length > 0 %}
{% for connection in attio.connections() %}
{% set options = attio.source_table(connection, 'attio_select_option') %}
{% set has_options = attio.exists(options) %}
{% if has_selects and not has_options %}
{% do exceptions.warn("There is no " ~ options ~ ", so options have the titles and the order in which they were read: sync again with a connector that writes it, or set attio__using_select_options to false.") %}
{% endif %}
select
    {{ attio.as_text("'" ~ connection.name ~ "'") }} as source_relation,
    {% if has_options %}
    {{ attio.as_text(dbt.concat(['object', "'.'", 'attribute'])) }} as history,
    {{ attio.as_text('option_id') }} as option_id,
    {{ attio.as_bigint('position') }} as position,
    {{ attio.as_text('title') }} as option_title,
    coalesce(is_archived, false) as is_archived
from {{ options }}
where not coalesce(_fivetran_deleted, false)
    {% else %}
    {{ attio.as_text('null') }} as history,
    {{ attio.as_text('null') }} as option_id,
    {{ attio.as_bigint('null') }} as position,
    {{ attio.as_text('null') }} as option_title,
    false as is_archived
from (select 1 as one) as nothing
where 1 = 0
    {% endif %}
{% if not loop.last %}union all{% endif %}
{% endfor %}
