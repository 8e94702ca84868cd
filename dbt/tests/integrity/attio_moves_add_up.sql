-- The moves between statuses, those of records and the stays that are not a record's first are the same moves.
with stays as (

    select source_relation, history, count(*) as moves, sum(case when is_back then 1 else 0 end) as moves_back
    from {{ ref('attio__status_history') }}
    where direction <> 'entry'
    group by source_relation, history

),

pairs as (

    select source_relation, history, sum(moves) as moves, sum(case when is_back then moves else 0 end) as moves_back
    from {{ ref('attio__status_transitions') }}
    group by source_relation, history

),

records as (

    select source_relation, history, sum(moves) as moves, sum(moves_back) as moves_back
    from {{ ref('attio__current_status') }}
    group by source_relation, history
    having sum(moves) > 0

)

select
    stays.source_relation,
    stays.history,
    stays.moves as moves_of_stays,
    pairs.moves as moves_of_pairs,
    records.moves as moves_of_records
from stays
full outer join pairs on stays.source_relation = pairs.source_relation and stays.history = pairs.history
full outer join records on stays.source_relation = records.source_relation and stays.history = records.history
where coalesce(stays.moves, 0) <> coalesce(pairs.moves, 0)
    or coalesce(stays.moves, 0) <> coalesce(records.moves, 0)
    or coalesce(stays.moves_back, 0) <> coalesce(pairs.moves_back, 0)
    or coalesce(stays.moves_back, 0) <> coalesce(records.moves_back, 0)
