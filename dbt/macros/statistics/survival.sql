{# Kaplan–Meier, with late entries. `observations` is a relation with the columns of `keys`, and of each subject
   entry_us (how old it was when it came under observation), exit_us (how old it was when it was last seen) and ended (1 if it
   ended then, 0 if it was still going on). At risk at a moment is who came in before it, or at 0, and did not go before it. #}
{% macro risk_table(observations, keys) %}
{%- set group = keys | join(', ') -%}
select
    {{ group }},
    at_us,
    ended,
    removed,
    entered,
    sum(entered) over (partition by {{ group }} order by at_us rows between unbounded preceding and current row)
    - case when at_us > 0 then entered else 0 end
    - sum(removed) over (partition by {{ group }} order by at_us rows between unbounded preceding and current row)
    + removed as at_risk
from (
    select
        {{ group }},
        at_us,
        {{ attio.as_bigint('sum(entered)') }} as entered,
        {{ attio.as_bigint('sum(removed)') }} as removed,
        {{ attio.as_bigint('sum(ended)') }} as ended
    from (
        select {{ group }}, entry_us as at_us, count(*) as entered, 0 as removed, 0 as ended
        from {{ observations }}
        group by {{ group }}, entry_us
        union all
        select {{ group }}, exit_us as at_us, 0 as entered, count(*) as removed, sum(ended) as ended
        from {{ observations }}
        group by {{ group }}, exit_us
    ) as events
    group by {{ group }}, at_us
) as moments
{% endmacro %}

{# The product of (1 - ended / at_risk), which is 0 from the moment on at which all that were at risk ended. #}
{% macro survival(keys) %}
{%- set over = "over (partition by " ~ (keys | join(', ')) ~ " order by at_us rows between unbounded preceding and current row)" -%}
case
    when max(case when ended > 0 and ended = at_risk then 1 else 0 end) {{ over }} = 1 then 0.0
    else exp(sum(
        case
            when ended > 0 and ended < at_risk
                then ln(1 - {{ attio.as_double('ended') }} / {{ attio.as_double('at_risk') }})
            else 0.0
        end
    ) {{ over }})
end
{% endmacro %}

{# How old something that began at a moment was when it came under observation: 0 unless attio_observed_since is later. #}
{% macro entry_microseconds(entered_at) %}
{%- set since = attio.observed_since() -%}
{%- if since is none -%}{{ return("0") }}{%- endif -%}
{{ return(
    "case when " ~ entered_at ~ " < " ~ since ~ " then " ~ attio.microseconds_between(entered_at, since) ~ " else 0 end"
) }}
{% endmacro %}

{# What was over before that moment would not have been seen, so it says nothing. #}
{% macro is_observed(ended_at) %}
{%- set since = attio.observed_since() -%}
{%- if since is none -%}{{ return("1 = 1") }}{%- endif -%}
{{ return("(" ~ ended_at ~ " is null or " ~ ended_at ~ " > " ~ since ~ ")") }}
{% endmacro %}

{# Whether all of a day and whatever came after it was under observation. #}
{% macro is_observed_from(day) %}
{%- set given = var('attio_observed_since', none) -%}
{%- if not given -%}{{ return("1 = 1") }}{%- endif -%}
{%- set since = attio.parsed_moment(given, 'attio_observed_since') -%}
{%- set before = attio.moment_literal(since - modules.datetime.timedelta(microseconds=1)) -%}
{{ return("(" ~ day ~ " > " ~ attio.local_date(before) ~ ")") }}
{% endmacro %}

{% macro observed_since() %}
{%- set given = var('attio_observed_since', none) -%}
{%- if not given -%}{{ return(none) }}{%- endif -%}
{{ return(attio.moment_literal(attio.parsed_moment(given, 'attio_observed_since'))) }}
{% endmacro %}
