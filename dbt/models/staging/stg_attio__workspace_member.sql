{{ config(enabled=var('attio__using_workspace_members', true)) }}
{% for connection in attio.connections() %}
{% set members = attio.source_table(connection, 'attio_workspace_member') %}
{% set has_members = attio.exists(members) %}
{% if not has_members %}
{% do exceptions.warn("There is no " ~ members ~ ", so nobody who moved a record has a name: give the token the scope user_management:read, or set attio__using_workspace_members to false.") %}
{% endif %}
select
    {{ attio.as_text("'" ~ connection.name ~ "'") }} as source_relation,
    {% if has_members %}
    {{ attio.as_text('workspace_member_id') }} as workspace_member_id,
    {% if var('attio__using_personal_data', true) %}
    {{ attio.as_text('first_name') }} as first_name,
    {{ attio.as_text('last_name') }} as last_name,
    {{ attio.as_text('email_address') }} as email_address,
    {% endif %}
    {{ attio.as_text('access_level') }} as access_level
from {{ members }}
where not coalesce(_fivetran_deleted, false)
    {% else %}
    {{ attio.as_text('null') }} as workspace_member_id,
    {% if var('attio__using_personal_data', true) %}
    {{ attio.as_text('null') }} as first_name,
    {{ attio.as_text('null') }} as last_name,
    {{ attio.as_text('null') }} as email_address,
    {% endif %}
    {{ attio.as_text('null') }} as access_level
from (select 1 as one) as nobody
where 1 = 0
    {% endif %}
{% if not loop.last %}union all{% endif %}
{% endfor %}
