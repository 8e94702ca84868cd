{# Whether a record's first stay is a late entry: the record came in by an import, so when it entered the status is unknown.
   `was_found` is a condition: so many first stays of the history began at that very moment. #}
{% macro is_late_entry(entered_at, was_found) %}
{%- set given = var('attio_late_entries', none) -%}
{%- if given is none -%}
    {{ return("(" ~ was_found ~ ")") }}
{%- endif -%}
{%- if given is string or given is not iterable -%}
    {{ exceptions.raise_compiler_error("attio_late_entries is a list of days, minutes, seconds or moments of imports, such as ['2026-01-05', '2026-02-01T10:30']; [] where there were none") }}
{%- endif -%}
{%- set conditions = [] -%}
{%- for text in given -%}
    {%- set start = attio.parsed_moment(text, 'attio_late_entries') -%}
    {%- set length = modules.re.sub('(Z|[+-][0-9]{2}:[0-9]{2})$', '', text | string) | length -%}
    {%- set lasts = {10: 86400000000, 16: 60000000, 19: 1000000}.get(length, 1) -%}
    {%- set end = start + modules.datetime.timedelta(microseconds=lasts) -%}
    {%- do conditions.append(entered_at ~ " >= " ~ attio.moment_literal(start) ~ " and " ~ entered_at ~ " < " ~ attio.moment_literal(end)) -%}
{%- endfor -%}
{{ return("(" ~ (conditions | join(" or ") if conditions else "1 = 0") ~ ")") }}
{% endmacro %}
