-- Of all moves out of a status the shares are 1 together.
select source_relation, history, from_status_id, sum(share) as shares
from {{ ref('attio__status_transitions') }}
group by source_relation, history, from_status_id
having abs(sum(share) - 1) > 1e-9
