-- A published segment whose size is not its number of customers: the publication is damaged.

select segments.segment_id
from {{ ref('stg_segments__segments') }} as segments
left join {{ ref('stg_segments__customers') }} as customers
    on segments.segment_id = customers.segment_id
group by segments.segment_id, segments.customers
having count(customers.customer_id) <> segments.customers
