{# What `attio_segments` names: a list of {history, by}, each of which splits a history by what another one of the same object
   or list says of its records, or by who moved them last. What `*` stands for is not known before anything is executed. #}
{% macro segments() %}
{%- set given = var('attio_segments', none) or [] -%}
{%- set found = [] -%}
{%- if given is string or given is mapping -%}
    {{ exceptions.raise_compiler_error("attio_segments is a list, such as [{history: applications.workflow_status, by: applications.source}]") }}
{%- endif -%}
{%- set parents = {} -%}
{%- for history in attio.named_histories() if given -%}{%- do parents.update({history.history: history.parent}) -%}{%- endfor -%}
{%- for one in given -%}
    {%- set history = one.get('history') if one is mapping -%}
    {%- set by = one.get('by') if one is mapping -%}
    {%- if execute -%}{%- do attio.check_segment(one, history, by, parents) -%}{%- endif -%}
    {%- if {'history': history, 'by': by} not in found -%}{%- do found.append({'history': history, 'by': by}) -%}{%- endif -%}
{%- endfor -%}
{{ return(found) }}
{% endmacro %}

{# Says what is wrong with one of them; `parents` are the histories that there are, each with its object or list. #}
{% macro check_segment(one, history, by, parents) %}
{%- if one is not mapping or one | list | sort != ['by', 'history'] -%}
    {{ exceptions.raise_compiler_error("attio_segments: " ~ one ~ " is not {history: …, by: …}, which are all that it may have, in small letters") }}
{%- endif -%}
{%- for name in [history, by] if name and name != 'moved_by' and name not in parents -%}
    {{ exceptions.raise_compiler_error(
        "attio_segments: " ~ name ~ " is none of the histories that attio_histories names: "
        ~ (parents | join(', ') or "there are none") ~ attio.instead_of(name, parents | list + ['moved_by'])
    ) }}
{%- endfor -%}
{%- if not by or history not in parents or history == by or (by != 'moved_by' and parents[history] != parents[by]) -%}
    {{ exceptions.raise_compiler_error("attio_segments: " ~ one ~ " is not {history, by}: two histories of one object or list, or by: moved_by") }}
{%- endif -%}
{% endmacro %}

{# What may have been meant by a name: one that differs in capitals and signs, or has its object or list in front. Else how
   `attio_histories` would name it. #}
{% macro instead_of(name, there_are) %}
{%- set named = var('attio_histories', 'applications.workflow_status=attio_workflow_status') -%}
{%- set meant = [] -%}
{%- for one in there_are if attio.plain(name) in [attio.plain(one), attio.plain(one.split('.')[-1])] -%}
    {%- do meant.append(one) -%}
{%- endfor -%}
{%- if meant -%}{{ return("; did you mean " ~ meant | join(' or ') ~ "?") }}{%- endif -%}
{%- if '.' not in name | string -%}{{ return("") }}{%- endif -%}
{{ return(
    (" (* stands for statuses only)" if '*' in named else "") ~ ". If it is not misspelt, "
    ~ ("write attio_histories: '" ~ named ~ ", " ~ name ~ "'" if named is string else "add it to that list")
) }}
{% endmacro %}

{% macro plain(name) %}
{{ return(modules.re.sub('[\\W_]', '', name | lower)) }}
{% endmacro %}

{# A relation with source_relation, history and these columns, and all of it once more for each segment, which is the history
   there: of a record those that it is in, of anything else those of its history. #}
{% macro with_segments(relation, columns) %}
{%- if not attio.segments() -%}{{ return(relation) }}{%- endif -%}
{%- set of_records = 'record_id' in columns -%}
(
    select source_relation, history, {{ columns | join(', ') }}
    from {{ relation }}
    union all
    select
        whole.source_relation,
        segments.segment as history,
        {% for column in columns %}whole.{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}
    from {{ relation }} as whole
    inner join (
        select {{ 'record_id,' if of_records else 'distinct' }} source_relation, history, segment
        from {{ ref('int_attio__segment') }}
    ) as segments
        on whole.source_relation = segments.source_relation
        and whole.history = segments.history
        {{ 'and whole.record_id = segments.record_id' if of_records }}
)
{% endmacro %}
