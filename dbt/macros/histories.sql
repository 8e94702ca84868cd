{# Which histories there are and where: the variables attio_histories and attio_sources. #}

{# What `attio_histories` names: a list of {history, parent, attribute, table, id_column, is_list, type}; `type` is none where
   it has to be looked up. The variable is the connector's setting `history`, word for word, or a list of such texts or of
   mappings, which can say the type and the column of the id too. #}
{% macro named_histories() %}
{%- set given = var('attio_histories', 'applications.workflow_status=attio_workflow_status') -%}
{%- set items = given.split(',') if given is string else given -%}
{%- set found = [] -%}
{%- set wants_every_status = [] -%}
{%- for item in items -%}
    {%- if item is string and item | trim == '*' -%}
        {%- do wants_every_status.append(item) -%}
    {%- elif item is string -%}
        {%- do found.append(attio.named_history(item, {'history': item.partition('=')[0], 'table': item.partition('=')[2]})) -%}
    {%- else -%}
        {%- do found.append(attio.named_history(item, item)) -%}
    {%- endif -%}
{%- endfor -%}
{%- if wants_every_status -%}
    {%- set names = found | map(attribute='history') | list -%}
    {%- for name in attio.every_status() if name not in names -%}
        {%- do found.append(attio.named_history(name, {'history': name, 'type': 'status'})) -%}
    {%- endfor -%}
{%- elif not found -%}
    {{ exceptions.raise_compiler_error("attio_histories is empty: name at least one history") }}
{%- endif -%}
{{ return(found) }}
{% endmacro %}

{# One of them; its table is called as the connector calls it where none is named. #}
{% macro named_history(item, given) %}
{%- set history = given.get('history', '') | trim -%}
{%- set parent = history.partition('.')[0] -%}
{%- set attribute = history.partition('.')[2] -%}
{%- set type = given.get('type') -%}
{%- if not (parent and attribute) or parent == 'lists/' or "'" in history or history.endswith(']') or type not in [none, 'status', 'select'] -%}
    {{ exceptions.raise_compiler_error("attio_histories: " ~ item ~ " is not object.attribute or lists/list.attribute, with =table behind it if need be, as in applications.workflow_status=attio_workflow_status; as a mapping, its type is status or select") }}
{%- endif -%}
{%- set is_list = parent.startswith('lists/') -%}
{%- set slug = parent.partition('/')[2] if is_list else parent -%}
{%- set usual = 'attio_workflow_status' if history == 'applications.workflow_status'
    else attio.warehouse_name('attio_' ~ slug ~ '_' ~ attribute).rstrip('_') -%}
{{ return({
    'history': history,
    'parent': parent,
    'attribute': attribute,
    'table': (given.get('table') or '') | trim or usual,
    'id_column': given.get('id_column') or (
        'entry_id' if is_list else 'application_id' if parent == 'applications' else 'record_id'
    ),
    'is_list': is_list,
    'type': type,
}) }}
{% endmacro %}

{# What Fivetran makes of the name of a table. #}
{% macro warehouse_name(name) %}
{%- set words = modules.re.sub('[^A-Za-z0-9_]', '_', name) -%}
{%- set words = modules.re.sub('(?<=[a-z])(?=[A-Z])|(?<=[0-9])(?=[^0-9])|(?<![0-9])(?=[0-9])', '_', words) -%}
{{ return(modules.re.sub('_+', '_', words | lower)) }}
{% endmacro %}

{# The names of all histories that `attio_status` knows of: what the connector tracks for `*`. #}
{% macro every_status() %}
{%- set found = [] -%}
{%- if execute and not flags.INTROSPECT -%}
    {{ exceptions.raise_compiler_error("attio_histories: what * stands for is looked up in the warehouse: name the histories") }}
{%- endif -%}
{%- for connection in attio.connections() if execute -%}
    {%- set statuses = attio.relation(connection, 'attio_status') -%}
    {%- set names = run_query("select distinct object, attribute from " ~ statuses ~ " where not coalesce(_fivetran_deleted, false) order by 1, 2") -%}
    {%- for row in names.rows if row[0] ~ '.' ~ row[1] not in found -%}
        {%- do found.append(row[0] ~ '.' ~ row[1]) -%}
    {%- endfor -%}
{%- endfor -%}
{{ return(found) }}
{% endmacro %}

{# The histories that are built, each with its type: of a status, or of a select that has one value at a time. The others are
   left out, since what they hold is in no one status: values of several at a time overlap, and a number is none. #}
{% macro histories(warns=false) %}
{%- set found = [] -%}
{%- for history in attio.named_histories() -%}
    {%- set type = attio.type_in_warehouse(history) or history.type or 'status' -%}
    {%- if type in ['status', 'select'] and history.type in [none, type] -%}
        {%- do found.append(dict(history, type=type)) -%}
    {%- elif history.type -%}
        {{ exceptions.raise_compiler_error("attio_histories: " ~ history.history ~ " is no " ~ history.type ~ " of one value at a time: " ~ history.table ~ " holds " ~ type) }}
    {%- elif warns -%}
        {%- do exceptions.warn(history.history ~ " is left out: " ~ history.table ~ " holds " ~ type ~ ", and the models are of statuses and of selects that have one value at a time.") -%}
    {%- endif -%}
{%- endfor -%}
{%- if execute and not found -%}
    {{ exceptions.raise_compiler_error("attio_histories names no status, and no select that has one value at a time") }}
{%- endif -%}
{{ return(found) }}
{% endmacro %}

{# What its table of records holds: status, select, or words for what cannot be built; none where that cannot be seen. What
   is tracked by default, a status, is not looked up. #}
{% macro type_in_warehouse(history) %}
{%- if execute and flags.INTROSPECT and history.table != 'attio_workflow_status' -%}
    {%- for connection in attio.connections() -%}
        {%- set relation = adapter.get_relation(connection['database'], connection['schema'], history.table) -%}
        {%- if relation is not none -%}
            {%- set columns = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list -%}
            {%- if 'current_values' in columns -%}{{ return('several values at a time') }}{%- endif -%}
            {%- if 'option_title' in columns -%}{{ return('select') }}{%- endif -%}
            {{ return('status' if 'status_title' in columns else 'values of another type') }}
        {%- endif -%}
    {%- endfor -%}
    {%- set schemas = attio.connections() | map(attribute='schema') | join(', ') -%}
    {%- if model.resource_type == 'model' -%}{# a unit test needs no table #}
        {{ exceptions.raise_compiler_error("attio_histories: " ~ history.history ~ ": there is no table " ~ history.table ~ " in " ~ schemas ~ ". Is the name misspelt, or does the connector not track it (its setting history)?") }}
    {%- endif -%}
{%- endif -%}
{{ return(none) }}
{% endmacro %}

{# A list of {name, database, schema}: one without a name unless `attio_sources` says there are several. #}
{% macro connections() %}
{%- do attio.check_names() -%}
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
{%- set declared = ['attio_workflow_status', 'attio_workflow_status_history', 'attio_status', 'attio_select_option', 'attio_workspace_member'] -%}
{%- if not connection['name'] and table in declared -%}
    {{ return(source('attio', table)) }}
{%- endif -%}
{{ return(attio.relation(connection, table)) }}
{% endmacro %}

{% macro relation(connection, table) %}
{{ return(api.Relation.create(database=connection['database'], schema=connection['schema'], identifier=table)) }}
{% endmacro %}

{% macro exists(relation) %}
{%- if not execute or not flags.INTROSPECT -%}{{ return(true) }}{%- endif -%}
{{ return(adapter.get_relation(relation.database, relation.schema, relation.identifier) is not none) }}
{% endmacro %}
