{{ config(severity='warn') }}
-- These statuses are not mapped: their order and kind are guessed. `attio-sync mapping` writes the guess for you to correct.
select source_relation, history, status_id, status_title, status_order, status_kind
from {{ ref('attio__status') }}
where not is_mapped
{% if attio.segments() %}    and history not in (select segment from {{ ref('int_attio__segment') }}){% endif %}
