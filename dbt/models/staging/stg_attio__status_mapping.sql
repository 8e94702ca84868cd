select
    {{ attio.as_text('history') }} as history,
    nullif({{ attio.as_text('status_id') }}, '') as status_id,
    {{ attio.as_text('status_title') }} as status_title,
    {{ attio.as_bigint('status_order') }} as status_order,
    lower(nullif({{ attio.as_text('status_kind') }}, '')) as status_kind,
    lower(nullif({{ attio.as_text('waiting_on') }}, '')) as waiting_on
from {{ ref(var('attio_status_mapping_model', 'attio_status_mapping')) }}
