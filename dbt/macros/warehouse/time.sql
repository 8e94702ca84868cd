{# What one warehouse does otherwise than another: time. Moments are UTC without a zone; durations are whole microseconds. #}

{# A source's moment, which has a zone, as one without: UTC. #}
{% macro utc(moment) %}{{ return(adapter.dispatch('utc', 'attio')(moment)) }}{% endmacro %}
{% macro default__utc(moment) %}
    {{- return("timezone('UTC', cast(" ~ moment ~ " as timestamptz))") -}}
{% endmacro %}
{% macro snowflake__utc(moment) %}
    {{- return("cast(convert_timezone('UTC', " ~ moment ~ ") as timestamp_ntz)") -}}
{% endmacro %}
{% macro redshift__utc(moment) %}
    {{- return("(cast(" ~ moment ~ " as timestamptz) at time zone 'UTC')") -}}
{% endmacro %}
{% macro bigquery__utc(moment) %}{{ return("cast(" ~ moment ~ " as timestamp)") }}{% endmacro %}
{% macro databricks__utc(moment) %}{{ return("cast(" ~ moment ~ " as timestamp)") }}{% endmacro %}

{# As of when everything is told: one moment for a whole build. #}
{% macro as_of() %}
{%- set given = var('attio_as_of', none) -%}
{%- if given -%}
    {%- set moment = attio.parsed_moment(given, 'attio_as_of') -%}
{%- else -%}
    {%- set moment = run_started_at.astimezone(modules.pytz.utc) -%}
{%- endif -%}
{{ return(attio.moment_literal(moment)) }}
{% endmacro %}

{% macro moment_literal(moment) %}
{{ return(attio.as_timestamp("'" ~ moment.strftime('%Y-%m-%d %H:%M:%S.%f') ~ "'")) }}
{% endmacro %}

{# A variable's moment in ISO 8601; without an offset it is UTC. #}
{% macro parsed_moment(given, name) %}
{%- set text = (given | string).replace('Z', '+00:00') -%}
{%- if not modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?([+-][0-9]{2}:[0-9]{2})?)?$', text) -%}
    {{ exceptions.raise_compiler_error(name ~ ": '" ~ given ~ "' is no moment such as 2026-11-24 or 2026-11-24T08:00:00Z") }}
{%- endif -%}
{%- set moment = modules.datetime.datetime.fromisoformat(text) -%}
{%- if moment.tzinfo is none -%}
    {{ return(modules.pytz.utc.localize(moment)) }}
{%- endif -%}
{{ return(moment.astimezone(modules.pytz.utc)) }}
{% endmacro %}

{% macro microseconds_between(start, end) %}{{ return(adapter.dispatch('microseconds_between', 'attio')(start, end)) }}{% endmacro %}
{% macro default__microseconds_between(start, end) %}
    {{- return("datediff(microsecond, " ~ start ~ ", " ~ end ~ ")") -}}
{% endmacro %}
{% macro duckdb__microseconds_between(start, end) %}
    {{- return("(epoch_us(" ~ end ~ ") - epoch_us(" ~ start ~ "))") -}}
{% endmacro %}
{% macro postgres__microseconds_between(start, end) %}
    {{- return("cast((extract(epoch from " ~ end ~ ") - extract(epoch from " ~ start ~ ")) * 1000000 as bigint)") -}}
{% endmacro %}
{% macro redshift__microseconds_between(start, end) %}
    {{- return("datediff(microsecond, " ~ start ~ ", " ~ end ~ ")") -}}
{% endmacro %}
{% macro bigquery__microseconds_between(start, end) %}
    {{- return("timestamp_diff(" ~ end ~ ", " ~ start ~ ", microsecond)") -}}
{% endmacro %}
{% macro databricks__microseconds_between(start, end) %}
    {{- return("(unix_micros(" ~ end ~ ") - unix_micros(" ~ start ~ "))") -}}
{% endmacro %}

{% macro days(microseconds) %}({{ attio.as_double(microseconds) }} / 86400000000.0){% endmacro %}

{# The time zone of all dates. #}
{% macro time_zone() %}
{%- set zone = var('attio_time_zone', 'UTC') -%}
{%- if not modules.re.match('^[A-Za-z0-9_+/-]+$', zone) -%}
    {{ exceptions.raise_compiler_error("attio_time_zone: '" ~ zone ~ "' is no time zone such as Europe/Berlin") }}
{%- endif -%}
{{ return(zone) }}
{% endmacro %}

{# The date on its calendar. #}
{% macro local_date(moment) %}{{ return(adapter.dispatch('local_date', 'attio')(moment, attio.time_zone())) }}{% endmacro %}
{% macro default__local_date(moment, zone) %}
    {{- return("cast(timezone('" ~ zone ~ "', timezone('UTC', " ~ moment ~ ")) as date)") -}}
{% endmacro %}
{% macro snowflake__local_date(moment, zone) %}
    {{- return("cast(convert_timezone('UTC', '" ~ zone ~ "', " ~ moment ~ ") as date)") -}}
{% endmacro %}
{% macro redshift__local_date(moment, zone) %}
    {{- return("cast(convert_timezone('UTC', '" ~ zone ~ "', " ~ moment ~ ") as date)") -}}
{% endmacro %}
{% macro bigquery__local_date(moment, zone) %}{{ return("date(" ~ moment ~ ", '" ~ zone ~ "')") }}{% endmacro %}
{% macro databricks__local_date(moment, zone) %}
    {{- return("cast(from_utc_timestamp(" ~ moment ~ ", '" ~ zone ~ "') as date)") -}}
{% endmacro %}

{% macro days_between(start, end) %}{{ return(adapter.dispatch('days_between', 'attio')(start, end)) }}{% endmacro %}
{% macro default__days_between(start, end) %}{{ return("datediff(day, " ~ start ~ ", " ~ end ~ ")") }}{% endmacro %}
{% macro duckdb__days_between(start, end) %}{{ return("date_diff('day', " ~ start ~ ", " ~ end ~ ")") }}{% endmacro %}
{% macro postgres__days_between(start, end) %}{{ return("(" ~ end ~ " - " ~ start ~ ")") }}{% endmacro %}
{% macro redshift__days_between(start, end) %}{{ return("datediff(day, " ~ start ~ ", " ~ end ~ ")") }}{% endmacro %}
{% macro bigquery__days_between(start, end) %}{{ return("date_diff(" ~ end ~ ", " ~ start ~ ", day)") }}{% endmacro %}
{% macro databricks__days_between(start, end) %}{{ return("datediff(" ~ end ~ ", " ~ start ~ ")") }}{% endmacro %}

{# The first day of the week (Monday), month or quarter of a date. #}
{% macro first_day_of(period, day) %}{{ return(adapter.dispatch('first_day_of', 'attio')(period, day)) }}{% endmacro %}
{% macro default__first_day_of(period, day) %}{{ return("cast(date_trunc('" ~ period ~ "', " ~ day ~ ") as date)") }}{% endmacro %}
{# Snowflake's week begins where a parameter of the session says. #}
{% macro snowflake__first_day_of(period, day) %}
    {%- if period == 'week' -%}
        {{- return("dateadd(day, 1 - dayofweekiso(" ~ day ~ "), " ~ day ~ ")") -}}
    {%- endif -%}
    {{- return("cast(date_trunc('" ~ period ~ "', " ~ day ~ ") as date)") -}}
{% endmacro %}
{% macro bigquery__first_day_of(period, day) %}
    {{- return("date_trunc(" ~ day ~ ", " ~ ('isoweek' if period == 'week' else period) ~ ")") -}}
{% endmacro %}

{# The last day of the week, month or quarter that begins on a date. #}
{% macro days_after(day, number) %}{{ return(adapter.dispatch('days_after', 'attio')(day, number)) }}{% endmacro %}
{% macro default__days_after(day, number) %}{{ return("dateadd(day, " ~ number ~ ", " ~ day ~ ")") }}{% endmacro %}
{% macro duckdb__days_after(day, number) %}{{ return("(" ~ day ~ " + cast(" ~ number ~ " as integer))") }}{% endmacro %}
{% macro postgres__days_after(day, number) %}{{ return("(" ~ day ~ " + cast(" ~ number ~ " as integer))") }}{% endmacro %}
{% macro redshift__days_after(day, number) %}
    {{- return("cast(dateadd(day, " ~ number ~ ", " ~ day ~ ") as date)") -}}
{% endmacro %}
{% macro bigquery__days_after(day, number) %}{{ return("date_add(" ~ day ~ ", interval " ~ number ~ " day)") }}{% endmacro %}
{% macro databricks__days_after(day, number) %}{{ return("date_add(" ~ day ~ ", cast(" ~ number ~ " as int))") }}{% endmacro %}

{# Rows of `n` = 0, 1, … 65,535: as many days as 179 years have. #}
{% macro numbers() %}{{ return(adapter.dispatch('numbers', 'attio')()) }}{% endmacro %}
{% macro default__numbers() %}
{%- set bits = range(16) -%}
select
    {% for bit in bits %}b{{ bit }}.n * {{ 2 ** bit }}{{ ' + ' if not loop.last }}{% endfor %} as n
from {% for bit in bits %}(select 0 as n union all select 1 as n) as b{{ bit }}{{ ' cross join ' if not loop.last }}{% endfor %}
{% endmacro %}
{% macro duckdb__numbers() %}select cast(generate_series as integer) as n from generate_series(0, 65535){% endmacro %}
{% macro postgres__numbers() %}select n from generate_series(0, 65535) as series (n){% endmacro %}
{% macro redshift__numbers() %}{{ attio.default__numbers() }}{% endmacro %}
{% macro bigquery__numbers() %}select n from unnest(generate_array(0, 65535)) as n{% endmacro %}
{% macro databricks__numbers() %}select cast(id as int) as n from range(0, 65536){% endmacro %}

{# How many working days there were up to and including a date, counted from Monday, 1 January 1900. #}
{% macro working_days_until(day) %}
{%- set since = attio.days_between("cast('1900-01-01' as date)", day) -%}
{%- set working_days = attio.working_days() -%}
(
    floor({{ since }} / 7.0) * {{ working_days | length }}
    {%- for number in working_days %}
    + case when {{ since }} - floor({{ since }} / 7.0) * 7 >= {{ number - 1 }} then 1 else 0 end
    {%- endfor %}
)
{% endmacro %}

{# How many days of an ISO 8601 duration such as P0Y0M3DT0H0M0S; a year counts as 365.25 days, a month as a twelfth of it. #}
{% macro duration_days(duration) %}
{%- set day_part = attio.before_t(duration) -%}
{%- set time_part = attio.after_t(duration) -%}
case when {{ duration }} is not null then (
    coalesce({{ attio.number_before(day_part, 'Y') }}, 0) * 365.25
    + coalesce({{ attio.number_before(day_part, 'M') }}, 0) * 30.4375
    + coalesce({{ attio.number_before(day_part, 'W') }}, 0) * 7
    + coalesce({{ attio.number_before(day_part, 'D') }}, 0)
    + coalesce({{ attio.number_before(time_part, 'H') }}, 0) / 24.0
    + coalesce({{ attio.number_before(time_part, 'M') }}, 0) / 1440.0
    + coalesce({{ attio.number_before(time_part, 'S') }}, 0) / 86400.0
) end
{% endmacro %}

{% macro before_t(duration) %}{{ return(attio.matched(duration, '^P([^T]*)')) }}{% endmacro %}
{% macro after_t(duration) %}{{ return(attio.matched(duration, 'T(.*)$')) }}{% endmacro %}
{% macro number_before(text, letter) %}
    {{- return("cast(nullif(" ~ attio.matched(text, '([0-9]+[.]?[0-9]*)' ~ letter) ~ ", '') as " ~ attio.type_double() ~ ")") -}}
{% endmacro %}

{# What the one group of a regular expression matches; null or empty where nothing does. #}
{% macro matched(text, pattern) %}{{ return(adapter.dispatch('matched', 'attio')(text, pattern)) }}{% endmacro %}
{% macro default__matched(text, pattern) %}{{ return("regexp_substr(" ~ text ~ ", '" ~ pattern ~ "', 1, 1, 'e')") }}{% endmacro %}
{% macro duckdb__matched(text, pattern) %}{{ return("regexp_extract(" ~ text ~ ", '" ~ pattern ~ "', 1)") }}{% endmacro %}
{% macro postgres__matched(text, pattern) %}{{ return("substring(" ~ text ~ " from '" ~ pattern ~ "')") }}{% endmacro %}
{% macro redshift__matched(text, pattern) %}{{ return("regexp_substr(" ~ text ~ ", '" ~ pattern ~ "', 1, 1, 'e')") }}{% endmacro %}
{% macro bigquery__matched(text, pattern) %}{{ return("regexp_extract(" ~ text ~ ", r'" ~ pattern ~ "')") }}{% endmacro %}
{% macro databricks__matched(text, pattern) %}{{ return("regexp_extract(" ~ text ~ ", '" ~ pattern ~ "', 1)") }}{% endmacro %}
