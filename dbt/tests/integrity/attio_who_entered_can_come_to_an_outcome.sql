-- As many records set out from a status as ever entered it, but for those whose first stay there was imported.
with visits as (

    select
        source_relation,
        history,
        record_id,
        status_id,
        is_late_entry,
        row_number() over (partition by source_relation, history, record_id, status_id order by position) as visit
    from {{ ref('attio__status_history') }}

),

entered as (

    select source_relation, history, status_id, count(*) as entered
    from visits
    where visit = 1 and not is_late_entry
    group by source_relation, history, status_id

)

select conversion.source_relation, conversion.history, conversion.status_id, entered.entered, conversion.entered as set_out
from {{ ref('attio__conversion') }} as conversion
left join entered
    on conversion.source_relation = entered.source_relation
    and conversion.history = entered.history
    and conversion.status_id = entered.status_id
where
    {% if attio.observed_since() is none %}
    entered.entered is null or conversion.entered <> entered.entered
    {% else %}
    entered.entered is null or conversion.entered > entered.entered
    {% endif %}
