{{ config(severity='warn') }}
-- These rows of the mapping are of no status: a misspelt id or title, or a history that is not built.
select mapping.history, mapping.status_id, mapping.status_title
from {{ ref(var('attio_status_mapping_model', 'attio_status_mapping')) }} as mapping
left join {{ ref('attio__status') }} as statuses
    on mapping.history = statuses.history
    and (
        {{ attio.as_text('mapping.status_id') }} = statuses.status_id
        or (
            coalesce({{ attio.as_text('mapping.status_id') }}, '') = ''
            and lower({{ attio.as_text('mapping.status_title') }}) = lower(statuses.status_title)
        )
    )
where statuses.status_id is null
