{# Variables whose wrong values would build wrong models without a word. #}

{# A whole number, as a number or a text. #}
{% macro whole_number(name, given, least) %}
{%- if not modules.re.match('^[0-9]{1,9}$', given | string) or given | int < least -%}
    {{ exceptions.raise_compiler_error(name ~ ": '" ~ given ~ "' is no whole number of at least " ~ least) }}
{%- endif -%}
{{ return(given | int) }}
{% endmacro %}

{# The days of the week that are worked on, 1 for Monday to 7 for Sunday. #}
{% macro working_days() %}
{%- set given = var('attio_working_days', [1, 2, 3, 4, 5]) -%}
{%- set days = given if given is iterable and given is not string and given is not mapping else [] -%}
{%- if not days or days | reject('in', [1, 2, 3, 4, 5, 6, 7]) | list or days | unique | list | length < days | length -%}
    {{ exceptions.raise_compiler_error("attio_working_days: " ~ given ~ " is no list of different days such as [1, 2, 3, 4, 5]; 1 is Monday, 7 Sunday") }}
{%- endif -%}
{{ return(days) }}
{% endmacro %}

{# What is given on the command line and begins as our variables do, and is none. What a project sets cannot be seen here. #}
{% macro check_names() %}
{%- set known = [
    'attio_schema',
    'attio_database',
    'attio_sources',
    'attio_histories',
    'attio_segments',
    'attio_segment_values',
    'attio__using_select_options',
    'attio__using_workspace_members',
    'attio__using_personal_data',
    'attio__using_unit_tests',
    'attio_status_mapping_model',
    'attio_as_of',
    'attio_time_zone',
    'attio_working_days',
    'attio_few_records',
    'attio_horizon_days',
    'attio_late_entry_records',
    'attio_late_entries',
    'attio_observed_since',
] -%}
{%- set given = invocation_args_dict.vars -%}
{%- for name in given if given is mapping and name.startswith('attio') and name not in known -%}
    {{ exceptions.raise_compiler_error("--vars: the package has no variable " ~ name ~ "; there are " ~ known | join(', ')) }}
{%- endfor -%}
{% endmacro %}
