{# Which histories there are and where: the variables attio_histories and attio_sources. #}

{# A list of {history, object, attribute, table, id_column}. `attio_histories` is the connector's setting `history`, word for
   word, or a list of such texts or of mappings, which can name the column of the record's id too (lists have entry_id). #}
{% macro histories() %}
{%- set given = var('attio_histories', 'applications.workflow_status=attio_workflow_status') -%}
{%- set items = given.split(',') if given is string else given -%}
{%- set found = [] -%}
{%- for item in items -%}
    {%- if item is string -%}
        {%- set history = item.partition('=')[0] | trim -%}
        {%- set table = item.partition('=')[2] | trim -%}
        {%- set id_column = none -%}
    {%- else -%}
        {%- set history = item.get('history', '') | trim -%}
        {%- set table = item.get('table', '') | trim -%}
        {%- set id_column = item.get('id_column') -%}
    {%- endif -%}
    {%- set object = history.partition('.')[0] -%}
    {%- set attribute = history.partition('.')[2] -%}
    {%- if not (object and attribute and table) or "'" in history -%}
        {{ exceptions.raise_compiler_error("attio_histories: " ~ item ~ " is not object.attribute=table, as in applications.workflow_status=attio_workflow_status") }}
    {%- endif -%}
    {%- do found.append({
        'history': history,
        'object': object,
        'attribute': attribute,
        'table': table,
        'id_column': id_column or ('application_id' if object == 'applications' else 'record_id'),
    }) -%}
{%- endfor -%}
{%- if not found -%}
    {{ exceptions.raise_compiler_error("attio_histories is empty: name at least one history") }}
{%- endif -%}
{{ return(found) }}
{% endmacro %}

{# A list of {name, database, schema}: one without a name unless `attio_sources` says there are several. #}
{% macro connections() %}
{%- set found = [] -%}
{%- for given in var('attio_sources', none) or [] -%}
    {%- if not given.get('schema') or not given.get('name') -%}
        {{ exceptions.raise_compiler_error("attio_sources: each needs a schema and a name, and may have a database; this has not: " ~ given) }}
    {%- endif -%}
    {%- do found.append({
        'name': given['name'],
        'schema': given['schema'],
        'database': given.get('database') or target.database,
    }) -%}
{%- endfor -%}
{%- if not found -%}
    {%- do found.append({
        'name': '',
        'schema': var('attio_schema', 'attio'),
        'database': var('attio_database', none) or target.database,
    }) -%}
{%- endif -%}
{{ return(found) }}
{% endmacro %}

{# A table of a connection: dbt's source where there is one connection and the table is declared, so that lineage shows. #}
{% macro source_table(connection, table) %}
{%- set declared = ['attio_workflow_status', 'attio_workflow_status_history', 'attio_status', 'attio_workspace_member'] -%}
{%- if not connection['name'] and table in declared -%}
    {{ return(source('attio', table)) }}
{%- endif -%}
{{ return(api.Relation.create(database=connection['database'], schema=connection['schema'], identifier=table)) }}
{% endmacro %}

{% macro exists(relation) %}
{%- if not execute or not flags.INTROSPECT -%}{{ return(true) }}{%- endif -%}
{{ return(adapter.get_relation(relation.database, relation.schema, relation.identifier) is not none) }}
{% endmacro %}
