{# Records of objects have no parent, so without a list there is nothing to look up. #}
{% set records = attio.with_segments(ref('stg_attio__record'), ['record_id', 'parent_object', 'parent_record_id']) %}
{% set has_entries = attio.named_histories() | selectattr('is_list') | list | length > 0 %}
{% set has_names = var('attio__using_workspace_members', true) and var('attio__using_personal_data', true) %}
with stays as (

    select * from {{ attio.with_segments(ref('int_attio__stays'), [
        'record_id', 'position', 'stay_number', 'visit', 'status_id', 'previous_status_id', 'next_status_id', 'entered_at', 'left_at',
        'microseconds', 'is_late_entry', 'moved_by_type', 'moved_by_id'
    ]) }} as all_stays

),

statuses as (

    select * from {{ ref('int_attio__status') }}

),

{% if has_names %}
members as (

    select
        source_relation,
        workspace_member_id,
        nullif(trim({{ dbt.concat(["coalesce(first_name, '')", "' '", "coalesce(last_name, '')"]) }}), '') as full_name
    from {{ ref('stg_attio__workspace_member') }}

),
{% endif %}

joined as (

    select
        stays.*,
        current_one.status_title as title,
        current_one.status_order,
        current_one.status_kind,
        current_one.waiting_on,
        previous_one.status_title as previous_status_title,
        next_one.status_title as next_status_title,
        {{ 'records.parent_object' if has_entries else 'null' }} as parent_object,
        {{ 'records.parent_record_id' if has_entries else 'null' }} as parent_record_id,
        {{ 'members.full_name' if has_names else 'null' }} as moved_by_name,
        coalesce(current_one.status_order < previous_one.status_order, false) as is_back,
        coalesce(
            previous_one.status_kind = 'open'
            and current_one.status_kind in ('open', 'won')
            and current_one.open_before > previous_one.open_up_to,
            false
        ) as is_skip,
        {{ attio.working_days_until(attio.local_date('coalesce(stays.left_at, ' ~ attio.as_of() ~ ')')) }}
        - {{ attio.working_days_until(attio.local_date('stays.entered_at')) }} as weekdays
    from stays
    inner join statuses as current_one
        on stays.source_relation = current_one.source_relation
        and stays.history = current_one.history
        and stays.status_id = current_one.status_id
    left join statuses as previous_one
        on stays.source_relation = previous_one.source_relation
        and stays.history = previous_one.history
        and stays.previous_status_id = previous_one.status_id
    left join statuses as next_one
        on stays.source_relation = next_one.source_relation
        and stays.history = next_one.history
        and stays.next_status_id = next_one.status_id
    {% if has_entries %}
    left join {{ records }} as records
        on stays.source_relation = records.source_relation
        and stays.history = records.history
        and stays.record_id = records.record_id
    {% endif %}
    {% if has_names %}
    left join members
        on stays.source_relation = members.source_relation
        and stays.moved_by_id = members.workspace_member_id
        and stays.moved_by_type = 'workspace-member'
    {% endif %}

)

select
    source_relation,
    history,
    {{ attio.as_text(attio.surrogate_key(['source_relation', 'history', 'record_id', 'position'])) }} as stay_id,
    record_id,
    {{ attio.as_text('parent_object') }} as parent_object,
    {{ attio.as_text('parent_record_id') }} as parent_record_id,
    position,
    status_id,
    title as status_title,
    status_order,
    status_kind,
    waiting_on,
    previous_status_id,
    previous_status_title,
    next_status_id,
    next_status_title,
    entered_at,
    left_at,
    left_at is null as is_current,
    {{ attio.as_double('microseconds') }} / 1000000.0 as seconds_in_status,
    {{ attio.days('microseconds') }} as days_in_status,
    {{ attio.as_bigint('weekdays') }} as weekdays_in_status,
    {{ attio.as_text("case
        when stay_number = 1 then 'entry'
        when visit > 1 then 're-entry'
        when is_back then 'back'
        when is_skip then 'skip'
        else 'forward'
    end") }} as direction,
    is_back,
    is_late_entry,
    moved_by_type,
    moved_by_id,
    {{ attio.as_text('moved_by_name') }} as moved_by_name
from joined
