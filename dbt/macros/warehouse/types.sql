{# What one warehouse calls otherwise than another: types. #}

{% macro type_double() %}{{ return(adapter.dispatch('type_double', 'attio')()) }}{% endmacro %}
{% macro default__type_double() %}{{ return('double precision') }}{% endmacro %}
{% macro bigquery__type_double() %}{{ return('float64') }}{% endmacro %}
{% macro databricks__type_double() %}{{ return('double') }}{% endmacro %}

{% macro type_text() %}{{ return(adapter.dispatch('type_text', 'attio')()) }}{% endmacro %}
{% macro default__type_text() %}{{ return('text') }}{% endmacro %}
{% macro redshift__type_text() %}{{ return('varchar(1024)') }}{% endmacro %}
{% macro bigquery__type_text() %}{{ return('string') }}{% endmacro %}
{% macro databricks__type_text() %}{{ return('string') }}{% endmacro %}

{% macro type_bigint() %}{{ return(adapter.dispatch('type_bigint', 'attio')()) }}{% endmacro %}
{% macro default__type_bigint() %}{{ return('bigint') }}{% endmacro %}
{% macro bigquery__type_bigint() %}{{ return('int64') }}{% endmacro %}

{# A moment without a time zone, which is UTC throughout; BigQuery's timestamp is just that. #}
{% macro type_timestamp() %}{{ return(adapter.dispatch('type_timestamp', 'attio')()) }}{% endmacro %}
{% macro default__type_timestamp() %}{{ return('timestamp') }}{% endmacro %}
{% macro snowflake__type_timestamp() %}{{ return('timestamp_ntz') }}{% endmacro %}

{% macro as_double(value) %}cast({{ value }} as {{ attio.type_double() }}){% endmacro %}
{% macro as_text(value) %}cast({{ value }} as {{ attio.type_text() }}){% endmacro %}
{% macro as_bigint(value) %}cast({{ value }} as {{ attio.type_bigint() }}){% endmacro %}
{% macro as_date(value) %}cast({{ value }} as date){% endmacro %}
{% macro as_timestamp(value) %}cast({{ value }} as {{ attio.type_timestamp() }}){% endmacro %}

{# A key made of several columns; a null is told from an empty text. #}
{% macro surrogate_key(columns) %}
{%- set parts = [] -%}
{%- for column in columns -%}
    {%- if not loop.first -%}{%- do parts.append("'|'") -%}{%- endif -%}
    {%- do parts.append("coalesce(" ~ attio.as_text(column) ~ ", '_null_')") -%}
{%- endfor -%}
{{ return(dbt.hash(dbt.concat(parts))) }}
{% endmacro %}
