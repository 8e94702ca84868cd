{{ config(severity='warn') }}
-- These rows of the mapping are of no status of their history: a misspelt id or title. Rows of histories that are not built
-- are for whoever builds them.
select mapping.history, mapping.status_id, mapping.status_title
from {{ ref('stg_attio__status_mapping') }} as mapping
left join {{ ref('attio__status') }} as statuses
    on mapping.history = statuses.history
    and (
        mapping.status_id = statuses.status_id
        or (
            mapping.status_id is null
            and lower(mapping.status_title) = lower(statuses.status_title)
        )
    )
where statuses.status_id is null
    and mapping.history in (select history from {{ ref('attio__status') }})
