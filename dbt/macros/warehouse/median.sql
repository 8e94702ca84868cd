{# The median of a group: the mean of the two in the middle where their number is even. #}
{% macro median(value) %}{{ return(adapter.dispatch('median', 'attio')(value)) }}{% endmacro %}
{% macro default__median(value) %}{{ return("percentile_cont(0.5) within group (order by " ~ value ~ ")") }}{% endmacro %}
{% macro duckdb__median(value) %}{{ return("quantile_cont(" ~ value ~ ", 0.5)") }}{% endmacro %}
{# As an aggregate BigQuery has none that is exact. #}
{% macro bigquery__median(value) %}
{%- set sorted = "array_agg(" ~ value ~ " ignore nulls order by " ~ value ~ ")" -%}
{{ return(
    "((" ~ sorted ~ "[safe_offset(div(count(" ~ value ~ ") - 1, 2))] + "
    ~ sorted ~ "[safe_offset(div(count(" ~ value ~ "), 2))]) / 2)"
) }}
{% endmacro %}
{% macro databricks__median(value) %}{{ return("percentile(" ~ value ~ ", 0.5)") }}{% endmacro %}
